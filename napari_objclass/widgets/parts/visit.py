"""Goes to an object, or a place, of any image: shows the image first, and what is there as soon as it is known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_objclass.widgets._connections import Connections
    from napari_objclass.widgets.viewer.session import ViewerSession


class Visit:
    """The way of one widget to objects, given the connections of that widget."""

    def __init__(self, shared: ViewerSession, connections: Connections) -> None:
        self._shared = shared
        self._waiting: tuple[str, Callable[[], object]] | None = None
        connections.connect(shared.shown_changed, self._arrive)

    def go(self, image: str, t: int, object_id: int) -> None:
        """Go to an object of an image, which is told by its uuid."""
        self._go(image, partial(self._shared.guide.go_to, t, object_id))

    def go_to_place(self, image: str, t: int, box: Sequence[int]) -> None:
        """Go to a place, z0, y0, x0, z1, y1, x1, where there may be no object."""
        self._go(image, partial(self._shared.display.look_at, t, box))

    def _go(self, image: str, arrive: Callable[[], object]) -> None:
        self._waiting = (image, arrive)
        if self._shared.shown is None or self._shared.shown.uuid != image:
            self._shared.show(image)
        self._arrive()

    def _arrive(self, *_: object) -> None:
        shown = self._shared.shown
        if self._waiting is None or shown is None:
            return
        image, arrive = self._waiting
        if shown.uuid != image:
            self._waiting = None  # the user went elsewhere meanwhile
        elif shown.objects is not None:
            self._waiting = None
            arrive()
