"""Paths of files, one below the other, with their ends to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QElidingLabel

if TYPE_CHECKING:
    from collections.abc import Sequence


class FileLines(QWidget):
    """Up to two paths: of an image and a table.

    Attributes
    ----------
    lines
        One label a path.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines = [QElidingLabel() for _ in range(2)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for label in self.lines:
            label.setElideMode(Qt.TextElideMode.ElideLeft)
            label.setStyleSheet("padding: 0px;")  # two lines that belong together
            layout.addWidget(label)

    def show_paths(self, paths: Sequence[str]) -> None:
        """Show these."""
        for label, path in zip(self.lines, (*paths, "", ""), strict=False):
            label.setText(path)
            label.setToolTip(path)
            label.setVisible(bool(path))
