"""How often values occur, on a logarithmic scale, with threshold lines that are dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.theme import get_theme
from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from numpy.typing import NDArray
    from qtpy.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from napari_objclass.widgets.viewer.slice_finder import Distribution

HEIGHT = 84
#: Room for the names of the lines, above the bars.
TOP = 14
#: Room beside the bars for half of a handle.
SIDE = 4
#: Between a line and its name.
GAP = 3
#: A line is moved by so many parts of the whole by one key.
KEY_STEPS = 100


class Histogram(QWidget):
    """Bars and lines; arrow keys move the line that was moved last, ten times as far with Shift.

    Attributes
    ----------
    moved
        Emitted with the name of a line and its new value while it is moved.
    """

    moved = Signal(str, float)

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._distribution: Distribution | None = None
        self._lines: dict[str, float] = {}
        self._active = ""
        self._dragging = False
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Histogram with thresholds")

    def show_distribution(self, distribution: Distribution | None) -> None:
        """Show other bars."""
        self._distribution = distribution
        self.update()

    def show_lines(self, lines: dict[str, float]) -> None:
        """Show other lines, by name."""
        self._lines = lines
        if self._active not in lines:
            self._active = next(iter(lines), "")
        self.update()

    def x_of(self, value: float) -> float:
        """Where a value is; one that is beyond the bars is at their end."""
        low, high = self._ends
        return SIDE + min(max((value - low) / (high - low), 0.0), 1.0) * (self.width() - 2 * SIDE)

    def value_at(self, x: float) -> float:
        """The value at a place."""
        low, high = self._ends
        return low + min(max((x - SIDE) / (self.width() - 2 * SIDE), 0.0), 1.0) * (high - low)

    @property
    def _ends(self) -> tuple[float, float]:
        return (0.0, 1.0) if self._distribution is None else self._distribution[:2]

    # --------------------------------------------------------------------------------------------- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearest line, and bring it here."""
        x = event.position().x()
        if event.button() == Qt.MouseButton.LeftButton and self._lines:
            # Of lines in one place, the one is taken that can be moved to where the mouse is.
            side = [(abs(self.x_of(value) - x), -value if x > self.x_of(value) else value, name)
                    for name, value in self._lines.items()]  # fmt: skip
            self._active = min(side)[2]
            self._dragging = True
            self._move(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the line; show that one can be dragged."""
        x = event.position().x()
        if self._dragging:
            self._move(x)
        is_near = any(abs(self.x_of(value) - x) <= 2 * SIDE for value in self._lines.values())
        self.setCursor(Qt.CursorShape.SplitHCursor if is_near or self._dragging else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        """Leave the line where it is."""
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the line with the arrow keys, and take another one with up and down."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if steps is not None and self._active:
            low, high = self._ends
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                steps *= 10
            self._put(min(max(self._lines[self._active] + steps * (high - low) / KEY_STEPS, low), high))
        elif event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down} and len(self._lines) > 1:
            self._active = next(name for name in self._lines if name != self._active)
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which line the keys move."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no more."""
        super().focusOutEvent(event)
        self.update()

    def _move(self, x: float) -> None:
        self._put(self.value_at(x))

    def _put(self, value: float) -> None:
        self._lines[self._active] = value
        self.update()
        self.moved.emit(self._active, value)

    # ---------------------------------------------------------------------------------------------------- painting

    def paintEvent(self, _: QPaintEvent) -> None:
        """Paint bars, the outline of the core channel, and lines."""
        theme = get_theme(self._viewer.theme)
        colors = [QColor(each.as_hex()) for each in (theme.primary, theme.secondary, theme.highlight, theme.text)]
        ground, rim, bars, text = colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(SIDE, TOP, self.width() - 2 * SIDE, self.height() - TOP - 1)
        painter.fillRect(area, ground)
        if self._distribution is not None:
            painter.setClipRect(area)
            painter.setBrush(bars)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(_outline(self._distribution.counts, area))
            if self._distribution.core_counts is not None:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(text, 1, Qt.PenStyle.DotLine))
                painter.drawPolyline(_outline(self._distribution.core_counts, area))
            painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(rim)
        painter.drawRect(area)
        painter.setPen(text)
        for name, left in self._name_places().items():
            painter.drawText(QPointF(left, TOP - 4), name)
        for name, value in self._lines.items():
            x, is_active = self.x_of(value), self.hasFocus() and name == self._active
            painter.setPen(QPen(text, 3 if is_active else 2))
            painter.drawLine(QPointF(x, TOP - 2), QPointF(x, self.height() - 1))

    def _name_places(self) -> dict[str, float]:
        """Left end of the name of each line: beside it, outwards of both, and never upon another name."""
        names = sorted(self._lines, key=self._lines.__getitem__)
        widths = {name: self.fontMetrics().horizontalAdvance(name) for name in names}
        places: dict[str, float] = {}
        end = float(self.width())
        for name in reversed(names):
            x = self.x_of(self._lines[name])
            wanted = x + GAP if name == names[-1] else x - GAP - widths[name]
            places[name] = min(wanted, end - widths[name])
            end = places[name] - 2 * GAP
        start = 0.0
        for name in names:
            places[name] = max(places[name], start)
            start = places[name] + widths[name] + 2 * GAP
        return places


def _outline(counts: NDArray[np.int64], area: QRectF) -> QPolygonF:
    """Outline of bars of logarithmic height."""
    heights = np.log1p(counts) / max(np.log1p(counts.max()), 1e-9)
    width = area.width() / len(counts)
    points = [QPointF(area.left(), area.bottom())]
    for number, height in enumerate(heights.tolist()):
        y = area.bottom() - height * area.height()
        points += [QPointF(area.left() + number * width, y), QPointF(area.left() + (number + 1) * width, y)]
    return QPolygonF([*points, QPointF(area.right(), area.bottom())])
