"""The door to the compiled core, for whole images: canonical numpy arrays in, numpy arrays out.

Canonical means five axes ``tzyxc`` for raw and four axes ``tzyx`` for label images, native byte order, aligned;
any strides. Callers bring arrays into this form with :mod:`napari_objclass.axes`.

Every function that may take over a second accepts ``threads``, ``progress`` (called as ``(done, total, what)``)
and ``cancel`` (a :class:`CancelToken`), and passes them on as one :class:`Run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np

from napari_objclass import _core
from napari_objclass._core import (
    CancelToken,
    Forest,
    Journal,
    JournalContent,
    OpenedProject,
    Run,
    default_threads,
)
from napari_objclass.errors import DtypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Progress = Callable[[int, int, str], object]

__all__ = [
    "CancelToken",
    "Forest",
    "How",
    "Journal",
    "JournalContent",
    "Measured",
    "OpenedProject",
    "Run",
    "Thresholded",
    "changed_runs",
    "connected_components",
    "csv_rows",
    "default_threads",
    "feature_specs",
    "fit_forest",
    "forest_probabilities",
    "integers",
    "measure",
    "numbers",
    "object_runs",
    "open_project",
    "paint",
    "project_generation",
    "read_journal",
    "remove_project_leftovers",
    "save_project",
    "smooth",
    "threshold",
    "uncertainty",
]

# Label images


def connected_components(
    image: Array,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[np.uint32]:
    """Objects of a segmentation ``tzyx``: adjacent (4 or 6 neighbours) pixels of equal non-zero value, per frame.

    Ids are consecutive from 1 in each frame, in raster first-encounter order with x fastest.
    """
    run = Run("finding objects", threads, progress, cancel)
    return _core.connected_components(run, integers(image))


class How(TypedDict):
    """How objects are found, in pixels, see :func:`threshold`."""

    sigma: tuple[float, float, float]
    value_range: tuple[float, float]
    low: float
    high: float | None
    merge: bool
    min_size: int
    max_size: int
    fill_holes: bool


class Thresholded(NamedTuple):
    """Label image ``tzyx``, how many objects were too small and too large for it, and how many pixels were NaN."""

    labels: NDArray[np.uint32]
    n_small: int
    n_large: int
    n_nan: int


def threshold(
    last: Array,
    core: Array | None,
    *,
    sigma: tuple[float, float, float],
    value_range: tuple[float, float],
    low: float,
    high: float | None,
    merge: bool,
    min_size: int,
    max_size: int,
    fill_holes: bool,
    stage: str = "objects",
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Thresholded:
    """Objects of a channel ``tzyx``, or what is known of them at an earlier ``stage``.

    ``sigma`` is z, y, x; ``value_range`` are the values that count as 0 and 1; ``high`` is the core threshold (None: no
    hysteresis), ``core`` its channel, of the same type, if it is another one: then ``low`` is for the sum of both.
    Stages: "core", "filtered core" (only those whose size is within bounds), "mask" (components of at least ``low``),
    "unfiltered" (objects of any size), "objects". Ids are consecutive from 1 in each frame, in raster order.
    """
    run = Run("finding objects", threads, progress, cancel)
    how = How(
        sigma=sigma,
        value_range=value_range,
        low=low,
        high=high,
        merge=merge,
        min_size=min_size,
        max_size=max_size,
        fill_holes=fill_holes,
    )
    return Thresholded(*_core.threshold(run, numbers(last), None if core is None else numbers(core), how, stage))


def smooth(
    channel: Array,
    *,
    sigma: tuple[float, float, float],
    value_range: tuple[float, float],
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[np.float32]:
    """A channel ``tzyx``, smoothed frame by frame; NaN counts as 0."""
    return _core.smooth(Run("smoothing", threads, progress, cancel), numbers(channel), sigma, value_range)


def paint(
    labels: Array,
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    values: Array,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Array:
    """Image ``tzyx`` with each object of ``labels`` filled with its value; 0 on background and objects without a row.

    ``frames``, ``ids`` and ``values`` have one entry per object, sorted by frame; the image has the values' dtype
    (uint8, uint16, uint32, uint64 or float32).
    """
    starts = np.searchsorted(frames, np.arange(labels.shape[0] + 1))
    run = Run("painting", threads, progress, cancel)
    ids, values = np.ascontiguousarray(ids, np.uint64), np.ascontiguousarray(values)
    return _core.paint(run, integers(labels), starts.tolist(), ids, values)


def object_runs(
    labels: Array,
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    boxes: NDArray[np.int64],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[NDArray[np.int64]]:
    """Where objects of an image ``tzyx`` are: for each the rows (z, y, x, length) of its runs of pixels, raster order.

    ``frames`` and ``ids`` have one entry per object, ``boxes`` a row z0, y0, x0, z1, y1, x1 in which it lies.
    """
    run = Run("looking up objects", threads, progress, cancel)
    rows, counts = _core.object_runs(run, integers(labels), frames.tolist(), ids.tolist(), boxes.tolist())
    return np.split(rows, np.cumsum(counts)[:-1]) if len(counts) else []


def changed_runs(
    before: Array,
    after: Array,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Where ``after`` differs from ``before``, label images ``tzyx`` of one type, in raster order.

    Returns rows t, z, y, x, length, and for each the label before and after.
    """
    run = Run("comparing label images", threads, progress, cancel)
    return _core.changed_runs(run, integers(before), integers(after))


