"""How much memory an image may take, and the blocks that it is classified in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from napari_objclass import memory
from napari_objclass.widgets.parts.line import Line
from napari_objclass.widgets.parts.narrow import NarrowCombo
from napari_objclass.widgets.parts.sides import Sides

if TYPE_CHECKING:
    from napari_objclass.workflow.blockwise_settings import Blockwise

#: Rows of the choice of blocks.
CHOSEN, OWN = range(2)
#: Sides of blocks that somebody wants to choose, at first.
_FIRST = (64, 512, 512)


class BlockFields(QWidget):
    """Fields of the settings of blocks.

    Attributes
    ----------
    edited
        Emitted when the user finished a change.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.memory, self.blocks = Line(), NarrowCombo()
        self.sides = Sides(1, "Voxels of a block along this axis; the result does not depend on them.")
        self.blocks.addItems(["Chosen by the memory", "Of this size"])
        self.memory.setToolTip(
            "How much memory classifying may take, such as 4GB or 500MB; empty for what the machine leaves, or the "
            "limit of the job."
        )
        self.blocks.setToolTip(
            "The image is read in blocks. No object is cut at their borders: the result is that of the whole image, "
            "whatever the blocks are."
        )
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setHorizontalSpacing(6)
        self.form.setVerticalSpacing(4)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.addRow("Memory", self.memory)
        self.form.addRow("Blocks", self.blocks)
        self.form.addRow("", self.sides)
        self.memory.edited.connect(self.edited)
        self.sides.edited.connect(self.edited)
        self.blocks.activated.connect(self._choose)
        self._choose()

    def show_settings(self, settings: Blockwise, *, planes: bool) -> None:
        """Show settings, for an image that may be of single planes."""
        self.memory.setPlaceholderText(f"what is free: {memory.text(memory.available())}")
        self.memory.show_text("" if settings.memory is None else memory.text(settings.memory))
        self.blocks.setCurrentIndex(CHOSEN if settings.block_shape is None else OWN)
        self.sides.show_value(settings.block_shape or ((1, *_FIRST[1:]) if planes else _FIRST))
        self.sides.offer(planes=planes)
        self.form.setRowVisible(self.sides, settings.block_shape is not None)

    def applied_to(self, settings: Blockwise) -> Blockwise:
        """Settings with what is chosen here.

        Raises
        ------
        ParameterError
            If what is written is no amount of memory.
        """
        written = self.memory.text().strip()
        is_shown = settings.memory is not None and written == memory.text(settings.memory)
        return replace(
            settings,
            memory=settings.memory if is_shown else memory.parse(written) if written else None,
            block_shape=self.sides.value if self.blocks.currentIndex() == OWN else None,
        )

    def _choose(self, *_: object) -> None:
        self.form.setRowVisible(self.sides, self.blocks.currentIndex() == OWN)
        self.edited.emit()
