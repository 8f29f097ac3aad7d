"""The door to the compiled core, for blocks of images; as :mod:`napari_objclass.kernels` for whole ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass import _core
from napari_objclass._core import BlockLabels, Regions, Run, Sets, smoothing_halo
from napari_objclass.kernels import integers, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.kernels import Array, CancelToken, How, Progress

__all__ = [
    "BlockLabels",
    "Finished",
    "Foreground",
    "Regions",
    "Sets",
    "block_filled",
    "block_gaps",
    "collect_block",
    "count_block",
    "finish_objects",
    "flood_window",
    "groups_block",
    "label_block",
    "label_segmentation_block",
    "paint_block",
    "smoothing_halo",
    "threshold_block",
]

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
    return BlockLabels.of_labels(run, integers(labels), start, frame_shape)


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
    return BlockLabels.of_segmentation(run, integers(image), start, frame_shape)


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
    """Foreground of one block of a frame, every pixel as by ``kernels.threshold`` of the whole; no sizes, no holes.

    ``last`` and ``core`` (``tzyx``, one frame) begin at ``start`` (z, y, x) of the frame and reach at least
    :func:`smoothing_halo` beyond the block from ``inner_start`` to ``inner_stop``, or to the ends of the frame.
    """
    run = Run("finding objects", threads, None, cancel)
    core = None if core is None else numbers(core)
    place = (start, inner_start, inner_stop, frame_shape)
    return Foreground(*_core.threshold_block(run, numbers(last), core, how, *place))


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
    core = None if core is None else numbers(core)
    place = (start, inner_start, inner_stop, frame_shape)
    return Foreground(*_core.groups_block(run, numbers(last), core, how, *place))


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
    """Objects that grow from seeds in a window of a frame, every pixel as by ``kernels.threshold`` of the whole.

    ``seeds`` (``tzyx``, one frame) begin at ``inner_start`` and are those of groups, see :func:`groups_block`, that lie
    in the window with all their pixels; ``largest`` is that of the frame. Returns the labels, and how many groups have
    pixels that are equally near to two objects: these are shared out in an order that is the same for every window, but
    that of the whole frame may be another one.
    """
    run = Run("flooding", threads, None, cancel)
    core = None if core is None else numbers(core)
    place = (start, inner_start, frame_shape)
    return _core.flood_window(run, numbers(last), core, how, *place, largest, seeds)


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
