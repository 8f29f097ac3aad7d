"""The pixels of every object, as an HDF5 table holds them: its mask, and what raw is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import RAW
from napari_objclass.io.tables import Crops
from napari_objclass.workflow.sources import NOTHING, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.objects import Objects


def crops(
    objects: Objects, raw: NDArray[Any] | LazyArray | None, lane: LaneRecord, kind: str, margin: int
) -> Crops | None:
    """Cut out every object, in the order of the objects, which is that of the rows of a table.

    Parameters
    ----------
    objects
        Objects of a label image ``tzyx``.
    raw
        Intensities ``tzyxc`` of the same size, or None.
    lane
        The image set they are of, with the size of its voxels.
    kind
        ``"objects"``: raw of every object; ``"image"``: raw once, as a whole; ``"nothing"``: no pixels at all.
    margin
        Pixels around the smallest box of an object that belong to its crop, within the image.

    Returns
    -------
    Crops
        Of axes ``zyx``, or ``yx`` of a single plane; raw with ``c`` at the end if it has several channels, and with
        ``t`` in front if it is one of several frames as a whole. None for no pixels at all.
    """
    if kind == NOTHING:
        return None
    letters = "".join(letter for letter in "zyx" if letter != "z" or objects.labels.shape[1] > 1)
    spacing = {} if lane.spacing is None else dict(zip("zyx", lane.spacing, strict=True))
    if raw is None or kind == OBJECTS:
        colours = "c" if raw is not None and raw.shape[-1] > 1 else ""
        return Crops(_cut(objects, raw, margin), letters, letters + colours, spacing=spacing, units=lane.units)
    long = [axis for axis, length in enumerate(raw.shape) if length > 1 or RAW[axis] in "yx"]
    raw_letters = "".join(RAW[axis] for axis in long)
    whole = np.reshape(raw, [raw.shape[axis] for axis in long])
    return Crops(_cut(objects, None, margin), letters, raw_letters, whole, spacing, lane.units)


def _cut(
    objects: Objects, raw: NDArray[Any] | LazyArray | None, margin: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[Any] | None]]:
    shape = np.array(objects.labels.shape[1:])
    starts = np.maximum(objects.boxes[:, :3] - margin, 0).tolist()
    stops = np.minimum(objects.boxes[:, 3:] + margin, shape).tolist()
    plane = 0 if shape[0] == 1 else slice(None)
    channel = 0 if raw is not None and raw.shape[-1] == 1 else slice(None)
    ids = objects.ids.astype(objects.labels.dtype)  # compared without rounding
    rows = zip(objects.frames.tolist(), ids, starts, stops, strict=True)
    for t, object_id, (z0, y0, x0), (z1, y1, x1) in rows:
        box = (t, slice(z0, z1), slice(y0, y1), slice(x0, x1))
        mask = (objects.labels[box][plane] == object_id).view(np.uint8)
        yield mask, None if raw is None else raw[box][plane][..., channel]
