"""How much an image is smoothed: by one number or, behind a toggle, by one for each axis."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.number import Number

TOOLTIP = (
    "Standard deviation of the Gaussian in pixels, for each channel by itself.\n"
    "The weight at distance d is exp(-d² / (2 sigma²)), up to d = 2 sigma; below 0.1 nothing is smoothed."
)


class Smoothing(QWidget):
    """One field, or one per axis.

    Attributes
    ----------
    edited
        Emitted after the user changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = "yx"
        self.one = Number(100)
        self.each = {letter: Number(100) for letter in "zyx"}
        self.toggle = QToolButton(text="…", checkable=True, toolTip="Smooth along each axis by another number.")
        self.toggle.setAccessibleName("Smooth each axis by itself")
        self._names = {letter: QLabel(letter) for letter in "zyx"}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.one, 1)
        for letter, field in self.each.items():
            row.addWidget(self._names[letter])
            row.addWidget(field, 1)
        row.addWidget(self.toggle)
        for field in (self.one, *self.each.values()):
            field.setDecimals(1)
            field.setSingleStep(0.1)
            field.setToolTip(TOOLTIP)
            field.valueChanged.connect(self.edited)
        self.toggle.clicked.connect(self._toggled)
        self._arrange()

    def offer(self, axes: str) -> None:
        """Offer the axes of an image, of ``zyx``."""
        self._axes = axes
        self._arrange()

    @property
    def value(self) -> float | tuple[float, ...]:
        """The number, or those along z (if there is one), y and x."""
        if not self.toggle.isChecked():
            return self.one.value()
        along = tuple(self.each[letter].value() for letter in self._axes)
        return along[0] if len(set(along)) == 1 else along

    def show_value(self, sigma: float | tuple[float, ...]) -> None:
        """Show another."""
        each = sigma if isinstance(sigma, tuple) else (sigma,) * 3
        along = dict(zip("xyz", (*each[::-1], each[0]), strict=False))
        is_one = len({along[letter] for letter in self._axes}) == 1
        for field, value in [(self.one, along["x"]), *((self.each[letter], along[letter]) for letter in "zyx")]:
            with signals_blocked(field):
                field.setValue(value)
        self.toggle.setChecked(self.toggle.isChecked() or not is_one)
        self._arrange()

    def _toggled(self) -> None:
        """Begin where the other fields were."""
        if self.toggle.isChecked():
            for field in self.each.values():
                with signals_blocked(field):
                    field.setValue(self.one.value())
        else:
            with signals_blocked(self.one):
                self.one.setValue(self.each["x"].value())
        self._arrange()
        (self.each["x"] if self.toggle.isChecked() else self.one).setFocus(Qt.FocusReason.OtherFocusReason)
        self.edited.emit()

    def _arrange(self) -> None:
        several = self.toggle.isChecked()
        self.one.setVisible(not several)
        for letter in "zyx":
            is_seen = several and letter in self._axes
            self.each[letter].setVisible(is_seen)
            self._names[letter].setVisible(is_seen)
