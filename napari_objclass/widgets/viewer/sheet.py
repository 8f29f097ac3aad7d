"""Pixels laid over an image, which come and go at a rate that no new layer keeps up with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as axis_letters

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.scene import Scene


class Sheet:
    """An image of its own under the same axes as a scene; all is 0 but the box that was written last.

    Memory is taken only where something was written.

    Parameters
    ----------
    scene
        What it is laid over.
    dtype
        Float for values, integer for labels.
    colormap
        Colours of labels; None for napari's own.
    covers
        Whether it takes the place of the objects; if not, it is laid over what is shown of them.

    Attributes
    ----------
    scene, colormap, covers
        As given.
    levels
        For a layer, views of the same pixels.
    limits
        Values that are black and white, if they are values.
    """

    def __init__(self, scene: Scene, dtype: DTypeLike, *, colormap: Any = None, covers: bool = True) -> None:
        self.scene, self.colormap, self.covers = scene, colormap, covers
        self.limits = (0.0, 1.0)
        self._pixels = np.zeros(scene.shape, dtype)
        self._written: tuple[slice, ...] | None = None
        self.levels = [self._level(*steps) for steps in scene.steps]

    @property
    def is_labels(self) -> bool:
        """Whether pixels are labels, and no values."""
        return self._pixels.dtype.kind != "f"

    def fits(self, scene: Scene, dtype: DTypeLike) -> bool:
        """Whether it can be laid over a scene."""
        same = (self.scene.extent, self.scene.steps) == (scene.extent, scene.steps)
        return same and self._pixels.dtype == dtype

    def write(self, region: Region | None, pixels: NDArray[Any]) -> None:
        """Write pixels ``tzyx`` into a region, None for the whole image, and erase what was written elsewhere."""
        box = (slice(None),) * 4 if region is None else tuple(map(slice, region.start, region.stop))
        if self._written is not None and self._written != box:
            self._pixels[self._written] = 0
        self._pixels[box] = pixels
        self._written = box

    def _level(self, z: int, y: int, x: int) -> NDArray[Any]:
        view = axis_letters.from_canonical(self._pixels[:, ::z, ::y, ::x], self.scene.axes)
        view.flags.writeable = False
        return view
