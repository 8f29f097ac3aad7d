"""The guide: goes to the object that is worth looking at next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class Guide:
    """Walks through objects of the image shown.

    Attributes
    ----------
    current
        Frame and id of the object that was gone to last.
    """

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self.current: tuple[int, int] | None = None

    def next_unsure(self) -> None:
        """Go to the most unsure object that is not labelled and was not visited since the last prediction."""

    def previous(self) -> None:
        """Go back to the object before."""

    def next_of_class(self, cls: int) -> None:
        """Go to the next object predicted, or labelled, as a class."""

    def next_random(self) -> None:
        """Go to a random object without label."""

    def keep_prediction(self) -> None:
        """Label the current object with its predicted class."""

    def go_to(self, t: int, object_id: int) -> None:
        """Go to an object."""
        self.current = (t, object_id)
        self._shared.display.go_to(t, object_id)
