"""Which blocks an image is cut into."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.errors import ParameterError
from napari_objclass.memory import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Triple = tuple[int, int, int]

#: Blocks of images that are not stored in chunks are multiples of this, as far as the memory allows.
_SIDE = 32
#: Blocks are not made smaller than this along any axis.
_SMALLEST = 8


class Block(NamedTuple):
    """A box of voxels of one frame: ``start`` inclusive, ``stop`` exclusive, in order z, y, x.

    Attributes
    ----------
    number
        Its place in the plan: by frame, then z, y, x.
    """

    number: int
    t: int
    start: Triple
    stop: Triple

    @property
    def shape(self) -> Triple:
        """Lengths of the sides."""
        z, y, x = (stop - start for start, stop in zip(self.start, self.stop, strict=True))
        return z, y, x


@dataclass(frozen=True)
class BlockPlan:
    """Blocks that cover an image ``tzyx``; those at the far end may be smaller.

    Attributes
    ----------
    shape
        Lengths of the image along t, z, y, x.
    block_shape
        Lengths of a block along z, y, x.
    """

    shape: tuple[int, int, int, int]
    block_shape: Triple

    def __reduce__(self) -> tuple[type[BlockPlan], tuple[Any, ...]]:
        """Go along with every task as two tuples, without the blocks that were made of them."""
        return BlockPlan, (self.shape, self.block_shape)

    @cached_property
    def grid(self) -> tuple[int, int, int, int]:
        """Number of blocks along t, z, y, x."""
        t, *space = self.shape
        z, y, x = (-(-length // side) for length, side in zip(space, self.block_shape, strict=True))
        return t, z, y, x

    def __len__(self) -> int:
        t, z, y, x = self.grid
        return t * z * y * x

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in order."""
        places = product(*map(range, self.grid))
        return tuple(self._block(number, *place) for number, place in enumerate(places))

    def of_frame(self, t: int) -> tuple[Block, ...]:
        """Blocks of one frame, in order."""
        n = len(self) // self.shape[0] if self.shape[0] else 0
        return self.blocks[t * n : (t + 1) * n]

    def next(self, block: Block, axis: int) -> Block | None:
        """The block behind another one along ``axis`` (0, 1, 2 for z, y, x) of the same frame, if there is one."""
        place = [start // side for start, side in zip(block.start, self.block_shape, strict=True)]
        place[axis] += 1
        _, *counts = self.grid
        if place[axis] == counts[axis]:
            return None
        number = ((block.t * counts[0] + place[0]) * counts[1] + place[1]) * counts[2] + place[2]
        return self.blocks[number]

    def overlapping(self, t: int, start: Triple, stop: Triple) -> list[Block]:
        """Blocks of a frame that have voxels of the box from ``start`` to ``stop`` (z, y, x), in order."""
        if min(np.subtract(stop, start)) <= 0:
            return []
        _, *counts = self.grid
        places = (
            range(first // side, (last - 1) // side + 1)
            for first, last, side in zip(start, stop, self.block_shape, strict=True)
        )
        return [self.blocks[((t * counts[0] + z) * counts[1] + y) * counts[2] + x] for z, y, x in product(*places)]

    def _block(self, number: int, t: int, *place: int) -> Block:
        starts = [index * side for index, side in zip(place, self.block_shape, strict=True)]
        lengths = zip(starts, self.block_shape, self.shape[1:], strict=True)
        z, y, x = starts
        stop_z, stop_y, stop_x = (min(start + side, length) for start, side, length in lengths)
        return Block(number, t, (z, y, x), (stop_z, stop_y, stop_x))


def choose(shape: tuple[int, int, int, int], chunks: Triple | None, cost: Callable[[Triple], int], most: int) -> Triple:
    """The largest blocks of an image ``tzyx`` whose tasks keep to the memory: whole chunks, and near to cubes.

    Parameters
    ----------
    chunks
        Lengths along z, y, x of what is stored in one piece; None if that does not matter.
    cost
        Bytes that the task of a block of so many voxels along z, y, x needs at most.
    most
        Bytes that a task may use.

    Raises
    ------
    ParameterError
        If not even small blocks keep to it.
    """
    lengths = shape[1:]
    step = [min(length, side) for length, side in zip(lengths, chunks or (_SIDE,) * 3, strict=True)]
    while cost(_triple(step)) > most and max(step) > _SMALLEST:
        axis = step.index(max(step))
        step[axis] = -(-step[axis] // 2)
    if cost(_triple(step)) > most:
        least = text(cost(_triple(step)))
        raise ParameterError(
            f"blocks of {' x '.join(map(str, step))} voxels need {least} each, and {text(max(most, 0))} is there for "
            "each; allow more memory, or use fewer workers"
        )
    sides, growing = list(step), {axis for axis in range(3) if step[axis] < lengths[axis]}
    while growing:
        axis = min(growing, key=lambda axis: sides[axis])
        larger = sides.copy()
        larger[axis] = min(sides[axis] + step[axis], lengths[axis])
        if cost(_triple(larger)) > most:
            growing.remove(axis)
            continue
        sides = larger
        if sides[axis] == lengths[axis]:
            growing.remove(axis)
    return _triple(sides)


def _triple(sides: Sequence[int]) -> Triple:
    z, y, x = sides
    return z, y, x
