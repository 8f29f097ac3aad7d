"""A part of a page that opens and closes under its title."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QToolButton, QVBoxLayout, QWidget


class Section(QWidget):
    """A title, and what it opens; as high as that needs at any time, which superqt's ``QCollapsible`` is not.

    Attributes
    ----------
    content
        What is opened.
    toggled
        Emitted with whether it is open.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = content
        self.title = QToolButton(text=title, checkable=True, autoRaise=True)
        self.title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(content)
        self.title.toggled.connect(self._toggle)
        self._toggle(is_open=False)

    @property
    def is_open(self) -> bool:
        """Whether the content is to be seen."""
        return self.title.isChecked()

    def open(self, *, is_open: bool = True) -> None:
        """Open, or close."""
        self.title.setChecked(is_open)

    def _toggle(self, is_open: bool) -> None:  # noqa: FBT001
        self.title.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.content.setVisible(is_open)
        self.toggled.emit(is_open)
