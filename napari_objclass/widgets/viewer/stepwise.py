"""Work of the GUI thread that would take too long at once: done step by step, with room for the user in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.worker import Post, Worker

#: Work in steps: it yields what another thread shall compute before the next step, which gets the result; or None.
Steps = Generator[Callable[[], Any] | None, Any, None]


class Stepwise:
    """Does one such work at a time; a new one takes the place of what is being done.

    Parameters
    ----------
    post
        Runs a call later on the GUI thread.
    worker
        The other thread.
    failed
        Called on the GUI thread with what went wrong there.
    """

    def __init__(self, post: Post, worker: Worker, failed: Callable[[Exception], object]) -> None:
        self._post, self._worker, self._failed = post, worker, failed
        self._steps: Steps | None = None
        self._waiting: deque[Callable[[], object]] = deque()

    @property
    def is_busy(self) -> bool:
        """Whether there are steps to be done."""
        return self._steps is not None

    def begin(self, steps: Steps) -> None:
        """Do the first step now, and the others later."""
        self._steps = steps
        self._go_on(steps, None)

    def stop(self) -> None:
        """Do no further step."""
        self._steps = None
        if self._waiting:
            self._post(self._run_waiting)

    def when_done(self, call: Callable[[], object]) -> None:
        """Run a call when there are no steps to be done: now or, in the order given, later."""
        if self._steps is None and not self._waiting:
            call()
        else:
            self._waiting.append(call)

    def _go_on(self, steps: Steps, computed: Any) -> None:
        if steps is not self._steps:
            return
        try:
            compute = steps.send(computed)
        except StopIteration:
            if steps is self._steps:
                self.stop()
            return
        if compute is None:
            self._post(lambda: self._go_on(steps, None))
        else:
            self._worker.do(compute, lambda result: self._go_on(steps, result), lambda error: self._fail(steps, error))

    def _fail(self, steps: Steps, error: Exception) -> None:
        if steps is self._steps:
            self.stop()
        self._failed(error)

    def _run_waiting(self) -> None:
        """Run the calls that waited, until one of them begins something else."""
        while self._waiting and self._steps is None:
            self._waiting.popleft()()
