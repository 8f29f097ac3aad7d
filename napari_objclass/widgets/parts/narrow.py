"""A choice that is as narrow as the dock wants it."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget


class NarrowCombo(QComboBox):
    """Takes the room there is, whatever its longest entry; an entry is known by its data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_data(self, data: str) -> None:
        """Show the entry of some data, which becomes an entry if it is none."""
        if self.findData(data) < 0:
            self.addItem(data, data)
        self.setCurrentIndex(self.findData(data))
