"""The line that shows what is being computed, with a way to stop it."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from napari.utils import progress
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.activity import Activity
    from napari_objclass.widgets.viewer.session import ViewerSession

#: Milliseconds after which work is shown here, and in napari's activity dock.
SHOWN_AFTER, IN_NAPARI_AFTER = 300, 2000


class ActivityLine(QWidget):
    """Progress of what takes longer than a moment; hidden otherwise."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self._in_napari: progress | None = None
        self._tells_napari = False
        self.bar = QProgressBar()
        self.stop = QPushButton("Stop", clicked=shared.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.stop)
        self._soon = QTimer(self, singleShot=True, interval=SHOWN_AFTER)
        self._soon.timeout.connect(self.show)
        self._later = QTimer(self, singleShot=True, interval=IN_NAPARI_AFTER)
        self._later.timeout.connect(self._begin_in_napari)
        self.connections = Connections(self)
        self.connections.connect(shared.activity_changed, self._follow)
        self.destroyed.connect(self._end_in_napari)
        self.hide()

    def _follow(self) -> None:
        activity = self._shared.activity
        if activity is None:
            self._soon.stop()
            self._later.stop()
            self._end_in_napari()
            self.hide()
            return
        if self.isHidden() and not self._soon.isActive():
            self._soon.start()
            self._later.start()
        self.stop.setVisible(activity.can_stop)
        self.bar.setRange(0, activity.total)
        self.bar.setValue(activity.done)
        self.bar.setFormat(f"{activity.what} %p %")
        self.bar.setToolTip(activity.what)
        if self._in_napari is not None and not self._tells_napari:
            self._tells_napari = True
            try:
                self._tell_napari(self._in_napari, activity)
            finally:
                self._tells_napari = False

    def _tell_napari(self, bar: progress, activity: Activity) -> None:
        """Follow in napari's activity dock, which handles waiting events meanwhile: more progress, or the end."""
        bar.total = activity.total
        bar.set_description(activity.what)
        if self._in_napari is not None:
            bar.update(activity.done - bar.n)

    def _begin_in_napari(self) -> None:
        # It would print on the terminal too.
        self._in_napari = progress(total=0, desc="objects", file=StringIO())
        self._follow()

    def _end_in_napari(self, *_: object) -> None:
        if self._in_napari is not None:
            self._in_napari.close()
            self._in_napari = None
