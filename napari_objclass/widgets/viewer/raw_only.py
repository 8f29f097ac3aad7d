"""Raw only: hide everything that lies over the pixels, and show it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer.display import OVERLAY, UNCERTAINTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Layer


class RawOnly:
    """Hides all layers of a viewer but images, and shows those that it hid again."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._hidden: list[Layer] = []

    def toggle(self) -> Callable[[], None] | None:
        """Hide, or show again; returns what ends a peek."""
        if self._hidden:
            self.end()
            return None
        self._hidden = [layer for layer in self._viewer.layers if layer.visible and not _is_raw(layer)]
        for layer in self._hidden:
            layer.visible = False
        return self.end

    def end(self) -> None:
        """Show again what was hidden."""
        for layer in self._hidden:
            layer.visible = True
        self._hidden.clear()


def _is_raw(layer: Layer) -> bool:
    from napari.layers import Image

    return isinstance(layer, Image) and layer.name not in (UNCERTAINTY, OVERLAY)
