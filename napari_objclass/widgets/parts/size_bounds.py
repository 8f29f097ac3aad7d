"""The smallest and the largest object that is kept, in pixels or in the unit of the voxel size."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.number import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 2**31 - 1


class SizeBounds(QWidget):
    """Two bounds, both inclusive, and their unit.

    Attributes
    ----------
    edited
        Emitted after the user changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixel = 1.0
        self._physical = False
        self.smallest, self.largest = Number(LARGEST), Number(LARGEST)
        self.unit = QComboBox()
        self.smallest.setToolTip("Smallest object that is kept: min ≤ size.")
        self.largest.setToolTip("Largest object that is kept: size ≤ max.")
        self.unit.setToolTip("Unit of the sizes. Pixels, or area and volume by the voxel size of each image.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.smallest, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(self.largest, 2)
        row.addWidget(self.unit)
        self.smallest.valueChanged.connect(self.edited)
        self.largest.valueChanged.connect(self.edited)
        self.unit.activated.connect(self._take_unit)
        self.offer(None, "", n_dims=2)

    def offer(self, pixel: float | None, units: str, *, n_dims: int) -> None:
        """Offer the units that an image has.

        Parameters
        ----------
        pixel
            Area or volume of a pixel; None if it is not known.
        units
            Unit of length.
        n_dims
            2 or 3.
        """
        self._pixel = pixel or 1.0
        names = ["pixels" if n_dims == 2 else "voxels"]
        if pixel is not None or self._physical:
            names.append(f"{units or 'unit'}{'²' if n_dims == 2 else '³'}")
        with signals_blocked(self.unit):
            self.unit.clear()
            self.unit.addItems(names)
            self.unit.setCurrentIndex(int(self._physical))
        self.unit.setEnabled(len(names) > 1)

    @property
    def values(self) -> tuple[float, float, bool]:
        """Smallest, largest, and whether they are physical."""
        return self.smallest.value(), self.largest.value(), self._physical

    def show_values(self, smallest: float, largest: float, *, physical: bool) -> None:
        """Show these."""
        with self._silent():
            self._set_physical(physical=physical)
            self.smallest.setValue(smallest)
            self.largest.setValue(largest)

    def _set_physical(self, *, physical: bool) -> None:
        self._physical = physical
        if physical and self.unit.count() == 1:
            self.unit.addItem("physical")
        self.unit.setCurrentIndex(int(physical))
        for each in (self.smallest, self.largest):
            each.setDecimals(3 if physical else 0)

    def _take_unit(self, index: int) -> None:
        """Say the same in another unit."""
        physical = bool(index)
        if physical == self._physical:
            return
        smallest, largest, _ = self.values
        factor = self._pixel if physical else 1 / self._pixel
        self.show_values(smallest * factor, largest * factor, physical=physical)
        self.edited.emit()

    @contextmanager
    def _silent(self) -> Iterator[None]:
        with signals_blocked(self.smallest), signals_blocked(self.largest), signals_blocked(self.unit):
            yield
