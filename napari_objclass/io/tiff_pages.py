"""Pages of a TIFF file, of which only those tiles and strips are decoded that a slice touches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.io.damage import reading
from napari_objclass.io.image import LazyArray

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import tifffile
    from numpy.typing import NDArray

    Array = NDArray[Any]


class TiffPages(LazyArray):
    """Pages of a TIFF file: only what a slice touches is decoded, tile by tile where pages have tiles or strips."""

    def __init__(self, path: Path, series: tifffile.TiffPageSeries) -> None:
        super().__init__(series.shape, series.dtype or "u1")
        self.path = path
        self._page_ndim = len(series.keyframe.shape)
        self._pieces = _Pieces.of(series.keyframe)
        page = self.shape[self.ndim - self._page_ndim :]
        stored = page if self._pieces is None else self._pieces.lengths(page)
        self.chunks = (1,) * (self.ndim - self._page_ndim) + stored
        self._last: tuple[tuple[int, int], Array] | None = None

    def __getitem__(self, key: Any) -> Array:
        outer, within = self._divide(key)
        leading, page_shape = self.shape[: -self._page_ndim], self.shape[-self._page_ndim :]
        numbers = np.arange(math.prod(leading)).reshape(leading)[outer]
        shape = np.broadcast_to(np.bool_(), page_shape)[within].shape
        result = np.empty((np.size(numbers), *shape), self.dtype)
        with reading(self.path):
            for row, page in enumerate(self._pages(np.ravel(numbers).tolist(), within)):
                result[row] = page
        return result.reshape(np.shape(numbers) + shape)

    def _divide(self, key: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Split a key into the part that selects pages and the part that selects within a page."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis not in keys:
            keys.append(Ellipsis)
        gap = keys.index(Ellipsis)
        keys[gap : gap + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        split = self.ndim - self._page_ndim
        return tuple(keys[:split]), tuple(keys[split:])

    def _pages(self, numbers: list[int], within: tuple[Any, ...]) -> Iterator[Array]:
        """Part of each page."""
        import tifffile

        pieces = self._pieces
        if pieces is None and len(numbers) == 1 and (page := self._kept(numbers[0], 0)) is not None:
            yield page[within]
            return
        with tifffile.TiffFile(self.path) as file:
            for number in numbers:
                if pieces is None:
                    page = file.asarray(key=number, series=0)
                    self._last = (number, 0), page
                    yield page[within]
                else:
                    yield self._assembled(file, number, pieces, within)

    def _kept(self, number: int, index: int) -> Array | None:
        """What was decoded last, if it is asked for: neighbouring slices often share it."""
        last = self._last
        return last[1] if last is not None and last[0] == (number, index) else None

    def _assembled(self, file: tifffile.TiffFile, number: int, pieces: _Pieces, within: tuple[Any, ...]) -> Array:
        """Part of a page, of the tiles or strips that it touches."""
        page = file.series[0].pages[number]
        shape = self.shape[-self._page_ndim :]
        rows, columns = (_hull(within[axis], shape[axis]) for axis in pieces.axes)
        planes = pieces.planes, rows.stop - rows.start, columns.stop - columns.start, pieces.samples
        window = np.zeros(planes, self.dtype)
        for index, plane, row, column in pieces.touching(rows, columns):
            piece = self._kept(number, index)
            if piece is None:
                piece = pieces.decode(file, page, index)
                self._last = (number, index), piece
            _place(window[plane], piece, row - rows.start, column - columns.start)
        inside = list(within)
        for axis, hull in zip(pieces.axes, (rows, columns), strict=True):
            inside[axis] = _relative(within[axis], hull, shape[axis])
        lengths = list(shape)
        for axis, hull in zip(pieces.axes, (rows, columns), strict=True):
            lengths[axis] = hull.stop - hull.start
        part: Array = window.reshape(lengths)[tuple(inside)]
        return part

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_last": None}


@dataclass(frozen=True)
class _Pieces:
    """How pages are divided into tiles or strips.

    Attributes
    ----------
    axes
        Places of rows and columns among the axes of a page.
    planes, samples
        Number of samples that are stored apart, and of those in one piece.
    shape, sides
        Rows and columns of a page, and of a piece.
    """

    axes: tuple[int, int]
    planes: int
    samples: int
    shape: tuple[int, int]
    sides: tuple[int, int]

    @classmethod
    def of(cls, page: tifffile.TiffPage) -> _Pieces | None:
        """How a page is divided; None if it is to be decoded as a whole."""
        planes, depth, length, width, samples = page.shaped
        is_whole = page.is_contiguous or page.is_subsampled or page.jpegheader is not None or depth > 1
        letters = page.axes
        if is_whole or not {"Y", "X"} <= set(letters) or len(page.dataoffsets) == 1:
            return None
        rows, columns = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
        sides: tuple[int, int] = (rows, columns) if page.is_tiled else (min(rows, length), width)
        return cls((letters.index("Y"), letters.index("X")), planes, samples, (length, width), sides)

    def lengths(self, page: tuple[int, ...]) -> tuple[int, ...]:
        """Lengths of a piece along the axes of a page."""
        found = list(page)
        for axis, side in zip(self.axes, self.sides, strict=True):
            found[axis] = min(side, page[axis])
        return tuple(found)

    def touching(self, rows: slice, columns: slice) -> Iterator[tuple[int, int, int, int]]:
        """Number, plane, first row and first column of the pieces that have pixels of some rows and columns."""
        n_rows, n_columns = (-(-length // side) for length, side in zip(self.shape, self.sides, strict=True))
        down, across = (
            range(hull.start // side, -(-hull.stop // side)) if hull.stop > hull.start else range(0)
            for hull, side in zip((rows, columns), self.sides, strict=True)
        )
        for plane, y, x in product(range(self.planes), down, across):
            yield (plane * n_rows + y) * n_columns + x, plane, y * self.sides[0], x * self.sides[1]

    def decode(self, file: tifffile.TiffFile, page: Any, index: int) -> Array:
        """Pixels of a piece, (rows, columns, samples); one that was left out has the value for no data."""
        offset, n_bytes = page.dataoffsets[index], page.databytecounts[index]
        if n_bytes:
            file.filehandle.seek(offset)
        stored = file.filehandle.read(n_bytes) if n_bytes else None
        pixels, _, shape = page.keyframe.decode(stored, index, jpegtables=page.jpegtables)
        found: Array = np.full(shape, page.keyframe.nodata) if pixels is None else np.asarray(pixels)
        piece: Array = found[0]
        return piece


def _hull(key: Any, length: int) -> slice:
    """Smallest range with all that a slice or an integer selects."""
    if not isinstance(key, slice):
        index = range(length)[key]
        return slice(index, index + 1)
    chosen = range(length)[key]
    return slice(min(chosen), max(chosen) + 1) if chosen else slice(0, 0)


def _relative(key: Any, hull: slice, length: int) -> Any:
    """Return a key for the hull that selects what another one selects of all."""
    if not isinstance(key, slice):
        return 0
    chosen = range(length)[key]
    if not chosen:
        return slice(0, 0)
    last = chosen[-1] - hull.start + (1 if chosen.step > 0 else -1)
    return slice(chosen[0] - hull.start, last if last >= 0 else None, chosen.step)


def _place(window: Array, piece: Array, row: int, column: int) -> None:
    """Put those pixels of a piece into a window that are inside, given where its first pixel is."""
    top, left = max(row, 0), max(column, 0)
    target = window[top : row + piece.shape[0], left : column + piece.shape[1]]
    part = piece[top - row :, left - column :]
    target[...] = part[: target.shape[0], : target.shape[1]]
