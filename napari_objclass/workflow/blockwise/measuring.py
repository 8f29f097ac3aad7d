"""Measuring the objects of all blocks: what each block knows of them, and the features of whole objects.

::

    regions ── ranges ── values
    (block)    (frame)   (group of objects)

Raw is read once for the regions, if a feature needs it there, and once more around the objects, for histograms, whose
bins span the range of all objects, and for features that look at objects as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import block_kernels
from napari_objclass.workflow.blockwise.budget import voxels_around
from napari_objclass.workflow.blockwise.grouping import Surroundings
from napari_objclass.workflow.blockwise.labelling import block_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_objclass.block_kernels import Regions
    from napari_objclass.feature_table import FeatureSpec
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.grouping import Group
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan, Triple
    from napari_objclass.workflow.blockwise.sources import Reads, Volume
    from napari_objclass.workflow.blockwise.workers import Step

#: Steps, as their files are called: what blocks know of objects, the range of intensities of each frame, and values.
REGIONS, RANGES, VALUES = "regions", "ranges", "values"

#: What is in the file of a block without objects; a file that was cut off at once is none.
_NONE = b"none"

#: Bytes of what blocks know of an object, measured; values of the objects of a group take a part of the room like that.
_REGIONS, _OF_VALUES = 240, 4


@dataclass(frozen=True)
class Measuring:
    """What is measured, and where everything is: no more than tasks need, since it is sent with each.

    Attributes
    ----------
    plan
        The blocks.
    known, parts
        Where the labels of the blocks are, and where the steps of measuring leave their files.
    raw
        Intensities; None if no feature needs them.
    features, n_columns
        Ids of the features, and how many values they have together.
    margin
        How far the neighbourhood of an object reaches along z, y, x; 0 where no feature looks at it.
    room
        Bytes that a task may use.
    collects_raw
        Whether raw is read with the blocks.
    crops
        Whether objects are looked at as a whole.
    histograms
        Whether intensities are counted once the range of all objects is known.
    raw_again
        Whether raw is read around the objects.
    """

    plan: BlockPlan
    known: Parts
    parts: Parts
    raw: Volume | None
    features: tuple[str, ...]
    n_columns: int
    margin: Triple
    room: int
    collects_raw: bool
    crops: bool
    histograms: bool
    raw_again: bool

    @classmethod
    def of(
        cls,
        plan: BlockPlan,
        known: Parts,
        raw: Volume | None,
        specs: Sequence[FeatureSpec],
        margin: Triple,
        room: int,
        *,
        any_raw: bool = False,
    ) -> Measuring:
        """Measure ``specs``, without what none of them needs.

        The steps leave their files beside the labels, apart for other features and so on, and with
        ``any_raw`` for another raw, a sample of which is read to tell.
        """
        features = tuple(spec.id for spec in specs)
        raw = raw if any(spec.needs_raw for spec in specs) else None
        margin = margin if any(spec.uses_margin for spec in specs) else (0, 0, 0)
        return cls(
            plan,
            known,
            known.of([features, margin, raw.identity if raw is not None and any_raw else None, room]),
            raw,
            features,
            sum(spec.n_values for spec in specs),
            margin,
            room,
            collects_raw=any(spec.collects_raw for spec in specs),
            crops=any(spec.needs_crop for spec in specs),
            histograms=any(spec.needs_histogram for spec in specs),
            raw_again=reads_around(specs),
        )

    @property
    def pixel_bytes(self) -> int:
        """Bytes of raw of a voxel, all channels; 0 without raw."""
        return 0 if self.raw is None else self.raw.dtype.itemsize * self.raw.n_channels

    @property
    def most_voxels(self) -> int | None:
        """Most voxels of raw around a group of objects."""
        if not (self.crops or self.histograms):
            return None
        return voxels_around(self.room, self.pixel_bytes if self.raw_again else 0)

    def groups(self, labelled: Labelled) -> list[Group]:
        """Which objects are finished together."""
        chunks = self.raw.chunks if self.raw is not None and self.raw_again else None
        most_objects = max(1, self.room // (_OF_VALUES * (8 * self.n_columns + _REGIONS)))
        return Surroundings(self.margin, self.most_voxels, chunks, most_objects).groups(labelled)


def reads_around(specs: Sequence[FeatureSpec]) -> bool:
    """Whether raw is read around objects for some features, once they are known."""
    return any(spec.needs_histogram or (spec.needs_crop and spec.needs_raw) for spec in specs)


def steps(measuring: Measuring, groups: Sequence[Group]) -> Iterator[Step]:
    """Yield what is to be done, in turn; what is there is left out."""
    plan, parts = measuring.plan, measuring.parts
    yield REGIONS, collect, [(measuring, plan.blocks[number]) for number in parts.missing(REGIONS, range(len(plan)))]
    if measuring.histograms:
        yield RANGES, leave_ranges, [(measuring, t) for t in parts.missing(RANGES, range(plan.shape[0]))]
    yield VALUES, finish, [(measuring, groups[number]) for number in parts.missing(VALUES, range(len(groups)))]


def planned_reads(measuring: Measuring, labelled: Labelled, groups: Sequence[Group], reads: Reads) -> None:
    """Add what the steps read of raw to ``reads``: blocks with objects, around groups, and blocks for histograms."""
    raw, plan = measuring.raw, measuring.plan
    if raw is None:
        return
    if measuring.collects_raw:
        for block in plan.blocks:
            if labelled.ids_of(block.number).any():
                raw.count(reads, block.t, block.start, block.stop)
    for group in groups:
        if measuring.raw_again and group.fits:
            raw.count(reads, group.t, group.start, group.stop)
        elif measuring.histograms:
            for block in plan.overlapping(group.t, group.start, group.stop):
                if np.isin(labelled.ids_of(block.number), group.ids).any():
                    raw.count(reads, block.t, block.start, block.stop)


def collect(measuring: Measuring, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave what a block knows of its objects; nothing is read where there are none."""
    labels, ids = block_labels(measuring.known, block.number)
    found = _NONE
    if ids.any():
        raw = measuring.raw if measuring.collects_raw else None
        pixels = None if raw is None else raw.read(block.t, block.start, block.stop)
        regions = block_kernels.collect_block(labels, ids, pixels, measuring.features, threads=threads, cancel=cancel)
        found = regions.to_bytes()
    measuring.parts.write(REGIONS, block.number, found)


