"""Annotations that come from elsewhere: a table with a class per object, or an image of classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as ax
from napari_objclass.errors import FileError, ParameterError, ShapeError
from napari_objclass.io import text_table
from napari_objclass.io.arranged import arranged
from napari_objclass.io.formats import FORMATS
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray

# Names that columns go by, ours first, then those of ilastik's and scikit-image's tables.
_CLASS = ("class", "user label")
_ID = ("id", "labelimage_oid", "label")
_FRAME = ("t", "timestep", "frame")
_PLACE = ("z", "y", "x")

# Pixels that are looked at together: images may be larger than memory.
_VOXELS = 1 << 24

# What tables say of an object that nobody labelled.
_NO_CLASS = ("", "nan", "NaN", "NA", 0)


@dataclass(frozen=True)
class Found:
    """Annotations of n objects, named by exactly one of ids and places.

    Attributes
    ----------
    classes
        (n,) class numbers, or names.
    frames
        (n,) frames.
    ids
        (n,) ids in the label image.
    at
        (n, 2 or 3) positions, (y, x) or (z, y, x).
    """

    classes: list[int | str]
    frames: list[int]
    ids: list[int] | None = None
    at: list[tuple[float, ...]] | None = None

    @property
    def names(self) -> list[str]:
        """Class names that occur, in order of appearance."""
        return list(dict.fromkeys(cls for cls in self.classes if isinstance(cls, str)))


def read_annotations(path: str | os.PathLike[str], labels: NDArray[Any] | LazyArray, axes: str) -> Found:
    """Annotations in a file: a CSV table, or an image of class numbers that belongs to ``labels``.

    Raises
    ------
    FileError
        If the file cannot be read, or a line of the table cannot be understood.
    ShapeError
        If the image has another shape than the label image.
    """
    if Path(path).suffix.lower() not in FORMATS and not _is_inside_container(path):
        return _from_table(Path(path).expanduser())
    return from_image(open_image(path).data, labels, axes)


def from_image(classes: NDArray[Any] | LazyArray, labels: NDArray[Any] | LazyArray, axes: str) -> Found:
    """Annotate every object that one class covers by more than half; errors as of :func:`read_annotations`."""
    if classes.shape != labels.shape:
        raise ShapeError(
            f"the image of classes has shape {classes.shape}, the label image {labels.shape}; "
            "draw the classes on an image of the same size"
        )
    if classes.dtype.kind not in "bui":
        raise ParameterError(f"an image of classes holds class numbers, this one is {classes.dtype}; convert it first")
    found = Found([], [], [])
    assert found.ids is not None
    images = [arranged(image, axes, ax.LABELS) for image in (labels, classes)]
    for t in range(images[0].shape[0]):
        parts = [_overlaps(*(np.asarray(image[(t, *box)]) for image in images)) for box in _boxes(images[0].shape[1:])]
        ids, numbers, covered = _summed(*map(np.concatenate, zip(*parts, strict=True)))
        starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
        size = np.repeat(np.add.reduceat(covered, starts), np.diff(starts, append=len(ids)))
        kept = (2 * covered > size) & (ids != 0) & (numbers > 0)
        found.ids.extend(ids[kept].tolist())
        found.classes.extend(numbers[kept].tolist())
        found.frames.extend([t] * int(kept.sum()))
    return found


def _boxes(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Boxes of planes and rows that cover a frame ``zyx``."""
    depth, height, width = shape
    rows = max(1, min(height, _VOXELS // max(width, 1)))
    planes = max(1, _VOXELS // max(rows * width, 1))
    for z in range(0, depth, planes):
        for y in range(0, height, rows):
            yield slice(z, z + planes), slice(y, y + rows)


def _overlaps(labels: NDArray[Any], classes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Ids and class numbers that pixels have in common, and how many."""
    ids, rows = np.unique(labels, return_inverse=True)
    numbers, columns = np.unique(classes, return_inverse=True)
    pairs, covered = np.unique(rows.ravel() * len(numbers) + columns.ravel(), return_counts=True)
    return ids[pairs // len(numbers)], numbers[pairs % len(numbers)], covered


def _summed(
    ids: NDArray[Any], numbers: NDArray[Any], covered: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Add up equal pairs; the pairs are in order."""
    order = np.lexsort((numbers, ids))
    ids, numbers, covered = ids[order], numbers[order], covered[order]
    first = np.concatenate([[True], (ids[1:] != ids[:-1]) | (numbers[1:] != numbers[:-1])])
    return ids[first], numbers[first], np.add.reduceat(covered, np.flatnonzero(first))


def _from_table(path: Path) -> Found:
    (_, names), *rows = text_table.rows(path)
    table = _Columns(path, [name.lower() for name in names])
    for number, cells in rows:
        table.add(number, cells)
    return table.found()


class _Columns:
    """The columns of a table that matter, filled line by line."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path = path
        self._class = self._position(header, _CLASS)
        self._id = self._position(header, _ID)
        self._frame = self._position(header, _FRAME)
        self._place = [header.index(name) for name in _PLACE if name in header]
        by_place = {"y", "x"} <= set(header)
        if self._class is None or (self._id is None and not by_place):
            raise FileError(
                f"{path} needs a column 'class', and 'id' or 'y' and 'x' (and 'z', 't'); it has {', '.join(header)}"
            )
        self._classes: list[int | str] = []
        self._frames: list[int] = []
        self._ids: list[int] = []
        self._at: list[tuple[float, ...]] = []

    @staticmethod
    def _position(header: Sequence[str], names: Sequence[str]) -> int | None:
        return next((header.index(name) for name in names if name in header), None)

    def add(self, number: int, line: list[str]) -> None:
        """Take one line of the table; lines without a class are passed over."""
        assert self._class is not None
        try:
            cls = _class(line[self._class])
            if cls in _NO_CLASS:
                return
            frame = 0 if self._frame is None else _whole(line[self._frame])
            if self._id is not None:
                self._ids.append(_whole(line[self._id]))
            else:
                self._at.append(tuple(float(line[i].replace(",", ".")) for i in self._place))
        except (ValueError, IndexError) as error:
            raise FileError(f"{self._path}, line {number}: cannot understand {','.join(line)!r}") from error
        self._classes.append(cls)
        self._frames.append(frame)

    def found(self) -> Found:
        """Everything that was added."""
        if self._id is not None:
            return Found(self._classes, self._frames, ids=self._ids)
        return Found(self._classes, self._frames, at=self._at)


def _class(text: str) -> int | str:
    """Class number or name; a number below 0 is neither."""
    try:
        number = _whole(text)
    except ValueError:
        return text
    if number < 0:
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    """Read a whole number; tables in which some are missing hold them as 3.0."""
    found = re.fullmatch(r"\s*(-?[0-9]+)(\.0*)?\s*", text)
    if found is None:
        raise ValueError(text)
    return int(found[1])


def _is_inside_container(path: str | os.PathLike[str]) -> bool:
    return any(part.suffix.lower() in {".h5", ".hdf5", ".ilp"} for part in Path(path).parents)
