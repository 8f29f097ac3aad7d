"""How the memory of a run is shared out: how many tasks at a time, and which blocks they can have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass import memory
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.blockwise.plan import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.blockwise.sources import Volume

#: Bytes that libraries and threads keep for themselves once they work, measured.
_KEPT = 40_000_000
#: Share of the rest that tasks get; what is left is for tables, and for what allocators do not give back at once.
_OF_TASKS = 0.8

# Bytes per voxel beside pixels, measured: runs of labels and what is made of them; smoothed channels and their masks.
_LABELS, _SMOOTHED, _COLLECTED = 4, 14, 4


@dataclass(frozen=True)
class Share:
    """What is decided of a run by its memory.

    Attributes
    ----------
    block_shape
        Lengths of a block along z, y, x.
    n_workers
        Number of tasks at a time.
    room
        Bytes that each may use.
    """

    block_shape: Triple
    n_workers: int
    room: int


def share(
    image: Volume,
    raw: Volume | None,
    halo: Triple | None,
    *,
    most: int,
    n_workers: int,
    block_shape: Triple | None = None,
) -> Share:
    """Share out ``most`` bytes, of which this process has some already.

    Parameters
    ----------
    image
        What the objects are found in.
    raw
        What they are measured in.
    halo
        How far beyond its block a task reads where objects are found by thresholding, z, y, x; None where they are
        given.
    n_workers
        Number of tasks at a time; fewer if the memory is short.
    block_shape
        Blocks that are asked for.

    Raises
    ------
    ParameterError
        If the memory is too little, with the least that would do.
    """

    def cost(sides: Triple) -> int:
        lengths = image.shape[1:]
        inner = math.prod(map(min, sides, lengths))
        collected = inner * ((0 if raw is None else raw.dtype.itemsize * raw.n_channels) + _COLLECTED)
        if halo is None:
            return max(collected, inner * (image.dtype.itemsize + _LABELS))
        window = math.prod(
            min(side + 2 * more, length) for side, more, length in zip(sides, halo, lengths, strict=True)
        )
        return max(collected, window * (2 * image.dtype.itemsize + _SMOOTHED))

    left = int((most - memory.used() - _KEPT) * _OF_TASKS)
    if block_shape is not None:
        n_workers = max(1, min(n_workers, left // cost(block_shape)))
        _refuse(cost(block_shape), left, most, asked=True)
        return Share(block_shape, n_workers, left // n_workers)
    for n in (n_workers, 1):
        try:
            sides = choose(image.shape, image.chunks if raw is None else _chunks(image, raw), cost, left // n)
        except ParameterError:
            continue
        return Share(sides, n, left // n)
    _refuse(_least(image, cost), left, most)
    raise AssertionError("the least blocks were too large, and now they are not")


def _chunks(image: Volume, raw: Volume) -> Triple | None:
    """Chunks of the image whose are larger: blocks of whole ones read each once."""
    known = [chunks for chunks in (image.chunks, raw.chunks) if chunks is not None]
    return max(known, key=math.prod, default=None)


def _least(image: Volume, cost: Callable[[Triple], int]) -> int:
    z, y, x = (min(length, 8) for length in image.shape[1:])
    return cost((z, y, x))


def _refuse(needed: int, left: int, most: int, *, asked: bool = False) -> None:
    """Raise ParameterError if a block, which may have been asked for, does not fit into the memory."""
    if needed > left:
        least = memory.text(most - left / _OF_TASKS + needed / _OF_TASKS)
        wanted, other = ("such blocks", ", or use smaller ones") if asked else ("even small blocks", "")
        raise ParameterError(
            f"a memory of {memory.text(most)} is too little for {wanted}; allow {least} or more{other}"
        )
