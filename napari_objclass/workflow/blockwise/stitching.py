"""Which parts of blocks make one object, and which id it has.

Ids are those of the whole image: in a label image they are given, all others count 1, 2, … in every frame in the order
in which a scan of it first meets the objects, which the first pixel of each tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import block_kernels
from napari_objclass.workflow.blockwise.labelling import IDS, OBJECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan

#: Added to the name of the step whose parts meet at the faces of blocks.
FACES = "faces"


@dataclass(frozen=True, eq=False)
class Whole:
    """Objects of one frame that the parts of its blocks make, in order of first pixels; in a label image, of ids.

    Attributes
    ----------
    t
        The frame.
    starts
        Where the parts of each block of the frame begin among all parts, and at last their number.
    members
        The object of each part, counted from 0.
    keys, sizes, firsts
        Per object, (n,) uint64: key of its parts, number of its voxels, and its first one in raster order.
    boxes
        Per object, (n, 6) int32: the smallest box around it, z0, y0, x0, z1, y1, x1.
    """

    t: int
    starts: NDArray[np.int64]
    members: NDArray[np.int64]
    keys: NDArray[np.uint64]
    sizes: NDArray[np.uint64]
    firsts: NDArray[np.uint64]
    boxes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.keys)

    def of_block(self, position: int, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the parts of a block of the frame by their number, 0 for background, given those of the objects."""
        members = self.members[self.starts[position] : self.starts[position + 1]]
        return np.concatenate([np.zeros(1, values.dtype), values[members]])


def leave_faces(
    parts: Parts, plan: BlockPlan, step: str, block: Block, threads: int | None, cancel: CancelToken | None
) -> None:
    """Leave what is known of the parts of a block, and which of them touch parts of the next ones with equal keys.

    ``step`` is the one that left the :class:`BlockLabels`; the files are those of the step ``step + "faces"``.
    """
    labels = block_kernels.BlockLabels.from_bytes(parts.read(step, block.number))
    known: dict[str, NDArray[Any]] = {
        "keys": labels.keys,
        "counts": labels.counts,
        "firsts": labels.firsts,
        "boxes": labels.boxes.astype(np.int32),
    }
    for axis in range(3):
        behind = plan.next(block, axis)
        if behind is not None:
            other = block_kernels.BlockLabels.from_bytes(parts.read(step, behind.number))
            known[f"joints{axis}"] = labels.joints(other, axis)
    parts.save(step + FACES, block.number, **known)


def gather(parts: Parts, plan: BlockPlan, t: int, step: str, *, connected: bool) -> Whole:
    """Objects of a frame: parts that touch with equal keys, or where they need not be ``connected``, with equal keys.

    The faces of all blocks of the frame must be there, see :func:`leave_faces`.
    """
    blocks = plan.of_frame(t)
    known = [parts.load(step + FACES, block.number) for block in blocks]
    starts = np.cumsum([0, *(len(each["keys"]) for each in known)])
    sets = block_kernels.Sets(int(starts[-1]) if connected else 0)
    for position, block in enumerate(blocks if connected else ()):
        for axis in range(3):
            behind = plan.next(block, axis)
            if behind is not None:
                shift = [starts[position], starts[behind.number - blocks[0].number]]
                sets.join(known[position][f"joints{axis}"].astype(np.uint64) + np.array(shift, np.uint64) - 1)
    keys, counts, firsts, boxes = (
        np.concatenate([each[name] for each in known]) for name in ("keys", "counts", "firsts", "boxes")
    )
    del known  # of an image of millions of objects, this is much
    roots = sets.roots() if connected else keys
    order = np.argsort(roots, kind="stable")
    roots = roots[order]
    begins = np.flatnonzero(np.diff(roots, prepend=roots[:1] + 1 if len(order) else 0))
    own_firsts = np.minimum.reduceat(firsts[order], begins) if len(order) else firsts
    rank = np.argsort(own_firsts) if connected else np.arange(len(begins))
    place = np.empty_like(rank)
    place[rank] = np.arange(len(rank))
    members = np.empty(len(order), np.int64)
    members[order] = np.repeat(place, np.diff(begins, append=len(order)))

    def reduced(how: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        return how.reduceat(values[order], begins)[rank] if len(order) else values

    of_objects = np.empty((len(rank), 6), np.int32)
    for column, how in enumerate([np.minimum] * 3 + [np.maximum] * 3):
        of_objects[:, column] = reduced(how, boxes[:, column])
    return Whole(
        t,
        starts,
        members,
        reduced(np.minimum, keys),
        reduced(np.add, counts),
        reduced(np.minimum, firsts),
        of_objects,
    )


def leave_objects(
    parts: Parts,
    plan: BlockPlan,
    whole: Whole,
    kept: NDArray[np.bool_] | None = None,
    ids: NDArray[np.uint64] | None = None,
    **others: int | NDArray[np.int64],
) -> None:
    """Leave the ids of the parts of every block of a frame, and at last its objects, as :class:`Labelled` knows them.

    Parameters
    ----------
    kept
        Which objects there are; None for all.
    ids
        Their ids, of all; None to count those that are kept.
    **others
        What else is known of the frame, such as ``n_small``, ``n_large``, ``n_nan``, if they are not 0.
    """
    kept = np.ones(len(whole), bool) if kept is None else kept
    ids = (np.cumsum(kept) if ids is None else ids).astype(np.uint64) * kept
    for position, block in enumerate(plan.of_frame(whole.t)):
        parts.save(IDS, block.number, ids=whole.of_block(position, ids))
    parts.save(
        OBJECTS,
        whole.t,
        ids=ids[kept],
        sizes=whole.sizes[kept].astype(np.int64),
        firsts=whole.firsts[kept],
        boxes=whole.boxes[kept],
        **{name: np.asarray(each) for name, each in others.items()},
    )
