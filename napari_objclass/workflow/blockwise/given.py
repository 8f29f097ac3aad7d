"""Objects that are given, as a label image or a segmentation, block by block.

::

    labels ── faces ── objects
    (block)   (block)  (frame)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass import block_kernels
from napari_objclass.workflow.blockwise.labelling import LABELS, OBJECTS
from napari_objclass.workflow.blockwise.stitching import FACES, gather, leave_faces, leave_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan
    from napari_objclass.workflow.blockwise.sources import Reads, Volume
    from napari_objclass.workflow.blockwise.workers import Step


def tasks(parts: Parts, plan: BlockPlan, volume: Volume, *, connected: bool) -> Iterator[Step]:
    """Yield what is to be done, in turn; what is there is left out.

    Parameters
    ----------
    connected
        Whether objects are the connected components of a segmentation; if not, the ids of a label image.
    """
    blocks, numbers, frames = plan.blocks, range(len(plan)), range(plan.shape[0])
    label, stitch = (label_components, stitch_components) if connected else (label_ids, stitch_ids)
    faces = LABELS + FACES
    yield LABELS, label, [(parts, volume, blocks[number]) for number in parts.missing(LABELS, numbers)]
    yield faces, leave_faces, [(parts, plan, LABELS, blocks[number]) for number in parts.missing(faces, numbers)]
    yield OBJECTS, stitch, [(parts, plan, t) for t in parts.missing(OBJECTS, frames)]


def planned_reads(plan: BlockPlan, volume: Volume, reads: Reads) -> None:
    """Add what the steps read to ``reads``: every block once."""
    for block in plan.blocks:
        volume.count(reads, block.t, block.start, block.stop)


def label_ids(parts: Parts, volume: Volume, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the labels of a block of a label image: its objects are the pixels of equal id."""
    pixels = volume.read(block.t, block.start, block.stop)
    labels = block_kernels.label_block(pixels, block.start, volume.shape[1:], threads=threads, cancel=cancel)
    parts.write(LABELS, block.number, labels.to_bytes())


def label_components(
    parts: Parts, volume: Volume, block: Block, threads: int | None, cancel: CancelToken | None
) -> None:
    """Leave the labels of a block of a segmentation: its objects are connected components by equality."""
    pixels = volume.read(block.t, block.start, block.stop)
    labels = block_kernels.label_segmentation_block(
        pixels, block.start, volume.shape[1:], threads=threads, cancel=cancel
    )
    parts.write(LABELS, block.number, labels.to_bytes())


def stitch_components(parts: Parts, plan: BlockPlan, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the objects of a frame of a segmentation."""
    leave_objects(parts, plan, gather(parts, plan, t, LABELS, connected=True))


def stitch_ids(parts: Parts, plan: BlockPlan, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the objects of a frame of a label image."""
    whole = gather(parts, plan, t, LABELS, connected=False)
    leave_objects(parts, plan, whole, ids=whole.keys)
