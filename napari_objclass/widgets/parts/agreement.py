"""How often trees agree with labels they did not learn from: one line, and the confusion matrix to walk through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.confusion import Confusion
from napari_objclass.widgets.parts.counts import ENOUGH, agreement
from napari_objclass.widgets.parts.icons import icon
from napari_objclass.widgets.parts.visit import Visit

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.object_classification import TrainedForest

OUT_OF_BAG = (
    "Out-of-bag: every tree learns from a part of the labelled objects only; "
    "each object is judged by the trees that did not learn from it."
)


class AgreementView(QWidget):
    """Agreement in words, and the matrix when it is unfolded."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._forest: TrainedForest | None = None
        self._walk: tuple[int, int, int] = (0, 0, 0)  # row and column of the matrix, and how many were seen
        self.line = QLabel(wordWrap=True, toolTip=OUT_OF_BAG)
        self.info = QLabel(toolTip=OUT_OF_BAG)
        self.unfold = QPushButton("Matrix", checkable=True, toolTip="Which classes are taken for which.")
        self.confusion = Confusion()
        self.unfold.toggled.connect(self.refresh)
        self.confusion.walked.connect(self._go_on)
        row = QHBoxLayout()
        row.addWidget(self.line, 1)
        row.addWidget(self.info)
        row.addWidget(self.unfold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.confusion)
        self.connections = Connections(self)
        self._visit = Visit(shared, self.connections)
        for signal in (shared.replaced, shared.changed, shared.shown_changed):
            self.connections.connect(signal, self.refresh)
        self._paint_info()
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Take the text colour of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._paint_info()

    def _paint_info(self) -> None:
        self.info.setPixmap(icon("info", self).pixmap(14, 14))

    def refresh(self, *_: object) -> None:
        """Show the agreement of the forest there is."""
        shown = self._shared.shown
        forest = None if shown is None else shown.forest
        if forest is not None and forest is not self._forest:  # it is None for a moment when another image is shown
            self._forest, self._walk = forest, (0, 0, 0)
        found = agreement(forest)
        self.setVisible(forest is not None)
        self.unfold.setVisible(found is not None)
        self.info.setVisible(found is not None)
        self.confusion.setVisible(found is not None and self.unfold.isChecked())
        if forest is None:
            return
        if forest.imported:
            self.line.setText("The classifier comes from ilastik; it stays until labels, classes or features change.")
            return
        if found is None:
            self.line.setText(f"Label {ENOUGH} of each class, to see here how well they are told apart.")
            return
        self.line.setText(found.sentence)
        if self.unfold.isChecked():
            current = {each.uuid: each for each in self._shared.session.classes}
            self.confusion.put([current.get(each.uuid, each) for each in forest.classes], found.confusion)

    def _go_on(self, labelled: int, predicted: int) -> None:
        """Go to the next object of a cell of the matrix."""
        if self._forest is None:
            return
        samples = self._forest.samples
        found = np.flatnonzero((samples.y == labelled) & (self._forest.oob_classes == predicted))
        lanes = {lane.uuid for lane in self._shared.session.lanes}
        rows = [row for row in found if samples.lane_uuids[samples.lanes[row]] in lanes]
        if not rows:
            return
        seen = self._walk[2] if self._walk[:2] == (labelled, predicted) else 0
        self._walk = (labelled, predicted, seen + 1)
        row = rows[seen % len(rows)]
        self._visit.go(samples.lane_uuids[samples.lanes[row]], int(samples.frames[row]), int(samples.ids[row]))
