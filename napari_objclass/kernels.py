"""The only importer of the compiled core: canonical numpy arrays in, numpy arrays out.

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
    BlockLabels,
    CancelToken,
    Forest,
    Journal,
    JournalContent,
    OpenedProject,
    Regions,
    Run,
    Sets,
    default_threads,
    smoothing_halo,
)
from napari_objclass.errors import DtypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Progress = Callable[[int, int, str], object]

__all__ = [
    "BlockLabels",
    "CancelToken",
    "Finished",
    "Foreground",
    "Forest",
    "How",
    "Journal",
    "JournalContent",
    "Measured",
    "OpenedProject",
    "Regions",
    "Run",
    "Sets",
    "Thresholded",
    "block_filled",
    "block_gaps",
    "changed_runs",
    "collect_block",
    "connected_components",
    "count_block",
    "csv_rows",
    "default_threads",
    "feature_specs",
    "finish_objects",
    "fit_forest",
    "flood_window",
    "forest_probabilities",
    "groups_block",
    "label_block",
    "label_segmentation_block",
    "measure",
    "object_runs",
    "open_project",
    "paint",
    "paint_block",
    "project_generation",
    "read_journal",
    "remove_project_leftovers",
    "save_project",
    "smooth",
    "smoothing_halo",
    "threshold",
    "threshold_block",
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
    return _core.connected_components(run, _integers(image))


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
    return Thresholded(*_core.threshold(run, _numbers(last), None if core is None else _numbers(core), how, stage))


class Foreground(NamedTuple):
    """Components of the foreground of a block, key 1.

    ``cores`` are those of at least the core threshold, None without one; ``n_nan`` counts pixels of the block; and
    ``largest`` is the largest value, smoothed, that is finite: -inf without any, and without a core threshold.
    """

    mask: BlockLabels
    cores: BlockLabels | None
    n_nan: int
    largest: float


def threshold_block(
    last: Array,
    core: Array | None,
    *,
    how: How,
    start: tuple[int, int, int],
    inner_start: tuple[int, int, int],
    inner_stop: tuple[int, int, int],
    frame_shape: tuple[int, int, int],
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> Foreground:
    """Foreground of one block of a frame, every pixel as by :func:`threshold` of the whole; no sizes, no holes.

    ``last`` and ``core`` (``tzyx``, one frame) begin at ``start`` (z, y, x) of the frame and reach at least
    :func:`smoothing_halo` beyond the block from ``inner_start`` to ``inner_stop``, or to the ends of the frame.
    """
    run = Run("finding objects", threads, None, cancel)
    core = None if core is None else _numbers(core)
    place = (start, inner_start, inner_stop, frame_shape)
    return Foreground(*_core.threshold_block(run, _numbers(last), core, how, *place))


def groups_block(
    last: Array,
    core: Array | None,
    *,
    how: How,
    start: tuple[int, int, int],
    inner_start: tuple[int, int, int],
    inner_stop: tuple[int, int, int],
    frame_shape: tuple[int, int, int],
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> Foreground:
    """As :func:`threshold_block`, but ``mask`` are the groups that cores grow in, each without regard to the others.

    They are components of pixels of at least ``low`` or in a core, and the direct neighbours of these, also of those in
    other blocks: ``last`` and ``core`` reach one pixel further beyond the block.
    """
    run = Run("finding objects", threads, None, cancel)
    core = None if core is None else _numbers(core)
    place = (start, inner_start, inner_stop, frame_shape)
    return Foreground(*_core.groups_block(run, _numbers(last), core, how, *place))


def flood_window(
    last: Array,
    core: Array | None,
    *,
    how: How,
    start: tuple[int, int, int],
    inner_start: tuple[int, int, int],
    frame_shape: tuple[int, int, int],
    largest: float,
    seeds: NDArray[np.uint32],
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> tuple[NDArray[np.uint32], int]:
    """Objects that grow from seeds in a window of a frame, every pixel as by :func:`threshold` of the whole.

    ``seeds`` (``tzyx``, one frame) begin at ``inner_start`` and are those of groups, see :func:`groups_block`, that lie
    in the window with all their pixels; ``largest`` is that of the frame. Returns the labels, and how many groups have
    pixels that are equally near to two objects: these are shared out in an order that is the same for every window, but
    that of the whole frame may be another one.
    """
    run = Run("flooding", threads, None, cancel)
    core = None if core is None else _numbers(core)
    place = (start, inner_start, frame_shape)
    return _core.flood_window(run, _numbers(last), core, how, *place, largest, seeds)


def block_gaps(
    labels: BlockLabels, kept: NDArray[np.bool_], *, threads: int | None = None, cancel: CancelToken | None = None
) -> BlockLabels:
    """Components, key 0, of what is background in a block if only some parts are foreground, those ``kept[number]``."""
    return _core.block_gaps(Run("filling holes", threads, None, cancel), labels, kept)


def block_filled(
    labels: BlockLabels,
    kept: NDArray[np.bool_],
    gaps: BlockLabels,
    holes: NDArray[np.bool_],
    *,
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> BlockLabels:
    """Components, key 1, of the kept parts of a block together with those of its :func:`block_gaps` that are holes."""
    return _core.block_filled(Run("filling holes", threads, None, cancel), labels, kept, gaps, holes)


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
    return _core.smooth(Run("smoothing", threads, progress, cancel), _numbers(channel), sigma, value_range)


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
    return _core.paint(run, _integers(labels), starts.tolist(), ids, values)


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
    rows, counts = _core.object_runs(run, _integers(labels), frames.tolist(), ids.tolist(), boxes.tolist())
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
    return _core.changed_runs(run, _integers(before), _integers(after))


def _integers(labels: Array) -> Array:
    """Booleans as the bytes they are."""
    return labels.view(np.uint8) if labels.dtype == bool else labels


def _numbers(channel: Array) -> Array:
    """Booleans as the bytes they are, float16 widened without loss."""
    return channel.astype(np.float32) if channel.dtype == np.float16 else _integers(channel)


# Labels of a block


def label_block(
    labels: Array,
    start: tuple[int, int, int],
    frame_shape: tuple[int, int, int],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> BlockLabels:
    """Parts of equal ids in a block of a label image, connected or not, numbered from 1 in raster order of the block.

    Parameters
    ----------
    labels
        The block, ``tzyx`` of one frame; booleans or integers, 0 is background.
    start
        Its first voxel in the frame: z, y, x.
    frame_shape
        Lengths of the frame along z, y, x.

    Raises
    ------
    ShapeError
        If the block does not lie within the frame.
    ParameterError
        If there is a negative label.
    """
    run = Run("reading labels", threads, progress, cancel)
    return BlockLabels.of_labels(run, _integers(labels), start, frame_shape)


def label_segmentation_block(
    image: Array,
    start: tuple[int, int, int],
    frame_shape: tuple[int, int, int],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> BlockLabels:
    """Connected components (4 or 6 neighbours) of equal values in a block of a segmentation, numbered from 1.

    Parameters
    ----------
    image
        The block, ``tzyx`` of one frame; booleans or integers, 0 is background.
    start
        Its first voxel in the frame: z, y, x.
    frame_shape
        Lengths of the frame along z, y, x.

    Raises
    ------
    ShapeError
        If the block does not lie within the frame.
    """
    run = Run("finding objects", threads, progress, cancel)
    return BlockLabels.of_segmentation(run, _integers(image), start, frame_shape)


def paint_block(
    labels: BlockLabels,
    values: Array,
    start: tuple[int, int, int] | None = None,
    stop: tuple[int, int, int] | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Array:
    """Image ``tzyx`` of one frame: ``values[n]`` on the part of number n, ``values[0]`` on background.

    Parameters
    ----------
    values
        One more than there are parts; the image has their dtype (uint8, uint16, uint32, uint64 or float32).
    start, stop
        The window to paint, inside the block, in coordinates of the frame; by default all of the block.

    Raises
    ------
    ShapeError
        If the window is not inside the block, or there is not one value per number.
    """
    run = Run("painting", threads, progress, cancel)
    window = (labels.start if start is None else start, labels.stop if stop is None else stop)
    return labels.paint(run, *window, np.ascontiguousarray(values))


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
        run, _integers(labels), raw, list(features), margin, block_shape, places
    )
    n_columns = values.size // len(ids) if len(ids) else 0
    return Measured(ids, frames, values.reshape(len(ids), n_columns), missing.reshape(-1, 3), reasons)


# Features of objects larger than a block: collected block by block, merged, finished from the blocks that hold them


def collect_block(
    labels: BlockLabels,
    ids: NDArray[np.uint64],
    raw: Array | None,
    features: Sequence[str],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Regions:
    """What a block knows of its objects, as far as ``features`` need it; coordinates count from the start of the frame.

    The regions of all blocks of a frame, merged in the order of the plan, are those of the frame: bit for bit where raw
    has at most 16 bit, and always for the same plan.

    Parameters
    ----------
    ids : (n_parts + 1,)
        Id of each number of ``labels``; 0 for what counts as background.
    raw
        ``tzyxc`` of one frame, exactly the block; None if no feature ``collects_raw``.

    Raises
    ------
    ShapeError
        If raw or ids do not fit the block.
    FeatureError
        For an unknown feature, or one that needs raw without it.
    """
    run = Run("measuring objects", threads, progress, cancel)
    return _core.collect_block(run, labels, ids, raw, list(features))


def count_block(
    labels: BlockLabels,
    ids: NDArray[np.uint64],
    raw: Array,
    only: Sequence[int],
    ranges: NDArray[np.float64],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[np.uint64]:
    """Pixels of the objects ``only`` in one block, counted in bins of equal width over ``ranges``.

    Sums over all blocks are the histograms of objects that are too large to be read at once.

    Parameters
    ----------
    raw
        ``tzyxc`` of one frame, exactly the block.
    ranges : (channels, 2)
        Smallest and largest intensity of all objects of the frame.

    Returns
    -------
    (len(only), channels, 64)
    """
    run = Run("measuring objects", threads, progress, cancel)
    return _core.count_block(run, labels, ids, raw, only, ranges)


class Finished(NamedTuple):
    """What :func:`finish_objects` returns: ``missing`` and ``reasons`` as in :class:`Measured`."""

    values: NDArray[np.float64]
    missing: NDArray[np.int64]
    reasons: list[str]


def finish_objects(
    regions: Regions,
    ids: NDArray[np.uint64],
    labels: Sequence[tuple[BlockLabels, NDArray[np.uint64]]],
    raw: Array | None,
    start: tuple[int, int, int],
    ranges: NDArray[np.float64] | None,
    features: Sequence[str],
    *,
    margin: tuple[int, int, int] = (0, 0, 0),
    n_channels: int | None = None,
    counts: NDArray[np.uint64] | None = None,
    too_large: NDArray[np.uint64] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Finished:
    """Measure ``features`` of some objects of a frame: the values that :func:`measure` gives them among all others.

    Parameters
    ----------
    regions
        The objects as all blocks know them; may have others.
    ids
        The objects, in the order of their rows.
    labels
        All blocks that the boxes ``regions.crop_boxes(features, margin)`` of these objects touch, each with the id of
        each number.
    raw, start
        ``tzyxc`` of one frame that holds these boxes, and where it starts in the frame (z, y, x); None if they are
        empty or no feature needs raw for them.
    ranges : (channels, 2)
        Smallest and largest intensity of all objects of the frame, if a feature needs a histogram; None for those of
        ``regions``.
    margin
        How far the neighbourhood of an object reaches along z, y, x.
    n_channels
        Number of channels, where neither ``raw`` is given nor a feature ``collects_raw``.
    counts : (len(ids), channels, 64)
        Sums of :func:`count_block`; raw is not counted again.
    too_large : (len(ids),)
        Finishes without looking at whole objects: bytes that it would take for each (``regions.crop_bytes``). Features
        that need it are missing, for this reason.

    Raises
    ------
    ShapeError
        If raw, ranges or counts do not fit.
    ParameterError
        For an id that is not in ``regions``, or blocks that do not hold all of an object.
    """
    run = Run("measuring objects", threads, progress, cancel)
    large = None if too_large is None else too_large.tolist()
    values, missing, reasons = _core.finish_objects(
        run, regions, ids, labels, raw, start, ranges, list(features), margin, n_channels, counts, large
    )
    return Finished(values.reshape(len(ids), -1) if len(ids) else values.reshape(0, 0), missing.reshape(-1, 3), reasons)


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