def integers(labels: Array) -> Array:
    """Booleans as the bytes they are."""
    return labels.view(np.uint8) if labels.dtype == bool else labels


def numbers(channel: Array) -> Array:
    """Booleans as the bytes they are, float16 widened without loss."""
    return channel.astype(np.float32) if channel.dtype == np.float16 else integers(channel)


# Features


class Measured(NamedTuple):
    """Feature values of all objects, rows by frame and then by id, and why values are missing."""

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: NDArray[np.float64]  # (n_objects, n_columns)
    missing: NDArray[np.int64]  # (n_missing, 3): row, column, index of the reason
    reasons: list[str]


def feature_specs(n_dims: int, channels: Sequence[str]) -> list[dict[str, Any]]:
    """Every feature the core computes, laid out for ``n_dims`` dimensions and these channels."""
    return _core.feature_specs(n_dims, list(channels))


def measure(
    labels: Array,
    raw: Array | None,
    features: Sequence[str],
    *,
    margin: tuple[int, int, int] = (0, 0, 0),
    block_shape: tuple[int, int, int] | None = None,
    only: tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Measured:
    """Measure ``features`` of all objects of ``labels`` (tzyx) in ``raw`` (tzyxc).

    ``margin`` (z, y, x) is how far the neighbourhood of an object reaches. ``block_shape`` (z, y, x) cuts the work
    into blocks; None takes a frame as one block. ``only`` are frames, ids and boxes (rows z0, y0, x0, z1, y1, x1) of
    the objects to measure, each as among all.
    """
    run = Run("measuring objects", threads, progress, cancel)
    places = None if only is None else (only[0].tolist(), only[1].tolist(), only[2].tolist())
    ids, frames, values, missing, reasons = _core.measure(
        run, integers(labels), raw, list(features), margin, block_shape, places
    )
    n_columns = values.size // len(ids) if len(ids) else 0
    return Measured(ids, frames, values.reshape(len(ids), n_columns), missing.reshape(-1, 3), reasons)


# Random forest: matrices are float32 or float64, any strides


def fit_forest(
    x: Array,
    y: NDArray[np.uintp],
    n_classes: int,
    *,
    n_trees: int,
    seed: int,
    missing: str,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Forest:
    """Forest trained on rows ``x`` of class numbers ``y``, counted from 0."""
    run = Run("training the forest", threads, progress, cancel)
    return _core.fit_forest(run, x, y, n_classes, n_trees, seed, missing)


def forest_probabilities(
    forest: Forest,
    x: Array,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Class probabilities of rows ``x``, (rows, classes)."""
    return forest.probabilities(Run("predicting", threads, progress, cancel), x)


def uncertainty(probabilities: Array) -> Array:
    """1 - (first - second) of each row of (rows, classes); NaN where a probability is."""
    return _core.uncertainty(Run("uncertainty"), probabilities)


# Tables


def csv_rows(
    columns: Sequence[Array | Sequence[str]], *, threads: int | None = None, cancel: CancelToken | None = None
) -> list[bytes]:
    """Rows of a CSV file, UTF-8 in pieces: commas, line feeds, quotes where they have to be.

    Columns are numbers, (n_rows,), or texts. Floats are written as ``str`` does, in as few digits as tell them from
    their neighbours of the same type; what is no number is written as its ``str``.
    """
    return _core.csv_rows(Run("writing the table", threads, None, cancel), [_column(column) for column in columns])


_COLUMN_TYPES = {"i": np.int64, "u": np.uint64, "f": np.float64}


def _column(values: Array | Sequence[str]) -> Array | list[str]:
    """In one of the types that the core knows."""
    kind = values.dtype.kind if isinstance(values, np.ndarray) else ""
    if kind not in _COLUMN_TYPES:
        return list(map(str, values))
    values = np.asarray(values)
    dtype = np.float32 if kind == "f" and values.dtype.itemsize < 8 else _COLUMN_TYPES[kind]
    return values.astype(dtype, copy=not values.flags.aligned)


# Project file and journal


def open_project(path: Path, recovered: list[Path]) -> OpenedProject:
    """Open the project at ``path``, with those journals of it that could not be kept beside it, best first."""
    return _core.open_project(Run("open project"), path, recovered)


def save_project(path: Path, document: str, arrays: Mapping[str, Array]) -> None:
    """Write a project: JSON text and arrays of bool, integers, float32 or float64.

    The save that it continues becomes the backup; a failure leaves everything as it was.
    """
    native = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "buif" or array.dtype.itemsize not in (1, 2, 4, 8) or array.dtype == np.float16:
            raise DtypeError(f"array {name!r} is {array.dtype}; a project holds bool, integers, float32 and float64")
        native[name] = np.require(array, array.dtype.newbyteorder("="), "A")
    _core.save_project(Run("save project"), path, document, native)


def project_generation(path: Path) -> str | None:
    """Which save the file at ``path`` is; None if it is missing, damaged or not a project."""
    return _core.project_generation(Run("check project"), path)


def remove_project_leftovers(path: Path) -> None:
    """Remove what crashed saves of ``path`` left; only for the owner of its journal."""
    _core.remove_project_leftovers(Run("clean up"), path)


def read_journal(path: Path) -> JournalContent:
    """Read a journal without owning it; a missing one is empty."""
    return _core.read_journal(Run("read journal"), path)
