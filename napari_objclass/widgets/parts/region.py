"""Fields for the part of an image along each axis; all of it by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRegularExpression, Qt, Signal
from qtpy.QtGui import QRegularExpressionValidator
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_objclass.widgets.parts.line import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_objclass.workflow.export import Part

#: Nothing is a number too, unlike for Qt's own check of them.
_WHOLE = QRegularExpression(r"\d{0,9}")


class Region(QWidget):
    """First pixel and end along every axis an image has, x first; empty for the border.

    Attributes
    ----------
    edited
        Emitted when the user finished a change.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, tuple[Line, Line]] = {}
        self._shown: Sequence[Part] = ()
        self._widgets: dict[str, tuple[QWidget, ...]] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
        for place, axis in enumerate("xyztc"):
            start, stop = self.rows[axis] = Line(placeholderText="0"), Line()
            start.setToolTip(f"First pixel along {axis}, from 0; empty for the border.")
            stop.setToolTip(f"End along {axis}: the first pixel that is not written; empty for the border.")
            self._widgets[axis] = (QLabel(axis), start, QLabel("to"), stop)
            for column, widget in enumerate(self._widgets[axis]):
                layout.addWidget(widget, place, column)
            for line in (start, stop):
                line.setAlignment(Qt.AlignmentFlag.AlignRight)
                line.setValidator(QRegularExpressionValidator(_WHOLE, line))
                line.edited.connect(self.edited)
        self.offer({"y": 0, "x": 0})

    def offer(self, sizes: Mapping[str, int]) -> None:
        """Show the axes of an image, with its length along each (0: not known), and those that are cut already."""
        for axis, (start, stop) in self.rows.items():
            stop.setPlaceholderText(f"all {sizes[axis]}" if sizes.get(axis) else "all")
            for widget in self._widgets[axis]:
                widget.setVisible(axis in sizes or bool(start.text() or stop.text()))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Parts that are not all of their axis."""
        numbers = {axis: (_number(start), _number(stop)) for axis, (start, stop) in self.rows.items()}
        order = dict.fromkeys([*(axis for axis, _, _ in self._shown), *self.rows])
        return tuple((axis, *numbers[axis]) for axis in order if numbers[axis] != (None, None))

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show these."""
        self._shown = parts
        by_axis = {axis: (start, stop) for axis, start, stop in parts}
        for axis, lines in self.rows.items():
            for line, at in zip(lines, by_axis.get(axis, (None, None)), strict=True):
                line.show_text("" if at is None else str(at))


def _number(line: Line) -> int | None:
    return int(line.text()) if line.text().strip() else None
