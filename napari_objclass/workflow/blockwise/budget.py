"""How the memory of a run is shared out: how many tasks at a time, and which blocks they can have."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass import memory
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.blockwise import cells
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

#: Fewer tasks at a time, each with more memory, where images would be read so many times as often otherwise.
_OFTEN = 1.3


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
    image_times, raw_times
        How often what is stored of each is read: a chunk whole, whatever a block needs of it; of raw about, around
        objects as large as their margin.
    """

    block_shape: Triple
    n_workers: int
    room: int
    image_times: float = 1.0
    raw_times: float = 0.0

    @property
    def times(self) -> float:
        """How often images are read in all."""
        return self.image_times + self.raw_times


def share(
    image: Volume,
    raw: Volume | None,
    halo: Triple | None,
    *,
    most: int,
    n_workers: int,
    block_shape: Triple | None = None,
    around: Triple | None = None,
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
    around
        How far around objects raw is read once they are known, z, y, x; None if it is not.

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

    def shared(sides: Triple, n: int) -> Share:
        times = cells.times_of_blocks(image.shape[1:], image.chunks, sides, halo or (0, 0, 0))
        return Share(sides, n, left // n, times, _times(raw, around, left // n))

    if block_shape is not None:
        _refuse(cost(block_shape), left, most, asked=True)
        return shared(block_shape, max(1, min(n_workers, left // cost(block_shape))))
    chunks = image.chunks if raw is None else _chunks(image, raw)
    found = list[Share]()
    for n in range(n_workers, 0, -1):
        with suppress(ParameterError):
            found.append(shared(choose(image.shape, chunks, cost, left // n), n))
    if not found:
        _refuse(_least(image, cost), left, most)
        raise AssertionError("the least blocks were too large, and now they are not")
    least = min(each.times for each in found)
    return next(each for each in found if each.times <= _OFTEN * least)


def voxels_around(room: int, pixel_bytes: int) -> int:
    """Most voxels that are read around objects at a time: half of the room is for what is found there."""
    return room // (2 * max(1, pixel_bytes))


def _times(raw: Volume | None, around: Triple | None, room: int) -> float:
    """How often raw is read, about."""
    if raw is None:
        return 0.0
    if around is None:
        return 1.0
    most = voxels_around(room, raw.dtype.itemsize * raw.n_channels)
    reach = [3 * margin + 1 for margin in around]
    return 1.0 + cells.choose(raw.shape[1:], raw.chunks, reach, most, raw.shape[0]).times


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
