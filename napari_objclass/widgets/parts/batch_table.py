"""Table of a batch: image, number of objects, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_objclass.workflow.batch import Status

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.batching import Batching

IMAGE, OBJECTS, STATUS = range(3)
ROW_HEIGHT = 20

MARKS = {Status.DONE: "✓", Status.KEPT: "✓ kept", Status.FAILED: "! failed"}
TIPS = {Status.KEPT: "An earlier run did it, and nothing has changed since."}


class BatchModel(QAbstractTableModel):
    """Images of a batch with what came of them."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Image", "Objects", "State")

    def __init__(self, batch: Batching, parent: QWidget) -> None:
        super().__init__(parent)
        self._batch = batch
        self._n_rows = 0

    def refresh(self) -> None:
        """Show the images and outcomes of now."""
        n_rows = len(self._batch.images)
        if n_rows != self._n_rows:
            self.beginResetModel()
            self._n_rows = n_rows
            self.endResetModel()
        elif n_rows:
            self.dataChanged.emit(self.index(0, IMAGE), self.index(n_rows - 1, STATUS))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of images."""
        return 0 if parent is not None and parent.isValid() else self._n_rows

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Image, objects, state."""
        return len(self.HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Titles of the columns."""
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self.HEADERS[section] if shown else None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """What a cell shows."""
        image, outcome = self._batch.images[index.row()], self._batch.outcome(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            counts = {} if outcome is None else outcome.counts
            told = "" if outcome is None else outcome.error or TIPS.get(outcome.status, "")
            return "\n".join(filter(None, [told, *image.files, *(f"{name}: {n:,}" for name, n in counts.items())]))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == OBJECTS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == IMAGE:
            return image.title
        if outcome is None:
            return "…" if index.column() == STATUS and self._batch.running else None
        if index.column() == STATUS:
            return MARKS[outcome.status]
        return None if outcome.status is Status.FAILED else f"{outcome.n_objects:,}"


class BatchTable(QTableView):
    """The images of a batch, chosen by rows."""

    def __init__(self, batch: Batching, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = BatchModel(batch, self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setMinimumHeight(7 * ROW_HEIGHT)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(IMAGE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(OBJECTS, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(STATUS, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(OBJECTS, 54)
        header.resizeSection(STATUS, 56)

    @property
    def chosen(self) -> list[int]:
        """Rows that are chosen."""
        return [index.row() for index in self.selectionModel().selectedRows()]

    def refresh(self) -> None:
        """Show the images and outcomes of now."""
        self._model.refresh()
