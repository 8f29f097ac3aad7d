"""Icons of napari in the text colour of a widget, hence right in every theme; and swatches of class colours."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from napari.resources import get_colorized_svg, get_icon_path
from qtpy.QtGui import QColor, QIcon, QPalette, QPixmap

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


def icon(name: str, widget: QWidget) -> QIcon:
    """Icon ``name`` of napari for a widget that is polished, as it is when it is painted."""
    return _icon(name, widget.palette().color(QPalette.ColorRole.WindowText).name())


@lru_cache
def _icon(name: str, color: str) -> QIcon:
    pixmap = QPixmap()
    pixmap.loadFromData(get_colorized_svg(get_icon_path(name), color).encode(), "SVG")
    return _as_it_is(pixmap)


@lru_cache
def swatch(color: str) -> QIcon:
    """A square of a colour, ``"#rrggbb"``."""
    pixmap = QPixmap(16, 16)
    pixmap.fill(QColor(color))
    return _as_it_is(pixmap)


def _as_it_is(pixmap: QPixmap) -> QIcon:
    """Icon that is not tinted in rows that are selected."""
    found = QIcon(pixmap)
    found.addPixmap(pixmap, QIcon.Mode.Selected)
    return found
