"""Our layers in a viewer: added, pointed at another image, taken out and put back; known by identity, not by name."""

from __future__ import annotations

import operator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from napari.components import ViewerModel

#: How a layer lies in the world.
PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
#: What of that can be changed in napari's windows.
MOVES = ("scale", "translate", "rotate", "shear", "affine")
#: What a user may have changed of a layer, kept when another one has to take its place.
KEPT = ("name", "visible", "opacity", "blending")


@dataclass(frozen=True)
class Wanted:
    """What a layer is to be.

    Attributes
    ----------
    make
        Image or Labels.
    data
        An array, or a list of levels.
    place
        Its place in the world, values by the names ``PLACE``.
    look
        Further arguments of a new layer; later the user's own choice.
    """

    make: type[Image | Labels]
    data: Any
    place: Mapping[str, Any]
    look: Mapping[str, Any]

    def fits(self, layer: Image | Labels) -> bool:
        """Whether a layer can show this by other data; napari fixes the rest when a layer is made."""
        is_levels = isinstance(self.data, list)
        first = self.data[0] if is_levels else self.data
        ndim = first.ndim - bool(self.look.get("rgb"))
        same = (type(layer), layer.multiscale, layer.ndim) == (self.make, is_levels, ndim)
        return same and layer.dtype == first.dtype and getattr(layer, "rgb", False) == self.look.get("rgb", False)

    def layer(self, name: str, kept: Mapping[str, Any]) -> Image | Labels:
        """Make the layer, on any thread; ``kept`` is what the user changed of the one before."""
        look = {"name": name, **self.look, **kept}
        new = self.make(self.data, multiscale=isinstance(self.data, list), **self.place, **look)
        if isinstance(new, Labels):
            new.editable = False
        return new


