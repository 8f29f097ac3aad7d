"""The line with notes about the session, each shown until it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class NoteLine(QWidget):
    """Shows the first note that was not read yet; hidden when there is none."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self._read: set[str] = set()
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, objectName="note")
        self.close_button = QToolButton(text="×", clicked=self._next, autoRaise=True)
        self.close_button.setToolTip("I have read this.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.connections = Connections(self)
        self.connections.connect(shared.replaced, self._begin)
        for signal in (shared.changed, shared.shown_changed, shared.saved):
            self.connections.connect(signal, self._refresh)
        self._refresh()

    def _begin(self) -> None:
        self._read = set()
        self._refresh()

    def _next(self) -> None:
        self._read.add(self._note())
        self._refresh()

    def _refresh(self, *_: object) -> None:
        note = self._note()
        self.text.setText(f"Note: {note}")
        self.setVisible(bool(note))

    def _note(self) -> str:
        return next((note for note in self._shared.session.notes if note not in self._read), "")
