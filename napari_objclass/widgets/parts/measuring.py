"""How far the measuring of the image shown is, and how long it took."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from napari_objclass.workflow import object_features

if TYPE_CHECKING:
    from napari_objclass.widgets._connections import Connections
    from napari_objclass.widgets.viewer.live import Stale
    from napari_objclass.widgets.viewer.session import ViewerSession


class Measuring:
    """Follows the measuring of the image shown.

    Attributes
    ----------
    seconds
        What the last measurement took; None if it was not seen from beginning to end.
    is_stopped
        Whether the user stopped it.
    """

    def __init__(self, shared: ViewerSession, connections: Connections) -> None:
        self._shared = shared
        self._begun: float | None = None
        self.seconds: float | None = None
        self.is_stopped = False
        connections.connect(shared.changed, self._changed)
        connections.connect(shared.shown_changed, self._shown_changed)
        connections.connect(shared.activity_changed, self._activity_changed)

    @property
    def is_done(self) -> bool:
        """Whether all objects have the values of the chosen features."""
        shown, chosen = self._shared.shown, self._shared.session.feature_selection.features
        return shown is not None and shown.table is not None and shown.table.features == tuple(chosen)

    @property
    def text(self) -> str:
        """What is being done, as "measuring… 42 %"."""
        activity = self._shared.activity
        if activity is None or not activity.total:
            return "measuring…"
        return f"{activity.what.removesuffix(' objects')}… {100 * activity.done // activity.total} %"

    def go_on(self) -> None:
        """Measure after a stop."""
        self._begin()
        self._shared.update()

    def _begin(self) -> None:
        self._begun, self.seconds, self.is_stopped = monotonic(), None, False

    def _changed(self, stale: Stale) -> None:
        shown = self._shared.shown
        if shown is not None and (object_features.ID, shown.uuid) in stale:
            self._begin()

    def _shown_changed(self, parts: set[str]) -> None:
        if "table" in parts:
            if self._begun is not None:
                self.seconds = monotonic() - self._begun
            self._begun, self.is_stopped = None, False
        elif parts & {"lane", "images", "objects"}:
            self._begin()

    def _activity_changed(self) -> None:
        # The walk along the stages has ended without a table: it was stopped, or it failed, which is told elsewhere.
        self.is_stopped = self._shared.activity is None and not self.is_done
