"""Mouse in the viewer: label, erase and sweep objects, and ask for the menu of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class Hand:
    """Mouse callbacks of the viewer, in force while widgets are open and the tool is active."""

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared

    def wake(self) -> None:
        """Listen to the mouse."""

    def rest(self) -> None:
        """Leave the mouse to napari."""
