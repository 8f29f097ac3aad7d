"""The way from other threads to the GUI thread."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, QThread, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable


class GuiThread(QObject):
    """Runs calls on the thread that made it, those of each thread in the order they were posted."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)
        self._own: deque[Callable[[], object]] = deque()
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._run_own)

    def post(self, call: Callable[[], object]) -> None:
        """Run ``call`` soon on the GUI thread; may be used from any thread.

        Long work of the GUI thread that it cuts into calls, each of which posts the next, leaves room for mouse, keys
        and drawing between them: Qt would run all that is queued, and what that queues, before those.
        """
        if QThread.currentThread() is self.thread():
            self._own.append(call)
            self._next.start()
        else:
            self._posted.emit(call)

    def _run(self, call: Callable[[], object]) -> None:
        call()

    def _run_own(self) -> None:
        call = self._own.popleft()
        if self._own:
            self._next.start()
        self._run(call)
