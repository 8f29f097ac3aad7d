"""Scrolls a page to what has just come to it."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QScrollArea, QWidget

#: Pages have grown by then: layouts inside each other are done in as many turns.
_MS = 200


def bring_into_sight(widget: QWidget) -> None:
    """Scroll the page that a widget is on until it can be seen, once it has its place there."""
    later = QTimer(widget, singleShot=True)
    later.timeout.connect(later.deleteLater)
    later.timeout.connect(lambda: _scroll_to(widget))
    later.start(_MS)


def _scroll_to(widget: QWidget) -> None:
    around = widget.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    if around is not None and widget.isVisible():
        around.ensureWidgetVisible(widget, 0, 4)
