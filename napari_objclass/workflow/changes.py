"""Pixels of a label image that get other labels: what is written, which objects it touches, and which marks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes as axis_letters, kernels
from napari_objclass.errors import ParameterError, ShapeError
from napari_objclass.labels import as_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.marks import Mark

#: A box without voxels: the neutral element of what is united with it.
_NOWHERE = np.array([np.iinfo(np.int64).max] * 3 + [0] * 3)


@dataclass(frozen=True, eq=False)
class Change:
    """Runs of pixels with other labels than before, in the order in which they are written.

    Attributes
    ----------
    runs
        (n, 5) rows t, z, y, x, length, in pixels of the image.
    labels
        (n, 2) uint64, label of each run before and after.
    """

    runs: NDArray[np.int64]
    labels: NDArray[np.uint64]

    @classmethod
    def joined(cls, changes: Iterable[Change]) -> Change:
        """Make of several changes, one after the other, a single one."""
        parts = [cls(np.zeros((0, 5), np.int64), np.zeros((0, 2), np.uint64)), *changes]
        return cls(np.concatenate([each.runs for each in parts]), np.concatenate([each.labels for each in parts]))

    def __bool__(self) -> bool:
        return len(self.runs) > 0

    def inverse(self) -> Change:
        """Return the change that takes this one back."""
        return Change(self.runs[::-1], self.labels[::-1, ::-1])

    def written(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return a copy of a label image ``tzyx`` with the labels after the change."""
        image = image.copy(order="C")
        t, z, y, x, length = self.runs.T
        first = np.ravel_multi_index((t, z, y, x), image.shape)
        before = np.cumsum(length) - length
        # Where runs overlap the last one counts, as numpy assigns in order.
        places = np.repeat(first - before, length) + np.arange(length.sum())
        image.reshape(-1)[places] = np.repeat(self.labels[:, 1].astype(image.dtype), length)
        return image

    @property
    def objects(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Frames and ids of all objects that lost or got pixels, sorted by frame, then id."""
        return self._objects[0], self._objects[1]

    @property
    def boxes(self) -> NDArray[np.int64]:
        """(k, 6) boxes z0, y0, x0, z1, y1, x1 around what each of :attr:`objects` got; without voxels if nothing."""
        return self._objects[2]

    @cached_property
    def _objects(self) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
        n = len(self.runs)
        frames, ids = np.tile(self.runs[:, 0], 2), np.concatenate([self.labels[:, 1], self.labels[:, 0]])
        boxes = np.concatenate([_boxes(*self.runs[:, 1:].T), np.broadcast_to(_NOWHERE, (n, 6))])
        order = np.lexsort((ids, frames))
        order = order[ids[order] != 0]
        frames, ids = frames[order], ids[order]
        starts = np.flatnonzero(_differ(frames) | _differ(ids))
        if not len(starts):
            return frames, ids, np.zeros((0, 6), np.int64)
        low = np.minimum.reduceat(boxes[order, :3], starts)
        high = np.maximum.reduceat(boxes[order, 3:], starts)
        return frames[starts], ids[starts], np.concatenate([low, high], axis=1)

    def touches(self, marks: Sequence[Mark], offset: tuple[int, int, int]) -> NDArray[np.bool_]:
        """Which marks may lie on changed pixels: those that reach into the box around all changes of their frame.

        ``offset`` is the position z, y, x of the first pixel in the whole image, which marks lie in.
        """
        touched = np.zeros(len(marks), bool)
        if not len(marks):
            return touched
        owner = np.repeat(np.arange(len(marks)), [len(mark.runs) for mark in marks])
        frames = np.array([mark.t for mark in marks])[owner]
        boxes = _boxes(*(np.concatenate([mark.runs for mark in marks]) - [*offset, 0]).T)
        for t in np.unique(self.runs[:, 0]):
            changed = _boxes(*self.runs[self.runs[:, 0] == t, 1:].T)
            low, high = changed[:, :3].min(0), changed[:, 3:].max(0)
            touched[owner[(frames == t) & ((boxes[:, :3] < high) & (boxes[:, 3:] > low)).all(1)]] = True
        return touched


def difference(
    labels: NDArray[Any], edited: Any, axes: str, within: Sequence[slice] | None = None, **run: Unpack[RunOptions]
) -> Change:
    """Find what was edited in a label image.

    Parameters
    ----------
    labels
        The label image as it was, ``tzyx``.
    edited
        As it is now, with the axes ``axes``: the whole image, or the part ``within``.
    within
        Part outside of which nothing differs, one slice per axis of ``edited``.

    Raises
    ------
    ShapeError, DtypeError, ParameterError
        For an image of another shape, or with labels that the pixels of ``labels`` cannot hold.
    """
    known = axis_letters.from_canonical(labels, axes)
    part = _part(within, known.shape)
    edited = edited if hasattr(edited, "shape") else np.asarray(edited)
    shapes = [known.shape, known[part].shape]
    if tuple(edited.shape) not in shapes:
        raise ShapeError(
            f"the edited label image has shape {tuple(edited.shape)}, but that of the objects is {known.shape} "
            f"(axes {axes}); edit a copy of the label image of this image set"
        )
    if tuple(edited.shape) == known.shape:
        edited = edited[part]
    ids = _fitting(as_ids(np.asarray(edited), "the edited label image"), labels.dtype)
    before, after = (axis_letters.to_canonical(each, axes, axis_letters.LABELS) for each in (known[part], ids))
    runs, both = kernels.changed_runs(before, after, **run)
    start = dict(zip(axes, (each.start for each in part), strict=True))
    runs[:, :4] += [start.get(letter, 0) for letter in axis_letters.LABELS]
    return Change(runs, both)


def _part(within: Sequence[slice] | None, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Slices with numbers for start and stop, one per axis."""
    slices = (slice(None),) * len(shape) if within is None else tuple(within)
    if len(slices) != len(shape) or not all(isinstance(each, slice) and each.step in {None, 1} for each in slices):
        raise ParameterError(f"within is one slice without step for each of the {len(shape)} axes, got {within!r}")
    limits = [each.indices(length) for each, length in zip(slices, shape, strict=True)]
    return tuple(slice(start, max(start, stop)) for start, stop, _ in limits)


def _fitting(ids: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Ids as pixels of a type that holds them all."""
    if ids.dtype == dtype or not ids.size:
        return ids.astype(dtype, copy=False)
    low, high = int(ids.min()), int(ids.max())
    if low < 0:
        raise ParameterError(
            f"the edited label image holds the negative label {low}; 0 is background and ids start at 1"
        )
    if high > np.iinfo(dtype).max:
        raise ParameterError(
            f"label {high} does not fit the label image, whose type {dtype} ends at {np.iinfo(dtype).max}; "
            "use a smaller free id"
        )
    return ids.astype(dtype)


def _boxes(
    z: NDArray[np.int64], y: NDArray[np.int64], x: NDArray[np.int64], length: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Box z0, y0, x0, z1, y1, x1 around each run."""
    return np.stack([z, y, x, z + 1, y + 1, x + length], axis=1)


def _differ(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each value is another one than that before it; the first always is."""
    return np.concatenate([[True], values[1:] != values[:-1]])[: len(values)]
