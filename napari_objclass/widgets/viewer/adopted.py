"""Layers of the user that take the place of ours, image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer.our_layers import OBJECTS, RAW

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from napari.layers import Image, Labels

    Users = Mapping[str, list[Image | Labels]]


class Adopted:
    """The user's own layers of each image, as Raw and as Objects."""

    def __init__(self) -> None:
        self._layers: dict[str, dict[str, list[Image | Labels]]] = {}
        self._outgrown: set[str] = set()  # images whose objects are not those of the user's own layer any more

    def adopt(self, lane_uuid: str, raw: Sequence[Image], objects: Labels | None) -> None:
        """Use layers as Raw and Objects of an image."""
        self._layers[lane_uuid] = {RAW: list(raw), OBJECTS: [] if objects is None else [objects]}
        self._outgrown.discard(lane_uuid)

    def of(self, lane_uuid: str) -> Users:
        """Layers of an image, those too that have not its objects any more."""
        return self._layers.get(lane_uuid, {RAW: [], OBJECTS: []})

    def in_use(self, lane_uuid: str) -> Users:
        """Layers of an image that show what it is now."""
        users = self.of(lane_uuid)
        return {**users, OBJECTS: []} if lane_uuid in self._outgrown else users

    def outgrow(self, lane_uuid: str) -> list[Image | Labels]:
        """Use the layer of the objects no more, since they are others; returns what has been in use until now."""
        users = self.in_use(lane_uuid)[OBJECTS]
        if users:
            self._outgrown.add(lane_uuid)
        return users

    def keep(self, present: Container[Image | Labels]) -> None:
        """Let go of all layers but some."""
        for roles in self._layers.values():
            for layers in roles.values():
                layers[:] = [layer for layer in layers if layer in present]

    def clear(self) -> None:
        """Let go of all layers."""
        self._layers.clear()
        self._outgrown.clear()
