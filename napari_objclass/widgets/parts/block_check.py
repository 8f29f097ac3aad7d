"""The check of an image that is classified block by block against what it is as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets.parts.difference_table import DifferenceTable
from napari_objclass.widgets.parts.in_sight import bring_into_sight
from napari_objclass.widgets.parts.narrow import NarrowCombo
from napari_objclass.widgets.parts.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.workflow.blockwise.check import Comparison
    from napari_objclass.workflow.blockwise_settings import Blockwise
    from napari_objclass.workflow.classes import ObjectClass

#: Rows of the choice of what is compared.
OURS, ILASTIKS = range(2)


class BlockCheck(QWidget):
    """What is compared, and where it differs.

    Attributes
    ----------
    edited
        Emitted when the user finished a change of ilastik's blocks.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.how = NarrowCombo()
        self.how.addItems(["Block by block, as above", "ilastik's blockwise (approximate)"])
        self.how.setToolTip(
            "What is compared with the whole image: the blocks above, or blocks as ilastik computes them, each by "
            "itself with a halo, in which objects are cut where the halo ends."
        )
        self.blocks = Sides(1, "ilastik's block shape: voxels along this axis.")
        self.halo = Sides(0, "ilastik's halo: voxels around a block that it looks at too.")
        self.start = QPushButton("Check")
        self.start.setToolTip("Classify the image both ways, and list the objects whose class differs.")
        self.text = QLabel(wordWrap=True, visible=False)
        self.show_blocks = QCheckBox("Show the blocks' classes")
        self.show_blocks.setToolTip(
            "Lay the classes found block by block, layer Overlay, over those of the whole image, layer Predictions."
        )
        self.table = DifferenceTable()
        self._shown: Comparison | None = None
        self._lay_out()
        self.how.currentIndexChanged.connect(self._arrange)
        for sides in (self.blocks, self.halo):
            sides.edited.connect(self.edited)
        self._arrange()

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(6)
        self.form.setVerticalSpacing(4)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.addRow(self.how)
        self.form.addRow("Blocks", self.blocks)
        self.form.addRow("Halo", self.halo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self.form)
        for widget in (self.start, self.text, self.show_blocks, self.table):
            layout.addWidget(widget)

    @property
    def as_ilastik(self) -> bool:
        """Whether ilastik's blocks are compared."""
        return self.how.currentIndex() == ILASTIKS

    def show_settings(self, settings: Blockwise, *, planes: bool) -> None:
        """Show settings, for an image that may be of single planes."""
        self.blocks.show_value(settings.ilastik_block_shape)
        self.halo.show_value(settings.halo)
        for sides in (self.blocks, self.halo):
            sides.offer(planes=planes)

    def applied_to(self, settings: Blockwise) -> Blockwise:
        """Settings with what is chosen here."""
        return replace(settings, ilastik_block_shape=self.blocks.value, halo=self.halo.value)

    def show_comparison(self, comparison: Comparison | None, classes: Sequence[ObjectClass]) -> None:
        """Show what came of a check; None for nothing."""
        self.text.setVisible(comparison is not None)
        self.show_blocks.setVisible(comparison is not None)
        self.table.put(() if comparison is None else comparison.differences, classes)
        if comparison is not None:
            self.text.setText(told(comparison))
            if comparison is not self._shown:
                bring_into_sight(self)
        self._shown = comparison

    def _arrange(self, *_: object) -> None:
        for sides in (self.blocks, self.halo):
            self.form.setRowVisible(sides, self.as_ilastik)


def told(comparison: Comparison) -> str:
    """What came of a check, in a sentence or two."""
    n, n_objects = len(comparison.differences), comparison.n_objects
    text = f"{n:,} of {n_objects:,} objects {'differs' if n == 1 else 'differ'}."
    if comparison.part is None:
        return text
    z, y, x = (each.stop - each.start for each in comparison.part[1:])
    size = f"{y} x {x}" if z == 1 else f"{z} x {y} x {x}"
    return (
        f"{text} Only a part of {size} pixels around the view was compared: the whole image does not fit into memory."
    )
