"""The red line that says what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


#: So many lines are shown; the tooltip has all.
MOST_LINES = 6


class ProblemLine(QLabel):
    """Says what stands in the way in some steps; hidden while nothing does."""

    def __init__(self, shared: ViewerSession, *steps: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, objectName="problem")
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
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
        """Take the theme's red, nearer to the colour of its text: by itself it can hardly be read in the dark."""
        theme = get_theme(self._shared.viewer.theme)
        pairs = zip(theme.error.as_rgb_tuple(alpha=False), theme.text.as_rgb_tuple(alpha=False), strict=True)
        red, green, blue = (round(0.55 * error + 0.45 * text) for error, text in pairs)
        self.setStyleSheet(f"color: rgb({red}, {green}, {blue});")
