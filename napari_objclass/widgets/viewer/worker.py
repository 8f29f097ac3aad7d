"""Threads beside the GUI: each does one thing after another, and hands every result to the GUI thread."""

from __future__ import annotations

from collections import deque
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Runs a call later on the GUI thread; may be used from any thread.
    Post = Callable[[Callable[[], object]], object]

T = TypeVar("T")


class Worker:
    """Does what it is given, in that order, on a thread that lives as long as there is something to do.

    Leaving Python waits for the thread.

    Parameters
    ----------
    name
        Of the thread.
    post
        How results reach the GUI thread.
    """

    def __init__(self, name: str, post: Post) -> None:
        self._name, self._post = name, post
        self._lock = Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._busy = False

    def do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        *,
        after: Event | None = None,
    ) -> None:
        """Run ``work`` on the thread, then ``done`` with its result, or ``failed``, on the GUI thread.

        Parameters
        ----------
        after
            What the thread waits for before it starts; see :meth:`all_done`.
        """

        def run() -> None:
            try:
                if after is not None:
                    after.wait()
                result = work()
            except Exception as error:  # whatever it is, the user is told and the thread lives on
                if failed is not None:
                    self._post(partial(failed, error))
            else:
                if done is not None:
                    self._post(partial(done, result))

        self._give(run)

    def all_done(self) -> Event:
        """Event that is set when everything that was given until now is done."""
        event = Event()
        self._give(event.set)
        return event

    def _give(self, call: Callable[[], object]) -> None:
        with self._lock:
            self._waiting.append(call)
            if self._busy:
                return
            self._busy = True
        Thread(target=self._work, name=self._name).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                call = self._waiting.popleft()
            call()
