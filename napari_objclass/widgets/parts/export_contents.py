"""What is exported of every image: which images in which format, and a table with which columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_objclass.widgets.parts.narrow import NarrowCombo
from napari_objclass.workflow import sources

if TYPE_CHECKING:
    from napari_objclass.workflow.export import Export

#: What is exported, and what users call it.
BOXES = {
    sources.PREDICTIONS: ("Class image", "The number of its class in every object"),
    sources.PROBABILITIES: ("Probabilities", "One channel per class"),
    sources.IDENTITIES: ("Object ids", "The label image, to join with the table"),
    sources.UNCERTAINTY: (
        "Uncertainty",
        "How close the two most probable classes of every object are: 1 minus their difference",
    ),
    sources.ANNOTATIONS: ("Annotations", "The number of the class that you gave it in every object you labelled"),
}
#: Names of formats that are not their own.
FORMATS = {
    "tif": "TIFF",
    "tiff": "TIFF (.tiff)",
    "multipage tiff": "OME-TIFF",
    "png": "PNG",
    "png sequence": "PNG, one per slice",
    "tif sequence": "TIFF, one per slice",
    "tiff sequence": "TIFF (.tiff), one per slice",
    "compressed hdf5": "HDF5, compressed",
    "hdf5": "HDF5",
    "multi-scale OME-Zarr": "OME-Zarr",
    "single-scale OME-Zarr": "OME-Zarr, one scale",
    "numpy": "NumPy (.npy)",
}
TABLES = {".csv": "CSV", ".h5": "HDF5", ".xlsx": "Excel"}
#: Rows of the choice of columns.
ALL, COMPACT, CHOSEN = range(3)

_TIP = Qt.ItemDataRole.ToolTipRole


class ExportContents(QWidget):
    """Boxes for what is exported, and its formats.

    Attributes
    ----------
    edited
        Emitted after the user changed something.
    choosing
        Emitted when the user wants to choose the features of the table.
    """

    edited = Signal()
    choosing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._columns = ALL
        self._features: tuple[str, ...] | None = None
        self._has_others = False  # images that are chosen elsewhere
        self.boxes = {source: QCheckBox(title, toolTip=tip) for source, (title, tip) in BOXES.items()}
        self.table = QCheckBox("Table", toolTip="One row per object; written with every export of images too")
        self.format, self.table_format, self.columns = NarrowCombo(), NarrowCombo(), NarrowCombo()
        for name in sorted(sources.FORMATS, key=[*FORMATS, *sources.FORMATS].index):
            self.format.addItem(FORMATS.get(name, name), name)
        for suffix, name in TABLES.items():
            self.table_format.addItem(name, suffix)
        self.columns.addItems(["All columns", "Compact", "Choose…"])
        for row, tip in enumerate(
            (
                "Class, probabilities, and all features that were measured to classify",
                "Ids, class, probabilities, uncertainty, place and size",
                "Class, probabilities, and features of your choice, whatever is used to classify",
            )
        ):
            self.columns.setItemData(row, tip, _TIP)
        self.format.setToolTip("File format of the images")
        self.table_format.setToolTip("File format of the table; HDF5 can hold a crop of every object too")
        self.columns.setToolTip("Which columns the table has")
        self._lay_out()
        for box in (*self.boxes.values(), self.table):
            box.toggled.connect(self._enable)
            box.clicked.connect(self.edited)
        for combo in (self.format, self.table_format):
            combo.activated.connect(self.edited)
        self.columns.activated.connect(self._choose_columns)
        self._enable()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        for place, box in enumerate(self.boxes.values()):
            grid.addWidget(box, place // 2, place % 2)
        images, row = QHBoxLayout(), QHBoxLayout()
        images.addWidget(QLabel("Format"))
        images.addWidget(self.format, 1)
        self.table_format.setFixedWidth(78)
        row.addWidget(self.table)
        row.addWidget(self.table_format)
        row.addWidget(self.columns, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(grid)
        for line in (images, row):
            line.setSpacing(4)
            layout.addLayout(line)

    @property
    def table_suffix(self) -> str:
        """Suffix of the table; "" without one."""
        return str(self.table_format.currentData()) if self.table.isChecked() else ""

    @property
    def wanted(self) -> bool:
        """Whether there is anything to be written."""
        return self.table.isChecked() or any(box.isChecked() for box in self.boxes.values())

    def show_settings(self, settings: Export) -> None:
        """Show what is written."""
        self._has_others = bool(set(settings.images) - set(self.boxes))
        for source, box in self.boxes.items():
            box.setChecked(source in settings.images)
        self._enable()
        self.format.show_data(settings.format)
        self.table.setChecked(settings.table is not None)
        if settings.table is not None:
            self.table_format.show_data(Path(settings.table).suffix.lower())
        self._features = settings.features
        self._columns = COMPACT if settings.columns == sources.COMPACT else ALL if self._features is None else CHOSEN
        self._show_columns()

    def applied_to(self, settings: Export) -> Export:
        """Settings with what is chosen here and nothing else, but for the name of the table."""
        images = tuple(source for source, box in self.boxes.items() if box.isChecked())
        columns = sources.COMPACT if self._columns == COMPACT else sources.ALL
        return replace(
            settings, images=images, format=self.format.currentData(), columns=columns, features=self._features
        )

    def _show_columns(self) -> None:
        n = len(self._features or ())
        self.columns.setItemText(CHOSEN, f"{n} chosen…" if n else "Choose…")
        self.columns.setCurrentIndex(self._columns)

    def _choose_columns(self, row: int) -> None:
        if row == CHOSEN:
            self._show_columns()  # as it is, until the features are chosen
            self.choosing.emit()
            return
        self._columns = row
        if row == ALL:
            self._features = None
        self._show_columns()
        self.edited.emit()

    def _enable(self, *_: object) -> None:
        self.format.setEnabled(self._has_others or any(box.isChecked() for box in self.boxes.values()))
        for combo in (self.table_format, self.columns):
            combo.setEnabled(self.table.isChecked())
