"""Measuring the objects of all blocks: what each block knows of them, and the features of whole objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import kernels
from napari_objclass.workflow.blockwise.labelling import block_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.kernels import CancelToken, Regions
    from napari_objclass.workflow.blockwise.grouping import Group
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan, Triple
    from napari_objclass.workflow.blockwise.sources import Volume

#: Steps, as their files are called: what blocks know of objects, the range of intensities of each frame, and values.
REGIONS, RANGES, VALUES = "regions", "ranges", "values"


@dataclass(frozen=True)
class Measured:
    """What is measured.

    Attributes
    ----------
    features
        Ids.
    margin
        How far the neighbourhood of an object reaches along z, y, x; 0 where no feature looks at it.
    from_raw
        Whether raw is needed.
    again
        Whether raw is read once more when the objects are known: for histograms, and for features that look at whole
        objects.
    """

    features: tuple[str, ...]
    margin: Triple
    from_raw: bool
    again: bool


def collect(
    parts: Parts, raw: Volume | None, what: Measured, block: Block, threads: int | None, cancel: CancelToken | None
) -> None:
    """Leave what a block knows of its objects; nothing is read, and the file is empty, where there are none."""
    labels, ids = block_labels(parts, block.number)
    if not ids.any():
        parts.write(REGIONS, block.number, b"")
        return
    pixels = None if raw is None else raw.read(block.t, block.start, block.stop)
    run = kernels.Run("measuring objects", threads, None, cancel)
    regions = kernels.collect_block(run, labels, ids, pixels, list(what.features))
    parts.write(REGIONS, block.number, regions.to_bytes())


def leave_ranges(parts: Parts, plan: BlockPlan, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the smallest and the largest intensity in objects of a frame: (channels, 2), inf and -inf without any."""
    ranges = np.zeros((0, 2))
    for block in plan.of_frame(t):
        regions = _regions(parts, block.number)
        if regions is not None and len(regions):
            extrema = regions.extrema
            own = np.stack([np.fmin.reduce(extrema[..., 0]), np.fmax.reduce(extrema[..., 1])], axis=-1)
            ranges = (
                own
                if not len(ranges)
                else np.stack([np.fmin(ranges[:, 0], own[:, 0]), np.fmax(ranges[:, 1], own[:, 1])], axis=-1)
            )
    parts.save(RANGES, t, ranges=ranges)


def finish(
    parts: Parts,
    plan: BlockPlan,
    raw: Volume | None,
    what: Measured,
    group: Group,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave the values of a group of objects: ``values`` (n, columns), and what is missing of them, as in `measure`."""
    blocks = plan.overlapping(group.t, group.start, group.stop)
    regions = _of_group(parts, blocks, group.ids)
    run = kernels.Run("measuring objects", threads, None, cancel)
    labels = [block_labels(parts, block.number) for block in blocks] if what.again else []
    pixels = raw.read(group.t, group.start, group.stop) if raw is not None and what.again else None
    ranges = parts.load(RANGES, group.t)["ranges"] if raw is not None else None
    values, missing, reasons = kernels.finish_objects(
        run, regions, group.ids, labels, pixels, group.start, ranges, list(what.features), what.margin
    )
    parts.save(
        VALUES,
        group.number,
        values=np.reshape(values, (len(group.ids), -1)),
        missing=np.reshape(missing, (-1, 3)),
        reasons=np.array(reasons, np.str_),
    )


def _of_group(parts: Parts, blocks: list[Block], ids: NDArray[np.uint64]) -> Regions:
    """What all blocks know of some objects, merged in the order of the blocks."""
    whole: Regions | None = None
    for block in blocks:
        regions = _regions(parts, block.number)
        if regions is None:
            continue
        own = regions.select(ids[np.isin(ids, regions.ids)])
        if whole is None:
            whole = own
        else:
            whole.merge(own)
    assert whole is not None, "each object has voxels in a block"
    return whole


def _regions(parts: Parts, number: int) -> Regions | None:
    data = parts.read(REGIONS, number)
    return kernels.Regions.from_bytes(data) if data else None
