"""A colour bar between two words or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class Legend(QWidget):
    """A colour bar from ``low`` to ``high``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.bar, self.high = QLabel(), _Bar(), QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for each in (self.low, self.bar, self.high):
            layout.addWidget(each)

    def put(self, low: str, high: str, colors: Sequence[Sequence[float]]) -> None:
        """Show these; colours are (n, 4) numbers from 0 to 1, those of ``low`` first."""
        self.low.setText(low)
        self.high.setText(high)
        self.bar.colors = colors
        self.bar.update()


class _Bar(QWidget):
    colors: Sequence[Sequence[float]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(10)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Stretch one row of pixels over the bar."""
        if not len(self.colors):
            return
        row = QImage(len(self.colors), 1, QImage.Format.Format_RGB32)
        for x, color in enumerate(self.colors):
            row.setPixelColor(x, 0, QColor.fromRgbF(*(float(each) for each in color[:3])))
        QPainter(self).drawImage(self.rect(), row)
