"""Rows of trees whose boxes can be seen before they are ticked, in every theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QStyledItemDelegate

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex
    from qtpy.QtWidgets import QStyleOptionViewItem


class TickBoxes(QStyledItemDelegate):
    """Draws the outline of boxes in the colour of the text; napari's themes leave it as dark as the background."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Colour the outline."""
        super().initStyleOption(option, index)
        option.palette.setColor(QPalette.ColorRole.Window, option.palette.color(QPalette.ColorRole.Text))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Keep the boxes of two rows apart."""
        return super().sizeHint(option, index) + QSize(0, 4)
