"""Images in which every object has a value of its own, painted a box at a time from the labels of the blocks.

Values are on disk in order of frame and id, so that whoever paints a box looks up those of its objects.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import kernels
from napari_objclass.io.whole_files import replacing
from napari_objclass.workflow.blockwise.labelling import block_labels

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan, Triple

#: The step whose files are the ids of all objects, and where those of each frame begin.
PAINTED = "painted"
_IDS, _STARTS = 0, 1


@dataclass(frozen=True)
class Values:
    """One value per object, or one per channel; 0 on background.

    Attributes
    ----------
    known, parts
        Where the labels of the blocks are, and where the values are.
    step
        The step whose only file has them; "" for the ids themselves.
    dtype
        Type of the pixels.
    digest
        Text that changes with the values.
    """

    known: Parts
    parts: Parts
    step: str
    dtype: np.dtype[Any]
    digest: str = ""

    @classmethod
    def ids(cls, labelled: Labelled, parts: Parts, dtype: DTypeLike) -> Values:
        """Ids of the objects as pixels of a type that holds them."""
        return cls(labelled.parts, parts, "", np.dtype(dtype))

    @classmethod
    def leave(cls, labelled: Labelled, parts: Parts, step: str, values: NDArray[Any]) -> Values:
        """Leave values (n,) or (n, channels) of all objects, of a type that can be painted."""
        starts = np.searchsorted(labelled.frames, np.arange(labelled.plan.shape[0] + 1))
        _save(parts, PAINTED, _IDS, labelled.ids)
        _save(parts, PAINTED, _STARTS, starts)
        _save(parts, step, 0, values)
        digest = hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
        return cls(labelled.parts, parts, step, values.dtype, digest)

    def of(self, t: int, ids: NDArray[np.uint64], channel: int) -> NDArray[Any]:
        """Values of objects of a frame, 0 for ids that none has."""
        if not self.step:
            return ids
        first, end = _load(self.parts, PAINTED, _STARTS)[t : t + 2]
        known = _load(self.parts, PAINTED, _IDS)[first:end]
        found = np.zeros(len(ids), self.dtype)
        rows = np.searchsorted(known, ids)
        there = np.flatnonzero(rows < len(known))
        there = there[known[rows[there]] == ids[there]]
        values = _load(self.parts, self.step, 0)
        found[there] = (values if values.ndim == 1 else values[:, channel])[first + rows[there]]
        return found


def box(
    plan: BlockPlan,
    values: Values,
    t: int,
    start: Triple,
    stop: Triple,
    channel: int = 0,
    *,
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[Any]:
    """Image ``zyx`` of the box from ``start`` to ``stop`` (z, y, x) of a frame, whatever blocks it is in.

    Parameters
    ----------
    plan, values
        The blocks, and what is painted.
    t, start, stop
        The frame, and the box inside it.
    channel
        Which of several values.
    threads, cancel
        How it is run.
    """
    image = np.zeros(np.subtract(stop, start), values.dtype)
    run = kernels.Run("painting", threads, None, cancel)
    for block in plan.overlapping(t, start, stop):
        labels, ids = block_labels(values.known, block.number)
        low, high = np.maximum(start, block.start), np.minimum(stop, block.stop)
        part = labels.paint(run, low.tolist(), high.tolist(), values.of(t, ids, channel))
        image[tuple(map(slice, low - start, high - start))] = part[0]
    return image


def _save(parts: Parts, step: str, number: int, array: NDArray[Any]) -> None:
    with replacing(parts.path(step, number)) as path, path.open("wb") as file:
        np.save(file, array)


def _load(parts: Parts, step: str, number: int) -> NDArray[Any]:
    path = parts.path(step, number)
    with _READING:
        array: NDArray[Any] = np.load(path, mmap_mode="r") if path.stat().st_size > _EMPTY else np.load(path)
    return array


#: Held while a file is opened: Python 3.11 may fail where threads parse the headers of several at once.
_READING = Lock()

#: Bytes of a file of no values, which cannot be mapped.
_EMPTY = 128
