"""Layers that became objects of the session and were painted on since: the session has a copy, which stayed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from psygnal import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels


class Painted:
    """Watches layers that images of the session came from.

    Attributes
    ----------
    changed
        Emitted with the uuid of an image when its layer is painted on for the first time, and when that is settled.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._watched: dict[str, tuple[ref[Labels], Callable[..., None]]] = {}
        self._painted: set[str] = set()

    def watch(self, uuid: str, layer: Labels) -> None:
        """Notice from now on when a layer that an image came from is painted on."""
        self.forget(uuid)
        note = partial(self._note, uuid)
        self._watched[uuid] = ref(layer), note
        layer.events.paint.connect(note)
        layer.events.data.connect(note)

    def forget(self, uuid: str) -> None:
        """Watch the layer of an image no more."""
        self._painted.discard(uuid)
        layer = self.layer(uuid)
        if layer is not None:
            layer.events.paint.disconnect(self._watched[uuid][1])
            layer.events.data.disconnect(self._watched[uuid][1])
        self._watched.pop(uuid, None)

    def rest(self) -> None:
        """Watch no layer any more."""
        for uuid in list(self._watched):
            self.forget(uuid)

    def layer(self, uuid: str) -> Labels | None:
        """The layer that an image came from, if it is still there."""
        return self._watched[uuid][0]() if uuid in self._watched else None

    def of(self, uuid: str) -> str | None:
        """Name of the layer, if it was painted on; else None."""
        layer = self.layer(uuid)
        return layer.name if layer is not None and uuid in self._painted else None

    def settle(self, uuid: str) -> None:
        """Take note that the session has what was painted, or shall not have it."""
        self._painted.discard(uuid)
        self.changed.emit(uuid)

    def _note(self, uuid: str, _event: Any = None) -> None:
        if uuid not in self._painted:
            self._painted.add(uuid)
            self.changed.emit(uuid)
