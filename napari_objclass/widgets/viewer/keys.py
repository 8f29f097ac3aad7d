"""Keys in the viewer: the table of what can be done by key, and binding them while the tool is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class Keys:
    """Key bindings of the viewer, in force while widgets are open and the tool is active."""

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared

    def wake(self) -> None:
        """Bind the keys."""

    def rest(self) -> None:
        """Give them back to napari."""
