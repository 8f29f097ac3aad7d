"""Table of objects that have another class block by block than in the whole image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_objclass.widgets.parts.icons import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.workflow.blockwise.check import Difference
    from napari_objclass.workflow.classes import ObjectClass

OBJECT, WHOLE, BLOCKS = range(3)
ROW_HEIGHT = 20
#: More rows are scrolled.
ROWS_SHOWN = 6


class DifferenceModel(QAbstractTableModel):
    """Objects, with their classes there and here."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Object", "Whole image", "Blocks")

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: Sequence[Difference] = ()
        self._classes: Sequence[ObjectClass] = ()
        self._has_frames = False

    def put(self, rows: Sequence[Difference], classes: Sequence[ObjectClass]) -> None:
        """Show these."""
        if (rows, classes) != (self.rows, self._classes):
            self.beginResetModel()
            self.rows, self._classes = rows, classes
            self._has_frames = any(row.t for row in rows)
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of objects."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Object, and its class by each way."""
        return len(self.HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Titles of the columns."""
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self.HEADERS[section] if shown else None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """What a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.ToolTipRole:
            blocks = " and ".join(map(self._name, row.blockwise))
            whole = self._name(row.whole)
            return f"Object {row.object_id}: {whole} in the whole image, {blocks} by blocks; click to see it."
        if column == OBJECT:
            frame = f" (t {row.t})" if self._has_frames else ""
            return f"{row.object_id}{frame}" if role == Qt.ItemDataRole.DisplayRole else None
        numbers = (row.whole,) if column == WHOLE else row.blockwise
        if role == Qt.ItemDataRole.DisplayRole:
            return " + ".join(map(self._name, numbers))
        if role == Qt.ItemDataRole.DecorationRole and 0 < numbers[0] <= len(self._classes):
            return swatch(self._classes[numbers[0] - 1].color)
        return None

    def _name(self, number: int) -> str:
        return self._classes[number - 1].name if 0 < number <= len(self._classes) else "no object"


class DifferenceTable(QTableView):
    """Objects that differ; a click leads to one.

    Attributes
    ----------
    visited
        Emitted with the difference whose object the user wants to see.
    """

    visited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = DifferenceModel(self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setIconSize(QSize(10, 10))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(OBJECT, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(OBJECT, 64)
        self.clicked.connect(lambda index: self.visited.emit(self._model.rows[index.row()]))

    def put(self, rows: Sequence[Difference], classes: Sequence[ObjectClass]) -> None:
        """Show objects; nothing is to be seen of a table without."""
        self._model.put(rows, classes)
        self.setVisible(bool(rows))
        self.setFixedHeight(ROW_HEIGHT * (min(len(rows), ROWS_SHOWN) + 1) + 8)
