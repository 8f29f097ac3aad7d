"""The applet for images larger than memory: how much of it they may take, and the blocks they are classified in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import ParameterError
from napari_objclass.workflow.applet import Settings

if TYPE_CHECKING:
    from napari_objclass.workflow.blockwise.plan import Triple

ID = "blockwise"

#: In voxels; no image is longer.
_LONGEST = 2**31


@dataclass(frozen=True)
class Blockwise(Settings):
    """How images are classified block by block.

    Attributes
    ----------
    memory
        Bytes that may be taken; None for what the machine leaves.
    block_shape
        Voxels of a block along z, y, x; None to choose it by the memory. The result does not depend on it.
    ilastik_block_shape
        Voxels of a block along z, y, x where blocks are classified independently of each other, as in ilastik.
    halo
        Voxels around such a block, along z, y, x, that are looked at too.
    """

    memory: int | None = None
    block_shape: Triple | None = None
    ilastik_block_shape: Triple = (512, 512, 512)
    halo: Triple = (64, 64, 64)

    def __post_init__(self) -> None:
        if self.memory is not None and not _is_whole(self.memory, 1):
            raise ParameterError(f"the memory is {self.memory!r}; give a number of bytes from 1, or None")
        for name, least in (("block_shape", 1), ("ilastik_block_shape", 1), ("halo", 0)):
            value = getattr(self, name)
            if value is not None or name != "block_shape":
                object.__setattr__(self, name, _triple(value, name, least))


def _triple(value: Any, name: str, least: int) -> Triple:
    sides = tuple(value) if isinstance(value, Iterable) else ()
    if len(sides) != 3 or not all(_is_whole(side, least) and side <= _LONGEST for side in sides):
        raise ParameterError(f"{name} is {value!r}; give whole numbers of voxels from {least} along z, y and x")
    z, y, x = map(index, sides)
    return z, y, x


def _is_whole(value: Any, least: int) -> bool:
    try:
        return not isinstance(value, bool) and index(value) >= least
    except TypeError:
        return False
