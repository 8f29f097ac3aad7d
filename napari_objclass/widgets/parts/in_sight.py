"""Scrolls a page to what has just come to it."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QScrollArea, QWidget

#: For so long a page may grow, as layouts within each other take their turns.
_MS = 300


def bring_into_sight(widget: QWidget) -> None:
    """Scroll the page that a widget is on so that it can be seen, while both grow."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    if around is not None:
        _Follower(widget, around).start(_MS)


class _Follower(QTimer):
    """Scrolls whenever the page has another length, until the time is over; it goes with its widget."""

    def __init__(self, widget: QWidget, area: QScrollArea) -> None:
        super().__init__(widget, singleShot=True)
        self._widget, self._area = widget, area
        area.verticalScrollBar().rangeChanged.connect(self.scroll)
        self.timeout.connect(self.scroll)
        self.timeout.connect(self.deleteLater)

    def scroll(self) -> None:
        """Scroll as far as needed."""
        if self._widget.isVisible():
            self._area.ensureWidgetVisible(self._widget, 0, 4)