class LayerSet:
    """Layers of ours by name.

    Parameters
    ----------
    viewer
        The viewer.
    names
        Of all that there can be, from the bottom up.
    lost_changed
        Called when the user removed a layer of ours.

    Attributes
    ----------
    lost
        Names of layers that the user removed.
    """

    def __init__(self, viewer: ViewerModel, names: Sequence[str], lost_changed: Callable[[], object]) -> None:
        self._viewer, self._names, self._lost_changed = viewer, names, lost_changed
        self._layers: dict[str, Image | Labels] = {}
        self._parked: dict[str, Image | Labels] = {}
        self._users: dict[str, list[Image | Labels]] = {}
        self._changing = False
        self.lost: set[str] = set()

    def __contains__(self, layer: object) -> bool:
        """Whether a layer is ours."""
        return any(each is layer for each in self._layers.values())

    def __getitem__(self, name: str) -> Image | Labels | None:
        """The layer with a name, the user's own before ours."""
        return next(iter(self._users.get(name, [])), None) or self._layers.get(name)

    def wake(self) -> None:
        """Notice from now on, and now, what the user removes."""
        self._viewer.layers.events.removed.connect(self._removed)
        self._removed()

    def rest(self) -> None:
        """Notice no more."""
        self._viewer.layers.events.removed.disconnect(self._removed)

    def use(self, name: str, layers: Sequence[Image | Labels]) -> None:
        """Let layers of the user, those that are in the viewer, take the place of ours until others do."""
        self._users[name] = [layer for layer in layers if layer in self._viewer.layers]
        if self._users[name]:
            self.lost.discard(name)
            self.park(name)

    def maker(self, name: str, wanted: Wanted | None) -> Callable[[], Image | Labels] | None:
        """How to make the layer that :meth:`put` needs, on any thread: napari looks at all pixels of a plane.

        None if it needs no new one.
        """
        if wanted is None or name in self.lost or self._users.get(name):
            return None
        old = self._layers.get(name) or self._parked.get(name)
        if old is not None and wanted.fits(old):
            return None
        kept = {} if old is None else {each: getattr(old, each) for each in KEPT}
        return lambda: wanted.layer(name, kept)

    def put(self, name: str, wanted: Wanted | None, made: Image | Labels | None = None) -> None:
        """Show something in a layer: in the one there is or, if it cannot, in ``made`` or one that is made now.

        Not where the user removed it, or has his own.
        """
        if wanted is None:
            self.park(name)
        if wanted is None or name in self.lost or self._users.get(name):
            return
        make = self.maker(name, wanted)
        layer = self._layers.get(name) or self._parked.pop(name, None)
        with self._our_change():
            if make is not None:
                self._replace(name, layer, make() if made is None else made)
            elif layer is not None:
                layer.data = wanted.data
                _lock(layer)
                self._place(layer, wanted.place)
                if name not in self._layers:
                    self._insert(name, layer)

    def place(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Lay our layer at a place; what it has already is not assigned, since napari slices anew every time."""
        layer = self._layers.get(name)
        if layer is not None:
            self._place(layer, wanted)

    def colour(self, name: str, colormap: Any) -> None:
        """Give our layer its colours."""
        self._set(self._layers[name], "colormap", colormap)

    def shows(self, name: str, data: Sequence[Any]) -> bool:
        """Whether our layer has these levels as its data; the user may have assigned others."""
        layer = self._layers.get(name)
        if layer is None:
            return False
        levels = list(layer.data) if layer.multiscale else [layer.data]
        return len(levels) == len(data) and all(map(operator.is_, levels, data))

    def park(self, name: str) -> None:
        """Take a layer out of the viewer until it is put again, with all that the user chose for it."""
        if name in self._layers:
            self._parked[name] = self._layers.pop(name)
            with self._our_change():
                self._viewer.layers.remove(self._parked[name])

    def drop(self) -> None:
        """Take all layers out, and forget what the user removed."""
        for name in list(self._layers):
            self.park(name)
        self._parked.clear()
        self._users.clear()
        self.lost.clear()

    def _replace(self, name: str, old: Image | Labels | None, new: Image | Labels) -> None:
        if old is not None and old in self._viewer.layers:
            at = self._viewer.layers.index(old)
            self._viewer.layers.remove(old)
            self._insert(name, new, at)
        else:
            self._insert(name, new)

    def _place(self, layer: Image | Labels, wanted: Mapping[str, Any]) -> None:
        for name, value in wanted.items():
            if not _equal(getattr(layer, name), value):
                self._set(layer, name, value)

    def _set(self, layer: Image | Labels, name: str, value: Any) -> None:
        """Set an attribute that is not the user's choice, of this layer and of none that he linked with it."""
        self._viewer.layers.unlink_layers([layer], (name,))
        setattr(layer, name, value)

    def _insert(self, name: str, layer: Image | Labels, at: int | None = None) -> None:
        """Insert a layer below those of ours that lie above it; the layer that the user works in stays selected."""
        layers = self._viewer.layers
        if at is None:
            above = [self._layers[each] for each in self._names[self._names.index(name) + 1 :] if each in self._layers]
            at = min((layers.index(each) for each in above), default=len(layers))
        selected, active = set(layers.selection), layers.selection.active
        self._layers[name] = layer
        layers.insert(at, layer)
        self.select(selected, active)

    def select(self, layers: set[Any], active: Any) -> None:
        """Select layers of the viewer, one of them to be worked in."""
        # In 3D, before the mouse has moved over the canvas, napari fails to tell what is under it.
        with suppress(TypeError):
            self._viewer.layers.selection = layers
        with suppress(TypeError):
            self._viewer.layers.selection.active = active

    def _removed(self, event: Any = None) -> None:
        if self._changing:
            return
        present = self._viewer.layers
        gone = {name for name, layer in self._layers.items() if layer not in present}
        for name in gone:
            del self._layers[name]
        for name, layers in self._users.items():
            left = [layer for layer in layers if layer in present]
            if layers and not left:
                gone.add(name)
            layers[:] = left
        if gone:
            self.lost |= gone
            self._lost_changed()

    @contextmanager
    def _our_change(self) -> Iterator[None]:
        before, self._changing = self._changing, True
        try:
            yield
        finally:
            self._changing = before


def _lock(layer: Image | Labels) -> None:
    """Keep labels from being painted on, which napari allows again whenever data are assigned."""
    if isinstance(layer, Labels):
        layer.editable = False


def place_of(layer: Image | Labels) -> dict[str, Any]:
    """Place of a layer, for others upon it."""
    return {name: getattr(layer, name) for name in PLACE}


def spaced(axes: str, spacing: Sequence[float] | None) -> dict[str, Any]:
    """Place of an image with a voxel size (z, y, x), at the origin."""
    sizes = dict(zip("zyx", spacing or (1.0, 1.0, 1.0), strict=True))
    ndim = len(axes)
    return {
        "scale": [sizes.get(letter, 1.0) for letter in axes],
        "translate": np.zeros(ndim),
        "rotate": np.eye(ndim),
        "shear": np.zeros(ndim * (ndim - 1) // 2),
        "affine": np.eye(ndim + 1),
        "units": ("pixel",) * ndim,
        "axis_labels": tuple(axes),
    }


def with_channels(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return the place of an image that has an axis of channels before all others."""
    ndim = len(place["axis_labels"])
    longer: dict[str, Any] = {"scale": [1.0, *place["scale"]], "translate": [0.0, *place["translate"]]}
    longer |= {"units": ("pixel", *place["units"]), "axis_labels": ("c", *place["axis_labels"])}
    longer["shear"] = np.concatenate([np.zeros(ndim), place["shear"]])
    for name in ("rotate", "affine"):
        matrix = np.asarray(getattr(place[name], "affine_matrix", place[name]))
        longer[name] = np.block([[np.eye(1), np.zeros((1, len(matrix)))], [np.zeros((len(matrix), 1)), matrix]])
    return longer


def _equal(one: Any, other: Any) -> bool:
    one, other = (getattr(each, "affine_matrix", each) for each in (one, other))
    if isinstance(one, tuple):
        return tuple(map(str, one)) == tuple(map(str, other))
    return np.array_equal(one, other)
