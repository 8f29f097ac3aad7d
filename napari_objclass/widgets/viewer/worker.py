"""Threads beside the GUI: each does one thing after another, and hands every result to the GUI thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Runs a call later on the GUI thread; may be used from any thread.
    Post = Callable[[Callable[[], object]], object]

T = TypeVar("T")


class Worker:
    """One thread that does what it is given, in that order; it lives from the first work to :meth:`rest`.

    Parameters
    ----------
    name
        Of the thread.
    post
        How results reach the GUI thread.
    """

    def __init__(self, name: str, post: Post) -> None:
        self._name, self._post = name, post
        self._executor: ThreadPoolExecutor | None = None

    def do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Run ``work`` on the thread, then ``done`` with its result, or ``failed``, on the GUI thread."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # whatever it is, the user is told and the thread lives on
                if failed is not None:
                    self._post(lambda error=error: failed(error))  # type: ignore[misc]
            else:
                if done is not None:
                    self._post(lambda: done(result))

        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        self._executor.submit(run)

    def rest(self) -> None:
        """End the thread when all it was given is done."""
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None
