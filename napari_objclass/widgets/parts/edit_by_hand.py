"""The part of the step Objects in which objects are edited by hand: begin, what to do, new, merge, undo, done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class EditByHand(QWidget):
    """Begins and ends :class:`~napari_objclass.widgets.viewer.editing.Editing`, and says what it is about."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        editing = shared.editing
        self.begin = QPushButton("Edit objects by hand", clicked=editing.begin)
        self.begin.setToolTip(
            "Paint, erase, merge and add objects with napari's own tools, on a copy: your layers and files stay."
        )
        self.hint = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, objectName="edit_hint")
        self.new = QPushButton("New object", clicked=editing.new_object)
        self.new.setToolTip("Paint an object with an id that no other has.")
        self.merge = QPushButton("Merge", clicked=editing.merge)
        self.merge.setToolTip("Click objects to make them part of the object that is chosen.")
        self.undo = QPushButton("Undo", clicked=shared.undo)
        self.undo.setToolTip("Take back the latest change of the session, such as an edit.")
        self.done = QPushButton("Done", clicked=lambda: editing.end())
        self.done.setToolTip("Keep the edits, and go back to the layers as they were.")
        self.count = QLabel(wordWrap=True, objectName="edit_count")
        self._tools = QWidget()
        row = QHBoxLayout(self._tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in (self.new, self.merge, self.undo, self.done):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.count, self.begin, self.hint, self._tools):
            layout.addWidget(widget)
        self.connections = Connections(self)
        self.connections.connect(editing.changed, self._refresh)
        for signal in (shared.changed, shared.shown_changed):
            self.connections.connect(signal, self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        editing = self._shared.editing
        self.begin.setVisible(not editing.is_on)
        self.begin.setEnabled(editing.is_possible)
        for widget in (self.hint, self._tools):
            widget.setVisible(editing.layer is not None)
        self.hint.setText(editing.hint)
        record = self._shared.record
        text = "" if record is None else count(*self._shared.session.edits(record.uuid))
        self.count.setText(text)
        self.count.setVisible(bool(text))


def count(applied: int, waiting: int) -> str:
    """Number of edits, in words; "" if there are none."""
    edits = "edit by hand" if applied + waiting == 1 else "edits by hand"
    waits = "waits for its objects" if waiting == 1 else "wait for their objects"
    if not applied:
        return f"{waiting:,} {edits} {waits}" if waiting else ""
    return f"{applied:,} {edits}" + (f" · {waiting:,} {waits}" if waiting else "")
