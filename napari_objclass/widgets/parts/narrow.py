"""A choice that is as narrow as the dock wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QWheelEvent


class NarrowCombo(QComboBox):
    """Takes the room there is, whatever its longest entry; an entry is known by its data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change by the wheel only what was clicked before: it scrolls the page."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def show_data(self, data: str) -> None:
        """Show the entry of some data, which becomes an entry if it is none."""
        if self.findData(data) < 0:
            self.addItem(data, data)
        self.setCurrentIndex(self.findData(data))
