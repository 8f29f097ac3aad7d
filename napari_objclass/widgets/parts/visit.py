"""Goes to an object of any image: shows the image first, and the object as soon as it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.widgets._connections import Connections
    from napari_objclass.widgets.viewer.session import ViewerSession


class Visit:
    """The way of one widget to objects, given the connections of that widget."""

    def __init__(self, shared: ViewerSession, connections: Connections) -> None:
        self._shared = shared
        self._waiting: tuple[str, int, int] | None = None
        connections.connect(shared.shown_changed, self._arrive)

    def go(self, image: str, t: int, object_id: int) -> None:
        """Go to an object of an image, which is told by its uuid."""
        self._waiting = (image, t, object_id)
        if self._shared.shown is None or self._shared.shown.uuid != image:
            self._shared.show(image)
        self._arrive()

    def _arrive(self, *_: object) -> None:
        shown = self._shared.shown
        if self._waiting is None or shown is None:
            return
        image, t, object_id = self._waiting
        if shown.uuid != image:
            self._waiting = None  # the user went elsewhere meanwhile
        elif shown.objects is not None:
            self._waiting = None
            self._shared.guide.go_to(t, object_id)
