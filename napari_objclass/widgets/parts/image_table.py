"""Table of the project's images: thumbnail and name, number of objects, and whether the files are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt, Signal
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from superqt.utils import signals_blocked

from napari_objclass.widgets.viewer.glance import EDGE, Fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.glance import Glance, Glances
    from napari_objclass.workflow.lane import LaneRecord

NAME, OBJECTS = range(2)
ROW_HEIGHT, MOST_ROWS = 36, 5


class ImagesModel(QAbstractTableModel):
    """Records of images with what a glance at them told."""

    renamed = Signal(int, str)
    HEADERS: ClassVar[tuple[str, ...]] = ("Image", "Objects")

    def __init__(self, glances: Glances, parent: QWidget) -> None:
        super().__init__(parent)
        self._glances = glances
        self._records: list[LaneRecord] = []
        self._icons: dict[str, tuple[Glance, QIcon]] = {}

    def set_records(self, records: Sequence[LaneRecord]) -> None:
        """Show these images."""
        if [each.uuid for each in records] != [each.uuid for each in self._records]:
            self.beginResetModel()
            self._records = list(records)
            self.endResetModel()
        else:
            self._records = list(records)
            self.refresh()

    def refresh(self) -> None:
        """Show what was learnt since."""
        if self._records:
            self.dataChanged.emit(self.index(0, NAME), self.index(len(self._records) - 1, OBJECTS))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of images."""
        return 0 if parent is not None and parent.isValid() else len(self._records)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Name, and objects or state."""
        return len(self.HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Titles of the columns."""
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self.HEADERS[section] if shown else None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Names can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """What a cell shows."""
        record = self._records[index.row()]
        glance = self._glances.of(record)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (glance and glance.problem) or f"{record.name}\nDouble-click the name to change it."
        if index.column() == NAME:
            if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
                return record.name
            return self._icon(glance) if role == Qt.ItemDataRole.DecorationRole and glance else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            if glance is not None and glance.fate is not Fate.OK:
                return f"! {glance.fate}"
            count = self._glances.n_objects(record)
            return "" if count is None else f"{count:,}"
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name."""
        name = str(value).strip()
        if name and name != self._records[index.row()].name:
            self.renamed.emit(index.row(), name)
        return False

    def _icon(self, glance: Glance) -> QIcon | None:
        if glance.thumbnail is None:
            return None
        known = self._icons.get(glance.record.uuid)
        if known is None or known[0] is not glance:
            known = self._icons[glance.record.uuid] = glance, _icon(glance.thumbnail)
        return known[1]


class ImageTable(QTableView):
    """The table; its selected row is the image shown.

    Attributes
    ----------
    chosen
        Emitted with the row the user selects.
    renamed
        Emitted with row and new name.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)

    def __init__(self, glances: Glances, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ImagesModel(glances, self)
        self._model.renamed.connect(self.renamed)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setIconSize(QSize(ROW_HEIGHT - 4, ROW_HEIGHT - 4))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(OBJECTS, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        self.selectionModel().currentRowChanged.connect(lambda index, _: self.chosen.emit(index.row()))

    def show_images(self, records: Sequence[LaneRecord], current: int | None) -> None:
        """List these images, with one selected; the table is as high as it needs, up to five rows."""
        with signals_blocked(self):
            self._model.set_records(records)
            if current is not None and self.currentIndex().row() != current:
                self.selectRow(current)
        rows = min(max(len(records), 1), MOST_ROWS)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows * ROW_HEIGHT + 2 * self.frameWidth())

    def refresh(self) -> None:
        """Show what was learnt about the images."""
        self._model.refresh()


def _icon(thumbnail: NDArray[Any]) -> QIcon:
    """Icon as large as the thumbnail may be."""
    height, width = thumbnail.shape
    image = QImage(thumbnail.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    mode = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    pixels = QPixmap.fromImage(image).scaled(EDGE, EDGE, *mode)
    icon = QIcon(pixels)
    icon.addPixmap(pixels, QIcon.Mode.Selected)  # else Qt tints the one that is shown
    return icon
