"""Which voxels of a label image were edited: what a layer tells about them, and what two images tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import LABELS
from napari_objclass.widgets.viewer.places import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def painted_region(strokes: Sequence[Any], axes: str) -> Region | None:
    """Box around what napari's event ``paint`` tells of; None where it tells nothing that is known here.

    napari tells slices and a mask or, until 0.8 and of single voxels, the indices along every axis.

    Parameters
    ----------
    strokes
        Value of the event.
    axes
        Letters of the layer.
    """
    boxes = []
    for stroke in strokes:
        where = getattr(stroke, "slice_key", None) or (stroke[0] if isinstance(stroke, tuple) else ())
        if len(where) != len(axes):
            return None
        spans = dict(zip(axes, map(_span, where), strict=True))
        low, high = zip(*(spans.get(letter, (0, 1)) for letter in LABELS), strict=True)
        boxes.append(Region(low, high))
    return around(boxes) if boxes else None


def around(regions: Sequence[Region]) -> Region:
    """Box around all regions."""
    start = np.min([each.start for each in regions], axis=0).tolist()
    stop = np.max([each.stop for each in regions], axis=0).tolist()
    return Region(tuple(start), tuple(stop))


def changed_region(before: NDArray[Any], after: NDArray[Any], within: Region | None = None) -> Region | None:
    """Box around the voxels at which two label images ``tzyx`` differ, plane by plane; None where they are equal."""
    start, stop = ((0, 0, 0, 0), before.shape) if within is None else within
    rows, columns = slice(start[2], stop[2]), slice(start[3], stop[3])
    boxes = []
    for t in range(start[0], stop[0]):
        for z in range(start[1], stop[1]):
            differs = before[t, z, rows, columns] != after[t, z, rows, columns]
            ys = np.flatnonzero(differs.any(axis=1))
            if len(ys):
                xs = np.flatnonzero(differs[ys].any(axis=0))
                low = (t, z, start[2] + int(ys[0]), start[3] + int(xs[0]))
                boxes.append(Region(low, (t + 1, z + 1, start[2] + int(ys[-1]) + 1, start[3] + int(xs[-1]) + 1)))
    return around(boxes) if boxes else None


def cut(region: Region) -> tuple[slice, ...]:
    """Index of a region into an image ``tzyx``."""
    return tuple(map(slice, region.start, region.stop))


def _span(where: Any) -> tuple[int, int]:
    """First and end of a slice, or of indices."""
    if isinstance(where, slice):
        return int(where.start), int(where.stop)
    return int(np.min(where)), int(np.max(where)) + 1
