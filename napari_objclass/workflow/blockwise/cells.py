"""How large the boxes are in which objects are looked at together, and how often what is stored is read then.

A chunk is read whole whatever is wanted of it, so what counts are the chunks that boxes touch. An object belongs to the
cell in which its surroundings end: cells of whole chunks then touch chunks of others at one of their two ends only.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_objclass.workflow.blockwise.plan import Triple

#: There are at least so many cells, for several workers, unless they have fewer voxels than are worth it.
_CELLS, _SMALL = 8, 1 << 22

#: What counts as a chunk where nothing is stored in chunks.
_SIDE = 32


class Cells(NamedTuple):
    """Boxes of ``shape`` (z, y, x) that a frame is cut into.

    Attributes
    ----------
    times
        How often each voxel is read, on average, if there are objects everywhere.
    """

    shape: Triple
    times: float


def choose(lengths: Triple, chunks: Triple | None, reach: Sequence[int], most: int, n_frames: int = 1) -> Cells:
    """The cells of a frame for which the least is read.

    Parameters
    ----------
    lengths
        Of the frame, z, y, x.
    chunks
        Lengths of what is stored in one piece; None if that does not matter.
    reach
        Lengths of the surroundings of an object, about.
    most
        Most voxels of the surroundings of all objects of a cell; if even the smallest cells have more, these are
        chosen.
    n_frames
        Number of frames.
    """
    axes = [
        list(_along(*axis)) for axis in zip(lengths, chunks or (_SIDE,) * 3, map(max, reach, (1, 1, 1)), strict=True)
    ]
    whole = n_frames * lengths[0] * lengths[1] * lengths[2]
    best: tuple[bool, float, int] | None = None
    for (z, depth, in_z), (y, height, in_y), (x, width, in_x) in product(*axes):
        voxels = depth * height * width
        times = in_z * in_y * in_x
        too_large = voxels > min(most, max(_SMALL, int(whole * times) // _CELLS))
        order = (too_large, voxels if too_large else times, -voxels)
        if best is None or order < best:
            best, cells = order, Cells((z, y, x), times)
    return cells


def times_of_blocks(lengths: Triple, chunks: Triple | None, sides: Triple, halo: Triple) -> float:
    """How often what is stored is read if every block of ``sides`` (z, y, x) is read with a ``halo`` around it."""
    times = 1.0
    for length, chunk, side, more in zip(lengths, chunks or (1, 1, 1), sides, halo, strict=True):
        stored = 0
        for start in range(0, length, side):
            stored += -(-min(start + side + more, length) // chunk) - max(0, start - more) // chunk
        times *= stored / -(-length // chunk)
    return times


def _along(length: int, chunk: int, reach: int) -> Iterator[tuple[int, int, float]]:
    """Sides of cells along an axis; length of the surroundings of their objects, and how often voxels are read.

    The longer the side, the fewer reads: others are left out.
    """
    chunk, least = max(1, min(chunk, length)), math.inf
    parts = {chunk // 4, chunk // 2, chunk, *(-(-length // n // chunk) * chunk for n in range(1, 9))}
    wholes = {chunk * n << power for n in (2, 3) for power in range((length // chunk).bit_length())}
    for side in sorted({min(side, length) for side in parts | wholes if side > 0}):
        starts = range(0, length, side)
        stored = sum(-(-min(start + side, length) // chunk) - max(0, start + 1 - reach) // chunk for start in starts)
        times = stored / -(-length // chunk)
        if times < least:
            least = times
            yield side, min(length, side + reach - 1), times
