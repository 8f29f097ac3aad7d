"""Errands: long work that the user asked for, such as an export; one after another, with progress and a way to stop."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol, TypeVar

from napari_objclass.errors import Cancelled
from napari_objclass.kernels import CancelToken
from napari_objclass.widgets.viewer.activity import Activity
from napari_objclass.widgets.viewer.live import REPORT_EVERY
from napari_objclass.widgets.viewer.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from napari_objclass.kernels import Progress
    from napari_objclass.widgets.viewer.worker import Post

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Work(Protocol[T_co]):
    """What is to be done: a function that tells its progress, and can be stopped by raising ``Cancelled``."""

    def __call__(self, *, progress: Progress, cancel: CancelToken) -> T_co:
        """Do it."""


class Errands:
    """Does errands on a thread of its own.

    Parameters
    ----------
    post
        Runs a call on the GUI thread.
    report
        Called there with the :class:`Activity`, or None when an errand is over.
    """

    def __init__(self, post: Post, report: Callable[[Activity | None], object]) -> None:
        self._post, self._report = post, report
        self._worker = Worker("objclass-errands", post)
        self._lock = Lock()
        self._tokens: list[CancelToken] = []
        self._reported = 0.0

    def do(
        self,
        what: str,
        work: Work[T],
        done: Callable[[T | None], object],
        failed: Callable[[Exception], object],
        *,
        after: Event,
    ) -> None:
        """Do ``work`` after the errands before it, and ``after``; ``done`` gets its result, None if it was stopped."""
        token = CancelToken()
        with self._lock:
            self._tokens.append(token)

        def run() -> T | None:
            try:
                if token.cancelled:
                    return None
                self._post(lambda: self._report(Activity(what)))
                return work(progress=self._progress, cancel=token)
            except Cancelled:
                return None
            finally:
                with self._lock:
                    self._tokens.remove(token)
                self._post(lambda: self._report(None))

        self._worker.do(run, done, failed, after=after)

    def stop(self) -> None:
        """Stop the errand at hand, and those that wait."""
        with self._lock:
            for token in self._tokens:
                token.cancel()

    def _progress(self, done: int, total: int, what: str) -> None:
        now = monotonic()
        if now - self._reported > REPORT_EVERY:
            self._reported = now
            self._post(lambda: self._report(Activity(what, done, total)))
