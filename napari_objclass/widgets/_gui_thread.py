"""The way from other threads to the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable


class GuiThread(QObject):
    """Runs calls on the thread that made it, in the order they were posted."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], object]) -> None:
        """Run ``call`` soon on the GUI thread; may be used from any thread."""
        self._posted.emit(call)

    def _run(self, call: Callable[[], object]) -> None:
        call()
