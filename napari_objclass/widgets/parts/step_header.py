"""The header of a step: its state, name and one-line summary; a click opens the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QFont, QFontMetrics
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_objclass.widgets._base import StepState

if TYPE_CHECKING:
    from napari_objclass.widgets._base import Step

HEIGHT = 28


class StepHeader(QPushButton):
    """One line of 28 px.

    Parameters
    ----------
    number
        In front of the name.
    step
        What it is the header of.
    extra
        A widget at the right end.
    """

    def __init__(self, number: int, step: Step, extra: QWidget | None = None) -> None:
        super().__init__(checkable=True)
        self._step = step
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(step.APPLET)
        self.setAccessibleName(step.TITLE)
        self.mark = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.mark.setFixedWidth(14)
        self.name = QLabel(f"{number} {step.TITLE}")
        self.summary = QElidingLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(6)
        for label, stretch in ((self.mark, 0), (self.name, 0), (self.summary, 1)):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setStyleSheet("padding: 0px;")  # there is no room for that of the theme
            layout.addWidget(label, stretch)
        if extra is not None:
            layout.addWidget(extra)

    def refresh(self, *, is_open: bool, has_problem: bool) -> None:
        """Show the step's state and summary as they are now."""
        state = self._step.state
        if has_problem:
            state = StepState.PROBLEM
        elif is_open and state is StepState.AHEAD:
            state = StepState.CURRENT
        self.setChecked(is_open)
        self.mark.setText(state.value)
        self.summary.setText(self._step.summary)
        self.name.setFont(_bold(self.name.font(), bold=is_open))
        # The font is the theme's only now.
        self.name.setFixedWidth(QFontMetrics(_bold(self.name.font())).horizontalAdvance("0 Features") + 2)


def _bold(font: QFont, *, bold: bool = True) -> QFont:
    font = QFont(font)
    font.setBold(bold)
    return font
