"""A field for a number, as narrow as the dock wants it, without useless zeros."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDoubleSpinBox, QSizePolicy, QWidget


class Number(QDoubleSpinBox):
    """A number, changed by typing or arrow keys; by the mouse wheel only while it has the focus."""

    def __init__(self, largest: float, smallest: float = 0.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(smallest, largest)
        self.setStyleSheet("min-width: 24px; padding: 0 2px;")  # napari's style has twice the width and more
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)  # two of napari's take more room than the number
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def textFromValue(self, value: float) -> str:
        """As many digits as the value has."""
        text = f"{value:.{self.decimals()}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def wheelEvent(self, event: object) -> None:
        """Change by the wheel only what was clicked before."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # type: ignore[attr-defined]
