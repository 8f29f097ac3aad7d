"""What a file says about an image: the pixels, read when asked for, and what they mean."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import ParameterError
from napari_objclass.io.formats import matching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    Array = NDArray[Any]

_SLAB_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels with what they mean, as they are read from a file or written into one.

    Attributes
    ----------
    data
        Numpy array, memory map or :class:`LazyArray`: ``shape``, ``dtype``, ``ndim``, slicing and ``np.asarray``.
    axes
        One letter of ``tczyx`` per axis of ``data``.
    spacing
        Size of a pixel along each of the axes z, y, x that ``axes`` has, in the order of ``axes``; None if unknown.
    units
        Unit of ``spacing``; None if unknown.
    drange
        The range of values that the file declares.
    channel_names
        One name per channel.
    offset
        Position of the first pixel in the image this one was cropped from, in pixels, as ``spacing``; None if unknown.
    colors
        Colour ``"#rrggbb"`` of some values, if the pixels are labels or classes: empty for labels without colours of
        their own, None for intensities.
    """

    data: Array | LazyArray
    axes: str
    spacing: tuple[float, ...] | None = None
    units: str | None = None
    drange: tuple[float, float] | None = None
    channel_names: tuple[str, ...] | None = None
    offset: tuple[int, ...] | None = None
    colors: Mapping[int, str] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Image(Picture):
    """An image in a file.

    Attributes
    ----------
    path, inner
        The file, and the dataset inside it ("" for files that hold one image).
    note
        One sentence on what was left out in reading; empty if nothing was.
    """

    path: Path
    inner: str = ""
    note: str = ""


@dataclass(frozen=True)
class Stack:
    """Files of images of one shape that are one image: its planes, frames or channels, in this order.

    Attributes
    ----------
    files
        Paths, as for :func:`~napari_objclass.io.readers.open_image`; or a pattern, such as ``"cells/z*.png"``, for all
        files that match, numbers in order.
    along
        Axis along which they lie: ``"z"``, ``"t"`` or ``"c"``.

    Raises
    ------
    ParameterError
        If there are no files, or no such axis.
    FileError
        If nothing matches the pattern.
    """

    files: tuple[str, ...]
    along: str = "z"

    def __post_init__(self) -> None:
        files = matching(self.files) if isinstance(self.files, str) else tuple(map(os.fspath, self.files))
        object.__setattr__(self, "files", files)
        if not files:
            raise ParameterError("a stack has no files; name its planes, frames or channels")
        if self.along not in ("z", "t", "c"):
            raise ParameterError(f"files are stacked along z, t or c, not {self.along!r}")


class LazyArray(ABC):
    """Array in a file that is opened anew for each access.

    No handle is held: the object can be pickled, used from many threads, and outlives a replaced file.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        #: Lengths of what is stored in one piece; None if that is all or unknown.
        self.chunks: tuple[int, ...] | None = None

    @abstractmethod
    def __getitem__(self, key: Any) -> Array:
        """Pixels of basic slices and integers."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:  # noqa: FBT001
        return np.asarray(self[...], dtype=dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.shape} {self.dtype}>"


class Wrapped(LazyArray):
    """An array of zarr, dask or another library that is read where it is sliced."""

    def __init__(self, array: Any) -> None:
        super().__init__(tuple(array.shape), array.dtype)
        self.array = array
        self.chunks = getattr(array, "chunks", None)

    def __getitem__(self, key: Any) -> Array:
        return np.asarray(self.array[key])


def is_lazy(array: object) -> bool:
    """Whether an array is not in memory: it is read where it is sliced."""
    return not isinstance(array, np.ndarray) and all(hasattr(array, name) for name in ("shape", "dtype", "chunks"))


def spatial(axes: str) -> str:
    """Select the letters of ``axes`` that :attr:`Image.spacing` has entries for."""
    return "".join(letter for letter in axes if letter in "zyx")


def slabs(data: Array | LazyArray) -> Iterator[slice]:
    """Divide the first axis, so that what is made of a part at a time needs little memory."""
    step = max(1, _SLAB_BYTES * len(data) // max(data.nbytes, 1))
    for start in range(0, len(data), step):
        yield slice(start, min(start + step, len(data)))
