"""Lazy images: what napari reads of them is painted, at that moment, with one value per object.

A new value for every object costs what is on the screen, whatever the number of objects and the size of the image.
"""

from __future__ import annotations

from functools import cached_property
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass import axes as axis_letters, kernels
from napari_objclass.io.arranged import Thinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.objects import Objects

    Array = NDArray[Any]
    LabelImage = Array | LazyArray

#: Planes of more pixels than this are painted in levels of half the resolution each: napari reads a plane without
#: levels as a whole, however little of it is on the screen, and keeps two copies of it.
LARGE_PLANE = 1024 * 1024
#: The longer side of the coarsest level is at most this.
COARSEST = 512


class Fill(NamedTuple):
    """What objects are filled with; others, and the background, are 0, or NaN where values are floats.

    Attributes
    ----------
    frames, ids
        (n,) which objects, sorted by frame.
    values
        (n,) uint8, uint16 or float32.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.uint64]
    values: Array

    @classmethod
    def nothing(cls, dtype: DTypeLike) -> Fill:
        """No object."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, dtype))

    def kept(self, before: Objects, after: Objects) -> Fill:
        """Return the values of objects that are as large as before, in the same place, after others have changed."""
        old, new = (objects.rows(self.frames, self.ids) for objects in (before, after))
        same = (old >= 0) & (new >= 0)
        same &= (before.sizes[old] == after.sizes[new]) & (before.boxes[old] == after.boxes[new]).all(axis=1)
        return Fill(self.frames[same], self.ids[same], self.values[same])


class Lookup:
    """An array as napari takes it for a layer, over a label image and a value per object.

    Any thread may read while another calls :meth:`take`. A copy, as napari makes it to duplicate a layer, is an array
    of its own with the values of that moment.

    Parameters
    ----------
    labels
        Label image ``tzyx``.
    axes
        Axes of the lazy image: those of the label image as the user knows it.
    fill
        Values to begin with; their dtype is that of the image for good.
    kept
        Whether the array that is asked for as a whole is kept, and repainted with every new fill: napari asks for the
        coarsest level of an image of two dimensions once, and never again.
    """

    def __init__(self, labels: LabelImage, axes: str, fill: Fill, *, kept: bool = False) -> None:
        self._axes, self._kept = axes, kept
        self._now: tuple[LabelImage, Fill, Array | None] = (labels, fill, None)  # one attribute: all are of one time

    @property
    def fill(self) -> Fill:
        """The values."""
        return self._now[1]

    def take(self, fill: Fill, whole: Array | None = None, labels: LabelImage | None = None) -> None:
        """Show other values.

        Parameters
        ----------
        whole
            What :meth:`painted` gives for them, if that has been done already.
        labels
            Another label image of the same shape, where the objects are others.
        """
        before, _, picture = self._now
        labels = before if labels is None else labels
        if self._kept and picture is not None:
            picture[...] = self.painted(fill, labels)
            whole = picture
        self._now = (labels, fill, whole)

    def painted(self, fill: Fill, labels: LabelImage | None = None) -> Array:
        """Paint the whole image with any values, and any label image of its shape."""
        return self._paint(self._now[0] if labels is None else labels, fill, [slice(None)] * self.ndim)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self.fill.values.dtype

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """As of the label image, in the user's axes."""
        lengths = dict(zip(axis_letters.LABELS, self._now[0].shape, strict=True))
        return tuple(lengths[letter] for letter in self._axes)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._axes)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Array:
        labels, fill, whole = self._now
        keys = _expanded(key, self.ndim)
        if whole is None and keys is not None:
            return self._paint(labels, fill, keys)
        picked: Array = (self.painted(fill, labels) if whole is None else whole)[key]
        return picked

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:  # noqa: FBT001
        labels, fill, whole = self._now
        image = self.painted(fill, labels) if whole is None else whole
        if self._kept and whole is None:
            self._now = (labels, fill, image)
        if copy and image is self._now[2]:
            image = image.copy()
        return image if dtype is None else image.astype(dtype, copy=False)

    def __setitem__(self, key: Any, values: Any) -> None:
        """Change pixels until other values come: a layer that the user made of ours is painted on like any other."""
        image = np.array(self)
        image[key] = values
        self._now = (*self._now[:2], image)

    def astype(self, dtype: DTypeLike) -> Array:
        """Array of the whole image; napari asks for it to turn a layer into one of another type."""
        return np.asarray(self, dtype)

    def __deepcopy__(self, memo: Any) -> Array:
        return np.array(self)

    def _paint(self, whole: LabelImage, fill: Fill, keys: Sequence[int | slice]) -> Array:
        """Paint a part of the image, an axis for each slice."""
        single = {}
        parts = dict.fromkeys(axis_letters.LABELS, slice(None))
        for letter, key, length in zip(self._axes, keys, self.shape, strict=True):
            if isinstance(key, slice):
                parts[letter] = key
            else:
                at = range(length)[key]
                parts[letter], single[letter] = slice(at, at + 1), 0
        labels = whole[tuple(parts.values())]
        frames = range(whole.shape[0])[parts["t"]]
        is_float = fill.values.dtype.kind == "f"
        if len(fill.ids):
            painted = kernels.paint(labels, *_of_frames(fill, frames))
            if is_float:
                painted[labels == 0] = np.nan
        else:  # layers are empty at first, and volumes are large
            painted = np.full(labels.shape, np.nan if is_float else 0, fill.values.dtype)
        image = axis_letters.from_canonical(painted, self._axes)
        return image[tuple(single.get(letter, slice(None)) for letter in self._axes)]


