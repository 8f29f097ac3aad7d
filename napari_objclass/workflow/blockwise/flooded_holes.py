"""Filling holes of objects that may touch each other, block by block: what one object alone encloses becomes its own.

::

    gaps ── around ── holes ── labels
    (block) (block)   (frame)  (block)

A hole is a region of directly connected background that does not touch the border of the frame, and has one object
around it, in all blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import block_kernels, kernels
from napari_objclass.workflow.blockwise.labelling import LABELS
from napari_objclass.workflow.blockwise.stitching import FACES, gather, leave_faces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.block_kernels import BlockLabels
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan
    from napari_objclass.workflow.blockwise.workers import Step

#: Steps, as their files are called: objects as they have grown, one key each; background between them; what is around
#: each piece of it; and what it becomes.
GROWN, GAPS, AROUND, HOLES = STEPS = ("grown", "gaps", "around", "holes")

#: Keys around what nothing is around yet: the smallest and the largest.
_NOTHING = (np.iinfo(np.uint64).max, 0)


def steps(parts: Parts, plan: BlockPlan) -> Iterator[Step]:
    """What is to be done, in turn, when all blocks have grown; see :func:`.flooding.steps`."""

    def blocks(step: str) -> list[Block]:
        return [plan.blocks[number] for number in parts.missing(step, range(len(plan)))]

    yield GAPS, leave_gaps, [(parts, block) for block in blocks(GAPS)]
    yield GAPS + FACES, leave_faces, [(parts, plan, GAPS, block) for block in blocks(GAPS + FACES)]
    yield AROUND, leave_around, [(parts, plan, block) for block in blocks(AROUND)]
    frames = sorted({block.t for block in blocks(HOLES)})
    yield HOLES, leave_holes, [(parts, plan, t) for t in frames]
    yield LABELS, leave_filled, [(parts, plan, block) for block in blocks(LABELS)]


def leave_gaps(parts: Parts, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the background between the objects of a block."""
    labels = _labels(parts, GROWN, block)
    gaps = block_kernels.block_gaps(labels, np.ones(len(labels) + 1, bool), threads=threads, cancel=cancel)
    parts.write(GAPS, block.number, gaps.to_bytes())


def leave_around(parts: Parts, plan: BlockPlan, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the smallest and the largest key around the gaps of a block, and what it puts around those of next ones.

    ``own`` are those of the block, (n, 2) uint64; ``next0`` those of the next block along z, and so on.
    """
    labels, gaps = _labels(parts, GROWN, block), _labels(parts, GAPS, block)
    own = _around(len(gaps), gaps.neighbours(labels), labels)
    known = {}
    for axis in range(3):
        behind = plan.next(block, axis)
        if behind is not None:
            others, other_gaps = _labels(parts, GROWN, behind), _labels(parts, GAPS, behind)
            _add(own, np.arange(len(own)), _around(len(gaps), gaps.contacts(others, axis), others))
            known[f"next{axis}"] = _around(len(other_gaps), labels.contacts(other_gaps, axis)[:, ::-1], labels)
    parts.save(AROUND, block.number, own=own, **known)


def leave_holes(parts: Parts, plan: BlockPlan, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave what the gaps of the blocks of a frame become, by number: the key of the object around them, 0 if none.

    In a frame of one slice, the faces of the slice are no border.
    """
    whole, blocks = gather(parts, plan, t, GAPS, connected=True), plan.of_frame(t)
    around = np.tile(np.array(_NOTHING, np.uint64), (len(whole), 1))
    for position, block in enumerate(blocks):
        known = parts.load(AROUND, block.number)
        _add(around, whole.members[whole.starts[position] : whole.starts[position + 1]], known["own"])
        for axis in range(3):
            behind = plan.next(block, axis)
            if behind is not None:
                begin, end = whole.starts[behind.number - blocks[0].number :][:2]
                _add(around, whole.members[begin:end], known[f"next{axis}"])
    first = 1 if plan.shape[1] == 1 else 0
    inside = (whole.boxes[:, first:3] > 0) & (whole.boxes[:, 3 + first :] < plan.shape[1 + first :])
    hole = inside.all(axis=1) & (around[:, 0] == around[:, 1])
    keys = np.where(hole, around[:, 0], np.uint64(0)).astype(np.uint32)
    for position, block in enumerate(blocks):
        parts.save(HOLES, block.number, keys=whole.of_block(position, keys))


def leave_filled(parts: Parts, plan: BlockPlan, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the labels of a block with the holes of its objects filled."""
    run, labels = kernels.Run("filling holes", threads, None, cancel), _labels(parts, GROWN, block)
    keys = np.concatenate([[0], labels.keys]).astype(np.uint32)
    image = labels.paint(run, block.start, block.stop, keys)
    image += _labels(parts, GAPS, block).paint(run, block.start, block.stop, parts.load(HOLES, block.number)["keys"])
    filled = block_kernels.label_block(image, block.start, plan.shape[1:], threads=threads, cancel=cancel)
    parts.write(LABELS, block.number, filled.to_bytes())


def _around(n: int, pairs: NDArray[np.uint32], labels: BlockLabels) -> NDArray[np.uint64]:
    """Smallest and largest key around n gaps, (n, 2), given pairs of a gap and what of ``labels`` touches it."""
    found = np.tile(np.array(_NOTHING, np.uint64), (n, 1))
    gaps, others = pairs.T.astype(np.int64) - 1
    _add(found, gaps, np.repeat(labels.keys[others], 2).reshape(-1, 2))
    return found


def _add(around: NDArray[np.uint64], places: NDArray[np.int64], more: NDArray[np.uint64]) -> None:
    """Add smallest and largest keys at some places."""
    np.minimum.at(around[:, 0], places, more[:, 0])
    np.maximum.at(around[:, 1], places, more[:, 1])


def _labels(parts: Parts, step: str, block: Block) -> BlockLabels:
    return parts.read(step, block.number, block_kernels.BlockLabels.from_bytes)
