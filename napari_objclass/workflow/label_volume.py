"""The label image of objects that were found block by block: painted where it is looked at, never as a whole."""

from __future__ import annotations

import math
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import kernels
from napari_objclass.io.arranged import as_slice, basic
from napari_objclass.io.image import LazyArray
from napari_objclass.workflow.blockwise.labelling import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.budget import Share
    from napari_objclass.workflow.blockwise.labelling import IdLabels, Labelled
    from napari_objclass.workflow.blockwise.plan import Triple

#: So many windows of at most so many pixels are kept: several layers show one slice.
WINDOWS_KEPT, LARGEST_KEPT = 8, 1 << 24
#: Pixels that are painted at a time where a window is not wanted as a whole.
PIXELS_AT_A_TIME = 1 << 24


#: Bytes of the labels of a block in memory for each byte of their file, measured.
_UNPACKED = 6


class LabelVolume(LazyArray):
    """A label image ``tzyx`` that is painted where it is sliced. Any thread may read.

    Parameters
    ----------
    labelled
        Where the objects are.
    dtype
        Of the pixels.
    share
        What tasks on its blocks may use.
    """

    def __init__(self, labelled: Labelled, dtype: DTypeLike, share: Share) -> None:
        super().__init__(labelled.plan.shape, dtype)
        self.labelled, self.share = labelled, share
        self._lock = Lock()
        self._windows: OrderedDict[tuple[int, Triple, Triple], NDArray[Any]] = OrderedDict()
        self._blocks = KeptBlocks(labelled, share.room)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Labels of basic slices and integers."""
        keys = basic(key, self.shape)
        picked = [range(length)[as_slice(each)] for each, length in zip(keys, self.shape, strict=True)]
        result = np.zeros([len(each) for each in picked], self.dtype)
        if result.size:
            (z0, z1), (y0, y1), (x0, x1) = ((min(each), max(each) + 1) for each in picked[1:])
            for row, t in enumerate(picked[0]):
                self._fill(result[row], t, (z0, y0, x0), (z1, y1, x1), picked[1:])
        return result[tuple(0 if isinstance(each, int) else slice(None) for each in keys)]

    def _fill(self, result: NDArray[Any], t: int, start: Triple, stop: Triple, picked: Sequence[range]) -> None:
        """Write those voxels of a window that are picked along each axis; of a large window block by block."""
        boxes = [(start, stop)]
        if math.prod(np.subtract(stop, start).tolist()) > PIXELS_AT_A_TIME:
            blocks = self.labelled.plan.overlapping(t, start, stop)
            boxes = [(_larger(start, each.start), _smaller(stop, each.stop)) for each in blocks]
        places = [np.array(each) for each in picked]
        for low, high in boxes:
            inside = [(each >= a) & (each < b) for each, a, b in zip(places, low, high, strict=True)]
            if all(each.any() for each in inside):
                at = [each[chosen] - a for each, chosen, a in zip(places, inside, low, strict=True)]
                result[np.ix_(*inside)] = self._window(t, low, high)[np.ix_(*at)]

    def _window(self, t: int, start: Triple, stop: Triple) -> NDArray[Any]:
        key = (t, start, stop)
        with self._lock:
            if key in self._windows:
                self._windows.move_to_end(key)
                return self._windows[key]
        window: NDArray[Any] = self.labelled.read(t, start, stop, self._blocks)[0].astype(self.dtype, copy=False)
        if window.size <= LARGEST_KEPT:
            with self._lock:
                self._windows[key] = window
                while len(self._windows) > WINDOWS_KEPT:
                    self._windows.popitem(last=False)
        return window

    def take(self, places: NDArray[np.int64]) -> NDArray[Any]:
        """Labels at places of the flattened image, as ``ndarray.take``; each block they lie in is painted once."""
        voxels = np.stack(np.unravel_index(places, self.shape), axis=1)
        sides = np.array([1, *self.labelled.plan.block_shape])
        numbers = np.ravel_multi_index((voxels // sides).T, self.labelled.plan.grid)
        found = np.zeros(len(places), self.dtype)
        order = np.argsort(numbers, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(order) else ():
            own = voxels[rows]
            low, high = own.min(axis=0), own.max(axis=0) + 1
            window = self._window(int(low[0]), tuple(low[1:].tolist()), tuple(high[1:].tolist()))
            found[rows] = window[tuple((own - low)[:, 1:].T)]
        return found

    def in_order(self, t: int) -> list[int]:
        """Ids of the objects of a frame in the order of their first pixels."""
        own = self.labelled.frames == t
        ordered: list[int] = self.labelled.ids[own][np.argsort(self.labelled.firsts[own])].tolist()
        return ordered

    def runs(self, t: int, object_id: int, box: Sequence[int]) -> NDArray[np.int64]:
        """Where an object is, within its box z0, y0, x0, z1, y1, x1: rows z, y, x, length in raster order."""
        parts = [self._runs(t, object_id, *slab) for slab in _slabs(box)]
        return np.concatenate(parts)

    def _runs(self, t: int, object_id: int, start: Triple, stop: Triple) -> NDArray[np.int64]:
        window = self._window(t, start, stop)[np.newaxis]
        box = np.array([[0, 0, 0, *window.shape[1:]]], np.int64)
        (runs,) = kernels.object_runs(window, np.zeros(1, np.int64), np.array([object_id], np.uint64), box)
        shifted: NDArray[np.int64] = runs + np.array([*start, 0])
        return shifted


class KeptBlocks:
    """Labels of the blocks that were asked for last: the slices that somebody looks at in turn lie in the same ones.

    Parameters
    ----------
    labelled
        Where they are.
    most
        Bytes of memory that they may take.
    """

    def __init__(self, labelled: Labelled, most: int) -> None:
        self._labelled, self._most = labelled, most
        self._lock = Lock()
        self._kept: OrderedDict[int, tuple[IdLabels, int]] = OrderedDict()

    def __call__(self, number: int) -> IdLabels:
        """Labels of a block and the ids of their parts, see :meth:`Labelled.block`."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number][0]
        found = self._labelled.block(number)
        size = _UNPACKED * self._labelled.parts.path(LABELS, number).stat().st_size
        with self._lock:
            self._kept[number] = found, size
            while sum(each for _, each in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return found


def _slabs(box: Sequence[int]) -> Iterator[tuple[Triple, Triple]]:
    """Divide a box into slabs of planes."""
    z0, y0, x0, z1, y1, x1 = map(int, box)
    step = max(1, PIXELS_AT_A_TIME // ((y1 - y0) * (x1 - x0)))
    for z in range(z0, z1, step):
        yield (z, y0, x0), (min(z + step, z1), y1, x1)


def object_runs(
    labels: NDArray[Any] | LabelVolume,
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    boxes: NDArray[np.int64],
) -> list[NDArray[np.int64]]:
    """Where objects of an image ``tzyx`` are, see :func:`napari_objclass.kernels.object_runs`; only boxes are read."""
    if not isinstance(labels, LabelVolume):
        return kernels.object_runs(labels, frames, ids, boxes)
    rows = zip(frames.tolist(), ids.tolist(), boxes.tolist(), strict=True)
    return [labels.runs(t, object_id, box) for t, object_id, box in rows]


def _larger(one: Triple, other: Triple) -> Triple:
    z, y, x = map(max, one, other)
    return z, y, x


def _smaller(one: Triple, other: Triple) -> Triple:
    z, y, x = map(min, one, other)
    return z, y, x


def paint(
    labels: NDArray[Any] | LabelVolume,
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    values: NDArray[Any],
    **run: Unpack[RunOptions],
) -> NDArray[Any] | Painted:
    """Fill objects with their values, see :func:`napari_objclass.kernels.paint`; a large image where it is sliced."""
    if isinstance(labels, LabelVolume):
        return Painted(labels, frames, ids, values)
    return kernels.paint(labels, frames, ids, values, **run)


class Painted(LazyArray):
    """An image ``tzyx`` in which every object of a label volume has its value; painted where it is sliced."""

    def __init__(
        self, labels: LabelVolume, frames: NDArray[np.int64], ids: NDArray[np.uint64], values: NDArray[Any]
    ) -> None:
        super().__init__(labels.shape, values.dtype)
        self._labels, self._frames, self._ids, self._values = labels, frames, ids, values

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Values of basic slices and integers."""
        keys = basic(key, self.shape)
        parts = [as_slice(each) for each in keys]
        labels = self._labels[tuple(parts)]
        picked = np.arange(self.shape[0])[parts[0]]
        result = np.zeros(labels.shape, self.dtype)
        for row, t in enumerate(picked):
            own = slice(*np.searchsorted(self._frames, [t, t + 1]))
            result[row] = kernels.paint(
                labels[row : row + 1], np.zeros(own.stop - own.start, np.int64), self._ids[own], self._values[own]
            )[0]
        return result[tuple(0 if isinstance(each, int) else slice(None) for each in keys)]
