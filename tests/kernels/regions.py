"""An image measured block by block: collected, sent as bytes, merged, and finished in groups from windows."""

from typing import NamedTuple

import numpy as np

from napari_objclass import block_kernels
from napari_objclass.workflow.blockwise.plan import BlockPlan


class Blocks(NamedTuple):
    """Labels of all blocks of one frame, with the id of each number, and the merged table."""

    plan: BlockPlan
    labels: list
    regions: block_kernels.Regions

    @property
    def ranges(self):
        extrema = self.regions.extrema
        return np.stack([extrema[..., 0].min(axis=0), extrema[..., 1].max(axis=0)], axis=-1)

    def within(self, start, stop):
        """Labels of the blocks that overlap a box."""
        pairs = zip(self.plan.blocks, self.labels, strict=True)
        return [
            labels
            for block, labels in pairs
            if all(max(a, c) < min(b, d) for a, b, c, d in zip(block.start, block.stop, start, stop, strict=True))
        ]


def of_block(array, block):
    """The voxels of a block of an image ``tzyx…``."""
    window = tuple(slice(a, b) for a, b in zip(block.start, block.stop, strict=True))
    return array[(slice(block.t, block.t + 1), *window)]


def collect(labels, raw, features, block_shape):
    """Collect one frame (``tzyx`` and ``tzyxc``, one frame)."""
    plan = BlockPlan(labels.shape, block_shape)
    found, merged = [], None
    for block in plan.blocks:
        own = block_kernels.label_block(of_block(labels, block), block.start, plan.shape[1:])
        ids = np.concatenate([np.zeros(1, np.uint64), own.keys])
        found.append((own, ids))
        regions = block_kernels.collect_block(own, ids, None if raw is None else of_block(raw, block), features)
        regions = block_kernels.Regions.from_bytes(regions.to_bytes())
        if merged is None:
            merged = regions
        else:
            merged.merge(regions)
    return Blocks(plan, found, merged)


def finish(blocks, raw, features, margin, groups):
    """Values and (row, column, reason) of the objects of all groups, one after the other, each from a window."""
    values, missing, rows = [], [], 0
    for ids in groups:
        boxes = blocks.regions.select(ids).crop_boxes(features, margin)
        start, stop = boxes[:, :3].min(axis=0), boxes[:, 3:].max(axis=0)
        window = None if raw is None else raw[(slice(None), *(slice(a, b) for a, b in zip(start, stop, strict=True)))]
        found = block_kernels.finish_objects(
            blocks.regions,
            ids,
            blocks.within(start, stop),
            window,
            tuple(start.tolist()),
            None if raw is None else blocks.ranges,
            features,
            margin=margin,
        )
        values.append(found.values)
        missing += [(row + rows, column, found.reasons[reason]) for row, column, reason in found.missing.tolist()]
        rows += len(ids)
    return np.concatenate(values), missing
