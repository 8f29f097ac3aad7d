"""A line of text that shows a setting: what the user is writing in it stays."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit, QWidget


class Line(QLineEdit):
    """A field for a text.

    Attributes
    ----------
    edited
        Emitted when the user wrote something and finished it, by Enter or by going elsewhere.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None, **properties: object) -> None:
        super().__init__(parent, **properties)
        self._shown: str | None = None
        self.editingFinished.connect(self._finish)

    def show_text(self, text: str) -> None:
        """Show a value that is another than before, but not over what the user is writing."""
        if text != self._shown:
            self._shown = text
            if not (self.hasFocus() and self.isModified()):
                self.setText(text)
                self.setCursorPosition(0)

    def forget(self) -> None:
        """Drop what the user wrote: the next value is shown in any case."""
        self._shown = None
        self.setModified(False)

    def _finish(self) -> None:
        if self.isModified():
            self.setModified(False)
            self.edited.emit()
