"""Where the objects of an image are, known block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import block_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.block_kernels import BlockLabels
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan, Triple

#: Steps, as their files are called: labels of a block as runs, the id of each of their parts, and objects of a frame.
LABELS, IDS, OBJECTS = "labels", "ids", "objects"


@dataclass(frozen=True, eq=False)
class Labelled:
    """The objects of an image, sorted by frame, then id, and the labels of every block.

    Attributes
    ----------
    plan
        The blocks.
    parts
        Where the labels of the blocks are: the files of the steps ``labels`` and ``ids``.
    frames, ids, sizes
        Per object, (n,): frame (int64), id (uint64) and number of voxels (int64).
    firsts
        Per object, (n,) uint64: its first voxel in raster order of the frame, (z·ny + y)·nx + x.
    boxes
        Per object, (n, 6) int32: the smallest box around it, z0, y0, x0, z1, y1, x1; the last three are exclusive.
    n_small, n_large
        How many objects the size filter left out.
    n_nan
        How many pixels were NaN and counted as 0.
    n_contested
        How many groups of flooded objects have pixels that the whole image may share out otherwise.
    """

    plan: BlockPlan
    parts: Parts
    frames: NDArray[np.int64]
    ids: NDArray[np.uint64]
    sizes: NDArray[np.int64]
    firsts: NDArray[np.uint64]
    boxes: NDArray[np.int32]
    n_small: int = 0
    n_large: int = 0
    n_nan: int = 0
    n_contested: int = 0

    @classmethod
    def load(cls, plan: BlockPlan, parts: Parts) -> Labelled:
        """Objects of all frames, as the steps before left them."""
        found = [parts.load(OBJECTS, t) for t in range(plan.shape[0])]
        frames = np.repeat(np.arange(len(found)), [len(each["ids"]) for each in found])
        ids, sizes, firsts, boxes = (
            np.concatenate([each.pop(name) for each in found]) for name in ("ids", "sizes", "firsts", "boxes")
        )
        counts = ("n_small", "n_large", "n_nan", "n_contested")
        numbers = {name: sum(int(each.get(name, 0)) for each in found) for name in counts}
        return cls(plan, parts, frames, ids, sizes, firsts, boxes, **numbers)

    def __len__(self) -> int:
        return len(self.ids)

    def block(self, number: int) -> tuple[BlockLabels, NDArray[np.uint64]]:
        """Labels of a block, and the id of each of their parts by its number: of background and what is left out, 0."""
        return block_labels(self.parts, number)

    def ids_of(self, number: int) -> NDArray[np.uint64]:
        """Ids of the parts of a block by their number; of background and what is left out, 0."""
        return self.parts.load(IDS, number)["ids"]

    def read(self, t: int, start: Triple, stop: Triple) -> NDArray[np.uint64]:
        """Label image ``tzyx`` of the box from ``start`` to ``stop`` (z, y, x) of a frame."""
        image = np.zeros((1, *np.subtract(stop, start)), np.uint64)
        for block in self.plan.overlapping(t, start, stop):
            labels, ids = self.block(block.number)
            low, high = np.maximum(start, block.start), np.minimum(stop, block.stop)
            part = block_kernels.paint_block(labels, ids, tuple(low.tolist()), tuple(high.tolist()))
            image[(slice(None), *map(slice, low - start, high - start))] = part
        return image


def block_labels(parts: Parts, number: int) -> tuple[BlockLabels, NDArray[np.uint64]]:
    """Labels of a block and the ids of their parts, see :meth:`Labelled.block`."""
    return block_kernels.BlockLabels.from_bytes(parts.read(LABELS, number)), parts.load(IDS, number)["ids"]
