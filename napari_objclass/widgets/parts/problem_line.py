"""The red line that says what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.theme import problem_color

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


#: So many lines are shown; the tooltip has all.
MOST_LINES = 6


class ProblemLine(QLabel):
    """Says what stands in the way in some steps; hidden while nothing does."""

    def __init__(self, shared: ViewerSession, *steps: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, objectName="problem")
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMinimumWidth(1)  # a long name of a file does not make the page wider
        self.setMaximumHeight(MOST_LINES * self.fontMetrics().lineSpacing() + 4)
        self._shared, self._steps = shared, steps
        self.connections = Connections(self)
        self.connections.connect(shared.problems_changed, self._refresh)
        self.connections.connect(shared.replaced, self._refresh)
        self.connections.connect(shared.viewer.events.theme, self._paint)
        self._paint()
        self._refresh()

    def _refresh(self) -> None:
        problem = next(filter(None, map(self._shared.problem, self._steps)), "")
        self.setText(problem)
        self.setToolTip(problem)
        self.setVisible(bool(problem))

    def _paint(self, *_: object) -> None:
        self.setStyleSheet(f"color: {problem_color(self._shared.viewer)};")
