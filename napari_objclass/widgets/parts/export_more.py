"""What few need to say about exported files: region, pixels, order of axes, names inside and beside, crops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from napari_objclass.widgets.parts.line import Line
from napari_objclass.widgets.parts.narrow import NarrowCombo
from napari_objclass.widgets.parts.number import Number
from napari_objclass.widgets.parts.region import Region
from napari_objclass.widgets.viewer.export_names import beside_images
from napari_objclass.workflow import sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.workflow.export import Export

#: Images of ilastik's blockwise classification.
BLOCKWISE = {
    sources.BLOCKWISE_PREDICTIONS: (
        "Classes",
        "The class image as ilastik computes it block by block, with the project's blocks and halo (Large images): "
        "approximate, since objects are cut where the halo ends",
    ),
    sources.BLOCKWISE_PROBABILITIES: (
        "Probabilities",
        "One channel per class, as ilastik computes them block by block, with the project's blocks and halo (Large "
        "images): approximate, since objects are cut where the halo ends",
    ),
}
CROPS = {
    sources.OBJECTS: "Mask and image of each",
    sources.IMAGE: "Masks, whole image once",
    sources.NOTHING: "No pixels",
}
LARGEST_MARGIN = 200
_LARGEST = 1e12


class ExportMore(QWidget):
    """Fields of settings that have good defaults.

    Attributes
    ----------
    edited
        Emitted when the user finished a change.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.region = Region()
        self.dtype, self.crops = NarrowCombo(), NarrowCombo()
        self.dtype.addItem("as it is", "")
        for dtype in sources.DTYPES:
            self.dtype.addItem(dtype, dtype)
        for kind, name in CROPS.items():
            self.crops.addItem(name, kind)
        self.renormalize = QCheckBox("Map")
        self.ranges = [Number(_LARGEST, -_LARGEST) for _ in range(4)]
        self.axes = Line(placeholderText="as the image", maxLength=5)
        self.inner = Line(placeholderText=sources.INNER_PATH)
        self.table = Line(placeholderText="beside the images")
        self.margin = Number(LARGEST_MARGIN)
        self.blockwise = {source: QCheckBox(title, toolTip=tip) for source, (title, tip) in BLOCKWISE.items()}
        self.form = QFormLayout(self)
        self._say_what_they_are()
        self._lay_out()
        for line in (self.axes, self.inner, self.table):
            line.edited.connect(self.edited)
        for combo in (self.dtype, self.crops):
            combo.activated.connect(self.edited)
        for number in (*self.ranges, self.margin):
            number.setKeyboardTracking(False)
            number.valueChanged.connect(self._edit_numbers)
        for number in self.ranges:
            number.setDecimals(4)
        self.margin.setDecimals(0)
        self.margin.setSuffix(" px")
        for box in (self.renormalize, *self.blockwise.values()):
            box.clicked.connect(self.edited)
        self.region.edited.connect(self.edited)
        self._silent = False

    def _say_what_they_are(self) -> None:
        self.dtype.setToolTip("Pixel type of the images; values that do not fit are refused, unless they are mapped.")
        self.renormalize.setToolTip("Map one range of values linearly to another, such as [0, 1] to [0, 255].")
        self.axes.setToolTip("Order of the axes in the file, one letter each, such as tzyxc.")
        self.inner.setToolTip("Name of the dataset inside an HDF5 file.")
        self.table.setToolTip(
            "Template of the table's path, without suffix, with {dataset_dir} and {nickname}; empty to put it beside "
            "the images."
        )
        self.crops.setToolTip("Pixels that an HDF5 table holds of every object.")
        self.margin.setToolTip("Pixels around an object that belong to its crop.")

    def _lay_out(self) -> None:
        form = self.form
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(6)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Region", self.region)
        form.addRow("Pixels", self.dtype)
        form.addRow(self.renormalize, _ends(*self.ranges[:2]))
        form.addRow("to", _ends(*self.ranges[2:]))
        form.addRow("Axes", self.axes)
        form.addRow("Dataset", self.inner)
        form.addRow("Table", self.table)
        form.addRow("Crops", self.crops)
        form.addRow("Margin", self.margin)
        blockwise = QHBoxLayout()
        blockwise.setSpacing(4)
        for box in self.blockwise.values():
            blockwise.addWidget(box)
        form.addRow("ilastik's blocks", blockwise)

    def show_settings(self, settings: Export, sizes: Mapping[str, int]) -> None:
        """Show settings, for an image of these lengths by axis."""
        self._silent = True
        self.region.show_parts(settings.region)
        self.region.offer({**sizes, "c": 0} if {*sources.WITH_CLASSES} & {*settings.images} else sizes)
        self.dtype.show_data(settings.dtype or "")
        self.renormalize.setChecked(settings.renormalize is not None)
        for number, value in zip(self.ranges, settings.renormalize or (0, 1, 0, 255), strict=True):
            number.setValue(value)
            number.setEnabled(settings.renormalize is not None)
        self.axes.show_text(settings.axes or "")
        self.inner.show_text(settings.inner)
        self.table.show_text(own_table(settings))
        self.crops.show_data(settings.crops)
        self.margin.setValue(settings.margin)
        for source, box in self.blockwise.items():
            box.setChecked(source in settings.images)
        self._silent = False
        self._show_rows(settings)

    def applied_to(self, settings: Export, table_suffix: str) -> Export:
        """Settings with what is chosen here; with a table if it has a suffix."""
        low, high, out_low, out_high = (number.value() for number in self.ranges)
        table = self.table.text().strip() or beside_images(settings.filename)
        return replace(
            settings,
            images=(*settings.images, *(source for source, box in self.blockwise.items() if box.isChecked())),
            region=self.region.parts,
            dtype=self.dtype.currentData() or None,
            renormalize=(low, high, out_low, out_high) if self.renormalize.isChecked() else None,
            axes=self.axes.text().strip().lower() or None,
            inner=self.inner.text().strip() or sources.INNER_PATH,
            table=table + table_suffix if table_suffix else None,
            crops=self.crops.currentData(),
            margin=int(self.margin.value()),
        )

    @property
    def wanted(self) -> bool:
        """Whether there is an image to be written that is chosen here."""
        return any(box.isChecked() for box in self.blockwise.values())

    def _show_rows(self, settings: Export) -> None:
        """Hide what means nothing for these formats."""
        has_pixels = settings.table is not None and settings.table.endswith(_HDF5)
        rows = {
            self.inner: settings.suffix == ".h5",
            self.table: settings.table is not None,
            self.crops: has_pixels,
            self.margin: has_pixels and settings.crops == sources.OBJECTS,
        }
        for field, shown in rows.items():
            self.form.setRowVisible(field, shown)

    def _edit_numbers(self) -> None:
        if not self._silent:
            self.edited.emit()


def _ends(low: Number, high: Number) -> QHBoxLayout:
    """Lay out the ends of a range of values."""
    row = QHBoxLayout()
    row.setSpacing(3)
    row.addWidget(low, 1)
    row.addWidget(QLabel("…"))
    row.addWidget(high, 1)
    return row


_HDF5 = (".h5", ".hdf5", ".hd5")


def own_table(settings: Export) -> str:
    """Template of a table that has a name of its own, without suffix; "" for one beside the images."""
    if settings.table is None:
        return ""
    stem = settings.table.removesuffix(Path(settings.table).suffix)
    return "" if stem == beside_images(settings.filename) else stem
