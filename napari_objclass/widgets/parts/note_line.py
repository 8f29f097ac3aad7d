"""The line with notes about the session, each shown until it was read; with a way to keep what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from napari_objclass.widgets._connections import Connections
from napari_objclass.workflow.input_data import left_out
from napari_objclass.workflow.large_images import told

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession

#: What the window lacks for an image that is worked on block by block.
_LACKS = ": everything works but the view in 3D, where its file has no small copy, and editing objects by hand"


class NoteLine(QWidget):
    """Shows the first note that was not read yet; hidden when there is none."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self._read: set[str] = set()
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, objectName="note")
        self.close_button = QToolButton(text="×", clicked=self._next, autoRaise=True)
        self.close_button.setToolTip("I have read this.")
        self.store = QPushButton("Store it too", clicked=self._store)
        self.store.setToolTip("Save the project, and this image beside it.")
        line = QHBoxLayout()
        line.addWidget(self.text, 1)
        line.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.store)
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

    def _store(self) -> None:
        self._next()
        self._shared.save(store_raw=True)

    def _refresh(self, *_: object) -> None:
        note, lanes = self._note(), self._shared.session.lanes
        is_large = note in {told(lane.name) for lane in lanes}
        self.text.setText(f"Note: {note}{_LACKS if is_large else ''}")
        self.store.setVisible(note in map(left_out, lanes))
        self.setVisible(bool(note))

    def _note(self) -> str:
        return next((note for note in self._shared.session.notes if note not in self._read), "")
