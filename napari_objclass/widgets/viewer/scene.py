"""The image that our layers are on: where it lies in the world, its levels, and what layers show of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_objclass import axes as axis_letters
from napari_objclass.io.arranged import arranged
from napari_objclass.widgets.viewer import layer_set, raw_levels
from napari_objclass.widgets.viewer.layer_set import Wanted
from napari_objclass.widgets.viewer.lookup import Fill, Lookup, levels, plane_steps, thinned, volume_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.objects import Objects

#: Planes of ids with more pixels than this have levels: more than for what we paint, since ids in levels cannot be
#: edited by hand, and many plug-ins do not expect them.
LARGE_FOR_IDS = 2048 * 2048


@dataclass(frozen=True, eq=False)
class Scene:
    """The image that our layers are on.

    Attributes
    ----------
    uuid, images, objects
        As of the image shown when the layers were pointed at it.
    axes
        Of the layers: the user's own, if ours lie on one of his, else with planes yx.
    on
        The user's own layer that ours lie on, if there is one.
    spacing
        Of the image, (z, y, x), if there is none.
    steps, id_steps
        Of the levels of what is painted, and of the ids, along z, y and x.
    n_classes
        That class numbers have room for.
    """

    uuid: str
    images: Images
    objects: Objects
    axes: str
    on: Image | Labels | None
    spacing: Sequence[float] | None
    steps: list[tuple[int, int, int]]
    id_steps: list[tuple[int, int, int]]
    n_classes: int

    @classmethod
    def of(
        cls,
        shown: Shown,
        record: LaneRecord,
        raw: Sequence[Image | Labels],
        objects: Sequence[Image | Labels],
        n_classes: int,
    ) -> Scene | None:
        """Scene of an image with the user's own layers; None while the image is not known yet."""
        if shown.images is None or shown.objects is None:
            return None
        axes = shown.images.axes
        on = next((layer for layer in (*objects, *raw) if layer.ndim == len(axes)), None)
        leveled = next((layer for layer in objects if layer.ndim == len(axes) and bool(layer.multiscale)), None)
        shape = shown.objects.labels.shape
        steps = plane_steps(shape) if leveled is None else _steps_of(leveled, axes)
        id_steps = plane_steps(shape, LARGE_FOR_IDS) if leveled is None else steps
        if shown.images.is_large and shape[1] > 1:
            steps = id_steps = volume_steps(shape)
        if on is None:
            axes = "".join(sorted(axes, key=axis_letters.LABELS.index))
        return cls(shown.uuid, shown.images, shown.objects, axes, on, record.spacing, steps, id_steps, n_classes)

    def is_of(self, shown: Shown | None) -> bool:
        """Whether it is that of the image shown."""
        return shown is not None and (self.uuid, self.images, self.objects) == (shown.uuid, shown.images, shown.objects)

    def with_objects(self, shown: Shown) -> Scene | None:
        """Scene with other objects on the same voxels; None where more than the objects is another."""
        if shown.objects is None or (self.uuid, self.images) != (shown.uuid, shown.images):
            return None
        same = self.objects.labels.shape == shown.objects.labels.shape
        return replace(self, objects=shown.objects) if same else None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the image, ``tzyx``."""
        t, z, y, x = self.objects.labels.shape
        return t, z, y, x

    @property
    def place(self) -> dict[str, Any]:
        """Where layers with these axes lie in the world."""
        return layer_set.spaced(self.axes, self.spacing) if self.on is None else layer_set.place_of(self.on)

    @property
    def extent(self) -> tuple[Any, ...]:
        """What two scenes have in common that fill the same part of the world."""
        return self.axes, self.shape, self.spacing

    def lookups(self, fill: Fill) -> list[Lookup]:
        """Lazy image of a value per object, for each level."""
        return levels(self.objects.labels, self.axes, fill, self.steps)

    def ids(self, look: dict[str, Any]) -> Wanted:
        """Layer of the ids."""
        data = thinned(_read_only(self.objects.labels), self.id_steps)
        return self.layer(Labels, [arranged(each, axis_letters.LABELS, self.axes) for each in data], look)

    @property
    def level_labels(self) -> list[NDArray[Any] | LazyArray]:
        """Label image ``tzyx`` of each level of what is painted."""
        return thinned(self.objects.labels, self.steps)

    def layer(self, make: type[Image | Labels], data: list[Any], look: dict[str, Any]) -> Wanted:
        """Layer of an image in some levels."""
        return Wanted(make, data if len(data) > 1 else data[0], self.place, look)

    def raw(self) -> Wanted | None:
        """Layer of raw: channels along an axis before all others, or as colours; None without raw."""
        raw = raw_levels.of(self.images)
        if raw is None:
            return None
        n_channels, dtype = raw.data[0].shape[-1], raw.data[0].dtype
        axes, place = self.axes, self.place
        look: dict[str, Any] = {"contrast_limits": raw.limits}
        if n_channels == 3 and dtype == np.uint8:
            axes, look = self.axes + "c", {"rgb": True}
        elif n_channels > 1:
            axes, place = "c" + self.axes, layer_set.with_channels(self.place)
        data = [arranged(_read_only(each), axis_letters.RAW, axes) for each in raw.data]
        return Wanted(Image, data if len(data) > 1 else data[0], place, look)


def _read_only(pixels: Any) -> Any:
    """The same pixels, which nobody can paint on: napari makes any layer of ours into one that it paints on."""
    if not isinstance(pixels, np.ndarray):
        return pixels
    view = pixels.view()
    view.flags.writeable = False
    return view


def _steps_of(layer: Image | Labels, axes: str) -> list[tuple[int, int, int]]:
    """Steps along z, y and x of the levels of the user's own layer."""
    factors = np.rint(layer.downsample_factors).astype(int).clip(min=1).tolist()
    by_letter = [dict(zip(axes, each, strict=True)) for each in factors]
    return [(each.get("z", 1), each["y"], each["x"]) for each in by_letter]