def levels(labels: LabelImage, axes: str, fill: Fill, steps: Sequence[tuple[int, int, int]]) -> list[Lookup]:
    """Lazy images of a label image ``tzyx``: for every level, each so-many-th voxel along z, y and x."""
    last = len(steps) - 1
    return [
        Lookup(level, axes, fill, kept=len(axes) == 2 and number == last > 0)
        for number, level in enumerate(thinned(labels, steps))
    ]


def thinned(labels: LabelImage, steps: Sequence[tuple[int, int, int]]) -> list[LabelImage]:
    """Views of a label image ``tzyx`` for every level: each so-many-th voxel along z, y and x.

    Nothing is seen in the level of a large volume that is a single voxel.
    """
    if isinstance(labels, np.ndarray):
        return [labels[:, ::z, ::y, ::x] for z, y, x in steps]
    blank = np.zeros((labels.shape[0], 1, 1, 1), labels.dtype)
    return [blank if each == labels.shape[1:] else Thinned(labels, (1, *each)) for each in steps]


def plane_steps(shape: Sequence[int], large: int = LARGE_PLANE) -> list[tuple[int, int, int]]:
    """Steps of the levels for an image ``tzyx`` of this shape: one level, or as many as a large plane needs."""
    _, depth, height, width = shape
    return list(_halved(max(height, width))) if depth == 1 and height * width > large else [(1, 1, 1)]


def volume_steps(shape: Sequence[int]) -> list[tuple[int, int, int]]:
    """Steps of the levels for a volume ``tzyx`` that does not fit into memory.

    Its planes have levels where they are large; the coarsest is a single voxel, as napari renders that one in 3D.
    """
    _, depth, height, width = shape
    planes = plane_steps((1, 1, height, width))
    return [*planes, (depth, height, width)]


def _halved(longest: int) -> Iterator[tuple[int, int, int]]:
    step = 1
    yield (1, step, step)
    while longest > step * COARSEST:
        step *= 2
        yield (1, step, step)


def _of_frames(fill: Fill, frames: range) -> Fill:
    """The objects of some frames, which are counted from 0 in that order."""
    wanted = np.array(frames, np.int64)
    starts, stops = np.searchsorted(fill.frames, wanted), np.searchsorted(fill.frames, wanted, side="right")
    if len(frames) == 1:
        rows: Any = slice(starts[0], stops[0])
    else:
        none = np.zeros(0, np.int64)
        rows = np.concatenate([none, *(np.arange(start, stop) for start, stop in zip(starts, stops, strict=True))])
    return Fill(np.repeat(np.arange(len(frames)), stops - starts), fill.ids[rows], fill.values[rows])


def _expanded(key: Any, ndim: int) -> list[int | slice] | None:
    """One integer or slice per axis; None for any other way to index."""
    keys = list(key) if isinstance(key, tuple) else [key]
    dots = [position for position, each in enumerate(keys) if each is Ellipsis]
    if len(dots) > 1 or len(keys) - len(dots) > ndim:
        return None
    at = dots[0] if dots else len(keys)
    keys[at : at + 1] = [slice(None)] * (ndim - len(keys) + len(dots))
    if any(isinstance(each, bool) or not (isinstance(each, slice) or hasattr(each, "__index__")) for each in keys):
        return None
    try:
        return [each if isinstance(each, slice) else index(each) for each in keys]
    except TypeError:  # an array of more than one number
        return None
