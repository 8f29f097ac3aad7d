"""The confusion matrix: labelled classes against out-of-bag predictions; every cell leads to its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from napari_objclass.widgets.parts.icons import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_objclass.workflow.classes import ObjectClass

CELL = QSize(34, 22)
NAME_WIDTH = 92
#: More rows are scrolled.
ROWS_SHOWN = 6


class Confusion(QTableWidget):
    """Rows are the classes as labelled, columns as predicted.

    Attributes
    ----------
    walked
        Emitted with the numbers of the labelled and the predicted class when the user wants to see such objects.
    """

    walked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._put: object = None
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setIconSize(QSize(10, 10))
        for header, size in ((self.horizontalHeader(), CELL.width()), (self.verticalHeader(), CELL.height())):
            header.setMinimumSectionSize(size)
            header.setDefaultSectionSize(size)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setFixedHeight(CELL.height())
        self.verticalHeader().setFixedWidth(NAME_WIDTH)
        corner = QLabel("predicted →", self, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        corner.setGeometry(0, 0, NAME_WIDTH, CELL.height())
        self.cellClicked.connect(self._clicked)

    def put(self, classes: Sequence[ObjectClass], confusion: NDArray[np.uint64]) -> None:
        """Show a matrix of counts, (n_classes, n_classes)."""
        if self._put == (key := ([*classes], confusion.tolist())):
            return
        self._put, n = key, len(classes)
        self.setRowCount(n)
        self.setColumnCount(n)
        for i, each in enumerate(classes):
            self.setVerticalHeaderItem(i, _header(f" {each.name}", each, f"Labelled '{each.name}'"))
            self.setHorizontalHeaderItem(i, _header(f" {i + 1}", each, f"Predicted '{each.name}'"))
            for j, other in enumerate(classes):
                self.setItem(i, j, _cell(int(confusion[i, j]), int(confusion[i].sum()), each, other))
        height = CELL.height() * (min(n, ROWS_SHOWN) + 1) + 4
        wide = NAME_WIDTH + n * CELL.width() > self.width()
        self.setFixedHeight(height + (self.horizontalScrollBar().sizeHint().height() if wide else 0))

    def _clicked(self, row: int, column: int) -> None:
        if self.item(row, column).text():
            self.walked.emit(row + 1, column + 1)


def _header(text: str, each: ObjectClass, tooltip: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setIcon(swatch(each.color))
    item.setToolTip(tooltip)
    return item


def _cell(n: int, n_row: int, each: ObjectClass, other: ObjectClass) -> QTableWidgetItem:
    """A cell in the colour of the class predicted, the stronger the more of the row it has."""
    item = QTableWidgetItem(str(n) if n else "")
    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    if n:
        color = QColor(other.color)
        color.setAlphaF(0.15 + 0.5 * n / n_row)
        item.setBackground(color)
        item.setToolTip(f"{n} labelled '{each.name}', predicted '{other.name}'; click to see them one after another.")
    return item
