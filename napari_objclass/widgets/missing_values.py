"""The dialog "Objects with missing values": which values are missing, of which objects, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QDialogButtonBox, QHeaderView, QLabel, QTableView, QVBoxLayout

from napari_objclass.widgets.parts.live_dialog import LiveDialog
from napari_objclass.widgets.viewer.column_names import channels_of, column_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent
    from qtpy.QtWidgets import QWidget

    from napari_objclass.features import FeatureTable
    from napari_objclass.widgets.viewer.session import ViewerSession

HEADERS = ("Object", "Frame", "Feature", "Reason")
FRAME = 1


def show_missing_values(shared: ViewerSession, parent: QWidget) -> MissingValues:
    """Show the dialog, beside the window that ``parent`` is in."""
    return MissingValues.open_for(shared, parent)


class MissingValues(LiveDialog):
    """A list of missing values, a row for each feature of an object; a double click or Enter goes to the object."""

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(shared, parent)
        self.setWindowTitle("Objects with missing values")
        self.about = QLabel(wordWrap=True)
        self.rows = _MissingModel(self)
        self.list = _List(self)
        self.list.setModel(self.rows)
        self.list.activated.connect(self._go_to)
        buttons = self.make_buttons(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy the selected rows, or all of them, to paste into a spreadsheet.")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self.list.copy)
        layout = QVBoxLayout(self)
        for widget in (self.about, self.list, buttons):
            layout.addWidget(widget)
        self.resize(700, 320)
        self.connections.connect(shared.shown_changed, self._shown_changed)
        self.connections.connect(shared.replaced, self._show)
        self._show()

    def _shown_changed(self, parts: set[str]) -> None:
        if parts & {"table", "lane"}:
            self._show()

    def _show(self) -> None:
        table = self.shared.shown.table if self.shared.shown else None
        if table is self.rows.table:
            return
        self.rows.take(table, channels_of(self.shared.record))
        self.about.setText(_about(table))
        self.copy.setEnabled(self.rows.rowCount() > 0)
        self.list.setColumnHidden(FRAME, table is None or not table.frames.any())

    def _go_to(self, index: QModelIndex) -> None:
        table = self.rows.table
        if table is not None:
            at = table.gap(index.row()).row
            self.shared.guide.go_to(int(table.frames[at]), int(table.ids[at]))


class _List(QTableView):
    """Rows of text that can be copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def setModel(self, model: QAbstractTableModel) -> None:
        super().setModel(model)
        for column, width in enumerate((70, 60, 270)):
            self.setColumnWidth(column, width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            # Whether Enter activates a row is left to the platform by Qt.
            self.activated.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Copy the selected rows, or all if none is selected, as text with tabs."""
        selected = sorted(index.row() for index in self.selectionModel().selectedRows())
        rows = selected or range(self.model().rowCount())
        lines = [self.model().cells(row) for row in rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in [HEADERS, *lines]))


class _MissingModel(QAbstractTableModel):
    """Gaps of a feature table; rows are made when they are looked at."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.table: FeatureTable | None = None
        self._names: list[str] = []

    def take(self, table: FeatureTable | None, channels: Sequence[str]) -> None:
        """Show another table, of an image with these names of channels."""
        self.beginResetModel()
        self.table = table
        self._names = [] if table is None else column_names(table.specs, channels)
        self.endResetModel()

    def cells(self, row: int) -> tuple[str, ...]:
        """Text of the cells of a row."""
        assert self.table is not None
        gap = self.table.gap(row)
        name = self._names[gap.column] if gap.n_values == 1 else f"{gap.spec.display}, {gap.n_values} values"
        return str(self.table.ids[gap.row]), str(self.table.frames[gap.row]), name, gap.reason

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if self.table is None or (parent is not None and parent.isValid()) else self.table.n_gaps

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(HEADERS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.cells(index.row())[index.column()]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        return None


def _about(table: FeatureTable | None) -> str:
    if table is None:
        return "The objects are not measured yet."
    if not table.n_missing:
        return "No object has missing values."
    objects = "1 object has" if table.n_incomplete == 1 else f"{table.n_incomplete:,} objects have"
    return f"{objects} missing values; they are classified all the same. A double click or Enter goes to the object."
