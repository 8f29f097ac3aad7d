"""Views of arrays too large for memory, read where they are sliced: other axes, each so-many-th pixel."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import check, to_canonical
from napari_objclass.errors import AxesError
from napari_objclass.io.image import LazyArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray


class Arranged(LazyArray):
    """A view of an array with exactly the axes of ``target``, as :func:`napari_objclass.axes.to_canonical` gives it.

    Parameters
    ----------
    data
        Array that is read where it is sliced, or one of numpy.
    axes
        Its axes; those that ``target`` lacks are of length 1.
    target
        Axes of the view, of length 1 where ``data`` lacks them.
    convert
        What becomes of pixels that were read.
    dtype
        Of what ``convert`` returns; that of ``data`` if not given.

    Raises
    ------
    AxesError
        If the letters do not fit, or an axis that ``target`` lacks is longer than 1.
    """

    def __init__(
        self,
        data: Any,
        axes: str,
        target: str,
        convert: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self._data, self._axes, self._target, self._convert = data, check(axes, len(data.shape)), target, convert
        lengths = dict(zip(self._axes, data.shape, strict=True))
        for letter in set(lengths) - set(target):
            if lengths[letter] != 1:
                raise AxesError(f"axis {letter!r} of length {lengths[letter]} has no place here; choose one of them")
        native = np.dtype(data.dtype).newbyteorder("=")
        super().__init__(tuple(lengths.get(letter, 1) for letter in target), dtype or native)
        chunks = getattr(data, "chunks", None)
        if chunks and all(isinstance(side, int) for side in chunks):
            sides = dict(zip(self._axes, chunks, strict=True))
            self.chunks = tuple(sides.get(letter, 1) for letter in target)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = basic(key, self.shape)
        parts = dict(zip(self._target, map(as_slice, keys), strict=True))
        read = np.asarray(self._data[tuple(parts.get(letter, slice(0, 1)) for letter in self._axes)])
        pixels = to_canonical(read, self._axes, self._target)
        pixels = pixels if self._convert is None else self._convert(pixels)
        lacking = [slice(None) if letter in self._axes else parts[letter] for letter in self._target]
        return pixels[tuple(lacking)][tuple(0 if isinstance(each, int) else slice(None) for each in keys)]


class Thinned(LazyArray):
    """Each so-many-th pixel of an array along each axis."""

    def __init__(self, data: LazyArray, steps: Sequence[int]) -> None:
        shape = tuple(-(-length // step) for length, step in zip(data.shape, steps, strict=True))
        super().__init__(shape, data.dtype)
        self._data, self._steps = data, tuple(steps)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = basic(key, self.shape)
        return self._data[tuple(map(_times, keys, self._steps, self.shape))]


def _times(key: int | slice, step: int, length: int) -> int | slice:
    if isinstance(key, int):
        return key * step
    places = range(length)[key]
    if not places:
        return slice(0, 0)
    stop = places[-1] * step + (1 if places.step > 0 else -1)
    return slice(places[0] * step, None if stop < 0 else stop, places.step * step)


def arranged(array: NDArray[Any] | LazyArray, axes: str, target: str) -> NDArray[Any] | LazyArray:
    """Bring an array into other axes: a view of numpy arrays, and of others too, without reading them."""
    return to_canonical(array, axes, target) if isinstance(array, np.ndarray) else Arranged(array, axes, target)


def basic(key: Any, shape: Sequence[int]) -> list[int | slice]:
    """One slice, or integer from 0, for each axis of an array.

    Raises
    ------
    IndexError
        Outside the array, or for any other way to index.
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    dots = [position for position, each in enumerate(keys) if each is Ellipsis]
    if len(dots) > 1 or len(keys) - len(dots) > len(shape):
        raise IndexError(f"{len(keys)} indices for an array of {len(shape)} axes")
    at = dots[0] if dots else len(keys)
    keys[at : at + len(dots)] = [slice(None)] * (len(shape) - len(keys) + len(dots))
    try:
        return [
            each if isinstance(each, slice) else range(length)[index(each)]
            for each, length in zip(keys, shape, strict=True)
        ]
    except TypeError:
        raise IndexError("images that are read where they are sliced take slices and integers only") from None


def as_slice(key: int | slice) -> slice:
    """The slice that has a single pixel, or as it is."""
    return slice(key, key + 1) if isinstance(key, int) else key
