"""The confusion matrix: what one says of objects against what another says; every cell leads to its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    """Rows are the classes as labelled, columns as predicted, or what else ``words`` say.

    Attributes
    ----------
    walked
        Emitted with the numbers of the class of the row and of the column when the user wants to see such objects.
    """

    walked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None, *, words: tuple[str, str] = ("labelled", "predicted")) -> None:
        super().__init__(parent)
        self._words = words
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
        corner = QLabel(f"{words[1]} →", self, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        corner.setGeometry(0, 0, NAME_WIDTH, CELL.height())
        self.cellClicked.connect(self._clicked)

    def put(self, classes: Sequence[ObjectClass], confusion: NDArray[np.integer[Any]]) -> None:
        """Show a matrix of counts, (n_classes, n_classes)."""
        if self._put == (key := ([*classes], confusion.tolist())):
            return
        self._put, n_classes = key, len(classes)
        rows, columns = self._words
        self.setRowCount(n_classes)
        self.setColumnCount(n_classes)
        for i, each in enumerate(classes):
            self.setVerticalHeaderItem(i, _header(f" {each.name}", each, f"{rows.capitalize()} '{each.name}'"))
            self.setHorizontalHeaderItem(i, _header(f" {i + 1}", each, f"{columns.capitalize()} '{each.name}'"))
            for j, other in enumerate(classes):
                n = int(confusion[i, j])
                says = f"{n} {rows} '{each.name}', {columns} '{other.name}'; click to see them one after another."
                self.setItem(i, j, _cell(n, int(confusion[i].sum()), other, says))
        height = CELL.height() * (min(n_classes, ROWS_SHOWN) + 1) + 4
        wide = NAME_WIDTH + n_classes * CELL.width() > self.width()
        self.setFixedHeight(height + (self.horizontalScrollBar().sizeHint().height() if wide else 0))

    def _clicked(self, row: int, column: int) -> None:
        if self.item(row, column).text():
            self.walked.emit(row + 1, column + 1)


def _header(text: str, each: ObjectClass, tooltip: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setIcon(swatch(each.color))
    item.setToolTip(tooltip)
    return item


def _cell(n: int, n_row: int, other: ObjectClass, says: str) -> QTableWidgetItem:
    """A cell in the colour of the class of its column, the stronger the more of the row it has."""
    item = QTableWidgetItem(str(n) if n else "")
    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
    if n:
        color = QColor(other.color)
        color.setAlphaF(0.15 + 0.5 * n / n_row)
        item.setBackground(color)
        item.setToolTip(says)
    return item