def leave_ranges(measuring: Measuring, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the smallest and the largest intensity in the objects of a frame, (channels, 2)."""
    ends: list[list[NDArray[np.float64]]] = []
    for block in measuring.plan.of_frame(t):
        regions = _regions(measuring.parts, block)
        if regions is not None:
            extrema = regions.extrema
            ends.append([np.fmin.reduce(extrema[..., 0]), np.fmax.reduce(extrema[..., 1])])
    of_blocks = np.array(ends)  # (blocks, 2, channels)
    ranges = np.stack([np.fmin.reduce(of_blocks[:, 0]), np.fmax.reduce(of_blocks[:, 1])], -1) if ends else of_blocks
    measuring.parts.save(RANGES, t, ranges=ranges)


def finish(measuring: Measuring, group: Group, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the values of a group of objects, what is missing of them, and which were too large to be looked at whole.

    The file has ``values`` (n, columns), ``missing`` (m, 3) and ``reasons`` as in :func:`napari_objclass.measure`, and
    ``large`` (n,).
    """
    blocks = measuring.plan.overlapping(group.t, group.start, group.stop)
    regions = _of_group(measuring.parts, blocks, group.ids)
    large, needed = _too_large(measuring, group, regions)
    labels = [block_labels(measuring.known, block.number) for block in blocks] if group.fits else []
    raw = measuring.raw if measuring.raw_again and group.fits else None
    pixels = None if raw is None else raw.read(group.t, group.start, group.stop)
    ranges = measuring.parts.load(RANGES, group.t)["ranges"] if measuring.histograms else None
    values, gaps, reasons = np.zeros((len(group.ids), measuring.n_columns)), [np.zeros((0, 3), np.int64)], list[str]()
    for rows in (np.flatnonzero(~large), np.flatnonzero(large)):
        if not len(rows):
            continue
        counts = None
        if ranges is not None and not group.fits:
            counts = _counts(measuring, blocks, group.ids[rows], ranges, threads, cancel)
        found = block_kernels.finish_objects(
            regions,
            group.ids[rows],
            labels,
            pixels,
            group.start,
            ranges,
            measuring.features,
            margin=measuring.margin,
            n_channels=0 if measuring.raw is None else measuring.raw.n_channels,
            counts=counts,
            too_large=needed[rows] if large[rows[0]] else None,
            threads=threads,
            cancel=cancel,
        )
        values[rows] = found.values.reshape(len(rows), measuring.n_columns)
        own = found.missing.reshape(-1, 3)
        gaps.append(np.stack([rows[own[:, 0]], own[:, 1], own[:, 2] + len(reasons)], axis=1))
        reasons += found.reasons
    measuring.parts.save(
        VALUES,
        group.number,
        values=values,
        missing=np.concatenate(gaps),
        reasons=np.array(reasons, np.str_),
        large=large,
    )


def _too_large(measuring: Measuring, group: Group, regions: Regions) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which objects are too large to be looked at as a whole, and how many bytes that would take."""
    if not measuring.crops:
        return np.full(len(group.ids), not group.fits), np.zeros(len(group.ids), np.uint64)
    raw = measuring.raw
    channels, itemsize = (0, 1) if raw is None else (raw.n_channels, raw.dtype.itemsize)
    needed = regions.crop_bytes(list(measuring.features), measuring.margin, channels, itemsize)
    return (needed > measuring.room) | (not group.fits), needed


def _counts(
    measuring: Measuring,
    blocks: Sequence[Block],
    ids: NDArray[np.uint64],
    ranges: NDArray[np.float64],
    threads: int | None,
    cancel: CancelToken | None,
) -> NDArray[np.uint64] | None:
    """Voxels of objects in the bins of their histograms, (objects, channels, bins), read block by block."""
    sums: NDArray[np.uint64] | None = None
    for block in blocks:
        labels, own = block_labels(measuring.known, block.number)
        if measuring.raw is None or not np.isin(own, ids).any():
            continue
        pixels = measuring.raw.read(block.t, block.start, block.stop)
        counts = block_kernels.count_block(labels, own, pixels, ids.tolist(), ranges, threads=threads, cancel=cancel)
        sums = counts if sums is None else sums + counts
    return sums


def _of_group(parts: Parts, blocks: Sequence[Block], ids: NDArray[np.uint64]) -> Regions:
    """What all blocks know of some objects, merged in the order of the blocks, in the order of ``ids``."""
    whole: Regions | None = None
    for block in blocks:
        regions = _regions(parts, block)
        if regions is None:
            continue
        own = regions.select(ids[np.isin(ids, regions.ids)])
        if whole is None:
            whole = own
        else:
            whole.merge(own)
    assert whole is not None, "each object has voxels in a block"
    return whole.select(ids)


def _regions(parts: Parts, block: Block) -> Regions | None:
    """What a block knows of its objects; None if it has none."""
    return parts.read(
        REGIONS, block.number, lambda data: None if data == _NONE else block_kernels.Regions.from_bytes(data)
    )
