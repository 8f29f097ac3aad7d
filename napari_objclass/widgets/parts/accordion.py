"""Steps below each other of which one is open, in the one scroll area there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.image_switch import ImageSwitch
from napari_objclass.widgets.parts.problem_line import ProblemLine
from napari_objclass.widgets.parts.step_header import StepHeader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.widgets._base import Step
    from napari_objclass.widgets.viewer.session import ViewerSession

#: So much of the open step is seen at least.
LEAST_HEIGHT = 100


class Accordion(QWidget):
    """Headers of all steps, and the page of one.

    Attributes
    ----------
    page
        The page that is open: a step, or the page before the first step.
    chosen
        Emitted with the step whose header the user clicked.
    opened
        Emitted when another page is open.
    """

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, shared: ViewerSession, first: QWidget, steps: Sequence[Step]) -> None:
        super().__init__()
        self._shared = shared
        self.page: QWidget = first
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.headers: dict[Step, StepHeader] = {}
        self._lines: dict[Step, ProblemLine] = {}
        for number, step in enumerate(steps, 1):
            self._add(number, step)
        self.scroll = self._scrolled([first, *steps])
        self.connections = Connections(self)
        self.connections.connect(shared.problems_changed, self.refresh)
        self.open(first)

    def open(self, page: QWidget) -> None:
        """Open a page, and close the one that is open."""
        self.page.hide()
        self.page = page
        self._layout.removeWidget(self.scroll)
        below = self._lines.get(page)
        self._layout.insertWidget(0 if below is None else self._layout.indexOf(below) + 1, self.scroll, 1)
        page.show()
        self.scroll.verticalScrollBar().setValue(0)
        self.refresh()
        self.opened.emit()

    def refresh(self) -> None:
        """Show states and summaries as they are now."""
        for step, header in self.headers.items():
            header.refresh(is_open=step is self.page, has_problem=self._shared.problem(step.ID) is not None)

    def _add(self, number: int, step: Step) -> None:
        header = StepHeader(number, step, ImageSwitch(self._shared) if number == 1 else None)
        header.clicked.connect(lambda: self._click(step))
        step.told.connect(self.refresh)
        self.headers[step], self._lines[step] = header, ProblemLine(self._shared, step.ID)
        self._layout.addWidget(header)
        self._layout.addWidget(self._lines[step])

    def _click(self, step: Step) -> None:
        self.chosen.emit(step)
        self.open(step)

    @staticmethod
    def _scrolled(pages: Sequence[QWidget]) -> QScrollArea:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 2, 0, 2)
        for page in pages:
            page.hide()
            layout.addWidget(page)
        layout.addStretch()
        scroll = QScrollArea(frameShape=QFrame.Shape.NoFrame, widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(LEAST_HEIGHT)
        scroll.setWidget(inside)
        return scroll
