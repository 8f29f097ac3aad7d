"""Images that are read a box at a time, and how much of them was read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_objclass import axes as axis_letters
from napari_objclass.errors import DtypeError
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.labels import as_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.blockwise.plan import Triple

    Array = NDArray[Any]


class Sliced(Protocol):
    """What is asked of the pixels of an image: numpy, zarr, dask and h5py arrays have it, and those of our readers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def dtype(self) -> Any:
        """Type of the pixels."""

    def __getitem__(self, key: Any, /) -> Any:
        """Pixels of a tuple of slices, as numpy takes them."""


@dataclass
class Reads:
    """How often an image is read, and how much of it; any number of threads may count.

    Attributes
    ----------
    calls, voxels, bytes
        Number of boxes; of their voxels, whatever the number of channels; and of bytes, all channels.
    chunks
        Number of pieces of the file that they touch, each counted once for every box; 0 for what has none.
    """

    calls: int = 0
    voxels: int = 0
    bytes: int = 0
    chunks: int = 0
    _lock: Any = field(default_factory=Lock, repr=False, compare=False)

    def count(self, voxels: int, n_bytes: int, n_chunks: int) -> None:
        """Add one box."""
        with self._lock:
            self.calls += 1
            self.voxels += voxels
            self.bytes += n_bytes
            self.chunks += n_chunks

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin anew: what other processes read, they count themselves."""
        self.__init__()  # type: ignore[misc]


@dataclass(frozen=True, eq=False)
class Volume:
    """An image ``tzyx``, or ``tzyxc`` with channels, of which boxes are read when they are asked for.

    Attributes
    ----------
    data
        The pixels, read by slicing; nothing is read before that.
    axes
        One letter of ``tczyx`` per axis of ``data``.
    what
        What it is called in messages, such as "the raw image".
    ids
        Whether its pixels are ids: then they are integers, and there are no channels.
    reads
        What was read so far.

    Raises
    ------
    AxesError
        If the letters do not fit the array.
    DtypeError
        For pixels that are no real numbers of up to 64 bit.
    """

    data: Sliced
    axes: str
    what: str
    ids: bool = False
    reads: Reads = field(default_factory=Reads)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", axis_letters.check(self.axes, len(self.data.shape)))
        stored = np.dtype(self.data.dtype)
        if stored.kind not in "buif" or stored.itemsize > 8:
            raise DtypeError(f"{self.what} is {stored}; give real numbers of up to 64 bit, convert it first")
        pixels = np.broadcast_to(np.uint8(0), self.data.shape)
        axis_letters.to_canonical(pixels, self.axes, axis_letters.LABELS if self.ids else axis_letters.RAW)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Lengths along t, z, y, x."""
        t, z, y, x = (self._length(letter) for letter in axis_letters.LABELS)
        return t, z, y, x

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self._length("c")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what is read: native byte order, bool as bytes, float16 as float32, floats that are ids as int64."""
        stored = np.dtype(self.data.dtype).newbyteorder("=")
        if stored.kind == "b":
            return np.dtype(np.uint8)
        if self.ids and stored.kind == "f":
            return np.dtype(np.int64)
        return np.dtype(np.float32) if stored == np.float16 else stored

    @property
    def chunks(self) -> Triple | None:
        """Lengths along z, y, x of what is stored in one piece; None if that is unknown or all."""
        stored = self._chunks
        if stored is None:
            return None
        z, y, x = (stored.get(letter, 1) for letter in "zyx")
        return z, y, x

    @property
    def identity(self) -> list[Any]:
        """What tells this image from another one, as JSON: where it lies, its axes, and a sample of its pixels."""
        place = [str(getattr(self.data, name, "")) for name in ("path", "inner")]
        return [*place, fingerprint(self.data, self.axes)]  # type: ignore[arg-type]

    def read(self, t: int, start: Triple, stop: Triple, channels: tuple[int, ...] | None = None) -> Array:
        """Read the box from ``start`` to ``stop`` (z, y, x) of a frame.

        Parameters
        ----------
        t, start, stop
            The frame, and the box inside it.
        channels
            Those that are wanted, in this order; None for all.

        Returns
        -------
        array
            ``tzyxc`` with one frame, ``tzyx`` for an image of ids; contiguous or a view of what is in memory.

        Raises
        ------
        FileError
            When the file cannot be read.
        DtypeError
            If pixels that mean ids are no whole numbers.
        """
        ranges = self._ranges(t, start, stop, channels)
        part = np.asarray(self.data[tuple(slice(*each) for each in ranges)])
        self.count(self.reads, t, start, stop, channels)
        if self.ids:
            ids = axis_letters.to_canonical(part, self.axes, axis_letters.LABELS)
            return as_ids(ids, self.what)
        pixels = axis_letters.to_canonical(part, self.axes).astype(self.dtype, copy=False)
        if channels is None or channels == tuple(range(min(channels), max(channels) + 1)):
            return pixels
        return pixels[..., [channel - min(channels) for channel in channels]]

    def count(self, reads: Reads, t: int, start: Triple, stop: Triple, channels: tuple[int, ...] | None = None) -> None:
        """Add what :meth:`read` reads to some ``reads``."""
        ranges, stored = self._ranges(t, start, stop, channels), self._chunks
        values, n_chunks = math.prod(last - first for first, last in ranges), 0
        if stored is not None and values:
            sides = [stored[letter] for letter in self.axes]
            n_chunks = math.prod(
                (last - 1) // side - first // side + 1 for (first, last), side in zip(ranges, sides, strict=True)
            )
        voxels = math.prod(last - first for first, last in zip(start, stop, strict=True))
        reads.count(int(voxels), values * np.dtype(self.data.dtype).itemsize, n_chunks)

    @property
    def _chunks(self) -> dict[str, int] | None:
        """Length of what is stored in one piece along each axis."""
        stored = getattr(self.data, "chunks", None)
        if not stored:
            return None
        sides = [side if isinstance(side, int) else max(side, default=1) for side in stored]  # dask names all
        return {letter: max(1, min(side, self._length(letter))) for letter, side in zip(self.axes, sides, strict=True)}

    def _ranges(self, t: int, start: Triple, stop: Triple, channels: tuple[int, ...] | None) -> list[tuple[int, int]]:
        """First and last index along each axis of the pixels, those of all channels between those that are wanted."""
        of = {"t": (t, t + 1), "c": (0, self.n_channels)}
        if channels is not None:
            of["c"] = (min(channels), max(channels) + 1)
        of |= {letter: (int(start[i]), int(stop[i])) for i, letter in enumerate("zyx")}
        return [of[letter] for letter in self.axes]

    def _length(self, letter: str) -> int:
        return self.data.shape[self.axes.index(letter)] if letter in self.axes else 1


def fitting_level(data: Any, axes: str, shape: Sequence[int]) -> str | None:
    """Path of the level with lengths ``shape`` (t, z, y, x) of the OME-Zarr image that ``data`` is a level of.

    None if it is of no such image, or no level fits.
    """
    from napari_objclass.io.ome_zarr import ZarrArray, levels

    if not isinstance(data, ZarrArray):
        return None
    for path, lengths in levels(data.path, data.inner).items():
        by_letter = dict(zip(axes, lengths, strict=False))
        if [by_letter.get(letter, 1) for letter in axis_letters.LABELS] == list(shape):
            return f"{data.path}/{path}"
    return None
