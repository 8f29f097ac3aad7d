"""Three whole numbers of voxels, along z, y and x."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.number import Number

if TYPE_CHECKING:
    from napari_objclass.workflow.blockwise.plan import Triple

_LONGEST = 99_999


class Sides(QWidget):
    """A field per axis; planes have none along z.

    Attributes
    ----------
    edited
        Emitted when the user finished a change.
    """

    edited = Signal()

    def __init__(self, least: int, tip: str) -> None:
        super().__init__()
        self.fields = {letter: Number(_LONGEST, least) for letter in "zyx"}
        self._names = {letter: QLabel(letter) for letter in "zyx"}
        self._shown: Triple | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for letter, field in self.fields.items():
            row.addWidget(self._names[letter])
            row.addWidget(field, 1)
            field.setDecimals(0)
            field.setKeyboardTracking(False)
            field.setToolTip(tip)
            field.setAccessibleName(letter)
            field.valueChanged.connect(self.edited)

    def offer(self, *, planes: bool) -> None:
        """Offer the axes of an image, which may be of single planes."""
        for widget in (self.fields["z"], self._names["z"]):
            widget.setVisible(not planes)

    @property
    def value(self) -> Triple:
        """Voxels along z, y, x."""
        z, y, x = (int(field.value()) for field in self.fields.values())
        return z, y, x

    def show_value(self, sides: Triple) -> None:
        """Show others, unless they are shown already."""
        if sides != self._shown:
            self._shown = sides
            for field, side in zip(self.fields.values(), sides, strict=True):
                with signals_blocked(field):
                    field.setValue(side)
