"""Objects found by thresholding, block by block: cores, sizes and holes are known only where all blocks are.

::

    foreground ── keep ── gaps ── holes ── fill ── stitch
    (every block)  (frame) (block) (frame)  (block)  (frame)

Without holes to be filled, it is ``foreground ── stitch``. Between a step of blocks and one of frames, the faces of
the blocks are compared, see :func:`napari_objclass.workflow.blockwise.stitching.leave_faces`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import block_kernels, kernels, thresholding
from napari_objclass.workflow.blockwise import flooding
from napari_objclass.workflow.blockwise.labelling import LABELS, OBJECTS
from napari_objclass.workflow.blockwise.stitching import FACES, gather, leave_faces, leave_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from napari_objclass.block_kernels import BlockLabels
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import Block, BlockPlan, Triple
    from napari_objclass.workflow.blockwise.sources import Reads, Volume
    from napari_objclass.workflow.blockwise.stitching import Whole
    from napari_objclass.workflow.blockwise.workers import Step

#: Steps, as their files are called: components of what is at least the lower threshold, and of the cores; what else is
#: known of the foreground; and for holes, flags of the parts that are kept, background between them, and its flags.
MASK, CORES, FOREGROUND, KEPT, GAPS, HOLES = "mask", "cores", "foreground", "kept", "gaps", "holes"


@dataclass(frozen=True)
class Rule:
    """How objects are found in an image.

    Attributes
    ----------
    how
        Smoothing, thresholds and sizes, in pixels.
    channels
        Channel of the threshold, and that of the core if it is another one.
    """

    how: kernels.How
    channels: tuple[int, ...]

    @classmethod
    def of(
        cls,
        rule: thresholding.Rule,
        volume: Volume,
        *,
        value_range: tuple[float, float],
        spacing: Sequence[float] | None = None,
    ) -> Rule:
        """What a checked rule means in ``volume``; with ``spacing`` (z, y, x), sizes are physical.

        Raises
        ------
        ParameterError
            If the image has no such channel or axis.
        """
        channels = thresholding.used_channels(rule)
        for channel in channels:
            thresholding.check_channel(channel, volume.n_channels)
        return cls(thresholding.in_pixels(rule, volume, value_range=value_range, spacing=spacing), channels)

    @property
    def mask(self) -> str:
        """The step that leaves the components above the lower threshold: the labels, if no holes are filled."""
        return MASK if self.how["fill_holes"] else LABELS

    @property
    def floods(self) -> bool:
        """Whether each core grows into an object of its own."""
        return self.has_cores and not self.how["merge"]

    @property
    def has_cores(self) -> bool:
        """Whether objects need a core."""
        return self.how["high"] is not None

    def keeps(self, sizes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether sizes are within bounds."""
        return (sizes >= self.how["min_size"]) & (sizes <= self.how["max_size"])

    def window(self, block: Block, frame_shape: Triple) -> tuple[Triple, Triple]:
        """Start and stop of the box that the foreground of a block depends on."""
        halo = block_kernels.smoothing_halo(self.how["sigma"], frame_shape)
        z0, y0, x0 = np.maximum(np.subtract(block.start, halo), 0).tolist()
        z1, y1, x1 = np.minimum(np.add(block.stop, halo), frame_shape).tolist()
        return (z0, y0, x0), (z1, y1, x1)


def steps(parts: Parts, plan: BlockPlan, volume: Volume, rule: Rule, room: int) -> Iterator[Step]:
    """Yield what is to be done, in turn; each step is to be done before the next one is asked for.

    What is there is left out. In the end there are the labels and ids of all blocks and the objects of all frames, and
    what led to them is removed. Only floods look at more than a block: in at most ``room`` bytes, see
    :func:`.flooding.steps`.
    """
    if not parts.missing(OBJECTS, range(plan.shape[0])):
        return
    if rule.floods:
        yield from flooding.steps(parts, plan, volume, rule, room)
        return

    def blocks(step: str) -> list[Block]:
        return [plan.blocks[number] for number in parts.missing(step, range(len(plan)))]

    def frames(step: str) -> list[int]:
        return sorted({block.t for block in blocks(step)})

    def faces(step: str) -> Step:
        return step + FACES, leave_faces, [(parts, plan, step, block) for block in blocks(step + FACES)]

    yield FOREGROUND, leave_foreground, [(parts, volume, rule, block) for block in blocks(FOREGROUND)]
    yield faces(rule.mask)
    if rule.has_cores:
        yield faces(CORES)
    if rule.how["fill_holes"]:
        yield KEPT, leave_kept, [(parts, plan, t, rule) for t in frames(KEPT)]
        yield GAPS, leave_gaps, [(parts, block) for block in blocks(GAPS)]
        yield faces(GAPS)
        yield HOLES, leave_holes, [(parts, plan, t) for t in frames(HOLES)]
        yield LABELS, leave_filled, [(parts, block) for block in blocks(LABELS)]
        yield faces(LABELS)
    yield OBJECTS, stitch, [(parts, plan, t, rule) for t in parts.missing(OBJECTS, range(plan.shape[0]))]
    for step in (FOREGROUND, MASK, CORES, KEPT, GAPS, HOLES):
        parts.drop(step)
        parts.drop(step + FACES)


def planned_reads(parts: Parts, plan: BlockPlan, volume: Volume, rule: Rule, reads: Reads) -> None:
    """Add what the steps read to ``reads``: each block with the reach of the smoothing; floods, what they left."""
    if rule.floods:
        flooding.planned_reads(parts, plan, volume, rule, reads)
        return
    for block in plan.blocks:
        volume.count(reads, block.t, *rule.window(block, volume.shape[1:]), rule.channels)


def leave_foreground(
    parts: Parts, volume: Volume, rule: Rule, block: Block, threads: int | None, cancel: CancelToken | None
) -> None:
    """Leave the components of a block, those of its cores, which of them overlap, and how many pixels are NaN."""
    frame_shape = volume.shape[1:]
    start, stop = rule.window(block, frame_shape)
    pixels = volume.read(block.t, start, stop, rule.channels)
    found = block_kernels.threshold_block(
        pixels[..., 0],
        pixels[..., 1] if len(rule.channels) > 1 else None,
        how=rule.how,
        start=start,
        inner_start=block.start,
        inner_stop=block.stop,
        frame_shape=frame_shape,
        threads=threads,
        cancel=cancel,
    )
    known: dict[str, NDArray[Any]] = {"n_nan": np.array(found.n_nan)}
    if found.cores is not None:
        parts.write(CORES, block.number, found.cores.to_bytes())
        known["overlaps"] = found.mask.overlaps(found.cores)
    parts.write(rule.mask, block.number, found.mask.to_bytes())
    parts.save(FOREGROUND, block.number, **known)


def leave_kept(
    parts: Parts, plan: BlockPlan, t: int, rule: Rule, threads: int | None, cancel: CancelToken | None
) -> None:
    """Leave which parts of the blocks of a frame belong to an object of any size, before holes are filled."""
    whole = gather(parts, plan, t, MASK, connected=True)
    _save_flags(parts, plan, KEPT, whole, _cored(parts, plan, whole, rule))


def leave_gaps(parts: Parts, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the background between the parts of a block that are kept."""
    kept = parts.load(KEPT, block.number)["flags"]
    gaps = block_kernels.block_gaps(_labels(parts, MASK, block), kept, threads=threads, cancel=cancel)
    parts.write(GAPS, block.number, gaps.to_bytes())


def leave_holes(parts: Parts, plan: BlockPlan, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave which gaps of the blocks of a frame are holes: together with those of other blocks, they touch no border.

    In a frame of one slice, the faces of the slice are no border.
    """
    whole = gather(parts, plan, t, GAPS, connected=True)
    first = 1 if plan.shape[1] == 1 else 0
    starts, stops = whole.boxes[:, first:3], whole.boxes[:, 3 + first :]
    inside = np.all((starts > 0) & (stops < plan.shape[1 + first :]), axis=1)
    _save_flags(parts, plan, HOLES, whole, inside)


def leave_filled(parts: Parts, block: Block, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the components of a block with its holes filled."""
    filled = block_kernels.block_filled(
        _labels(parts, MASK, block),
        parts.load(KEPT, block.number)["flags"],
        _labels(parts, GAPS, block),
        parts.load(HOLES, block.number)["flags"],
        threads=threads,
        cancel=cancel,
    )
    parts.write(LABELS, block.number, filled.to_bytes())


def stitch(parts: Parts, plan: BlockPlan, t: int, rule: Rule, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the objects of a frame whose size is within bounds."""
    whole = gather(parts, plan, t, LABELS, connected=True)
    kept = np.ones(len(whole), bool) if rule.how["fill_holes"] else _cored(parts, plan, whole, rule)
    small = whole.sizes < rule.how["min_size"]
    leave_objects(
        parts,
        plan,
        whole,
        kept & rule.keeps(whole.sizes),
        n_small=int((kept & small).sum()),
        n_large=int((kept & ~small & ~rule.keeps(whole.sizes)).sum()),
        n_nan=sum(int(parts.load(FOREGROUND, block.number)["n_nan"]) for block in plan.of_frame(t)),
    )


def _cored(parts: Parts, plan: BlockPlan, whole: Whole, rule: Rule) -> NDArray[np.bool_]:
    """Which objects of a frame hold a core whose size is within bounds; all, if they need none."""
    if not rule.has_cores:
        return np.ones(len(whole), bool)
    cores = gather(parts, plan, whole.t, CORES, connected=True)
    fit, cored = rule.keeps(cores.sizes), np.zeros(len(whole), bool)
    for position, block in enumerate(plan.of_frame(whole.t)):
        numbers, of_cores = parts.load(FOREGROUND, block.number)["overlaps"].T.astype(np.int64) - 1
        fits = fit[cores.members[cores.starts[position] + of_cores]]
        cored[whole.members[whole.starts[position] + numbers[fits]]] = True
    return cored


def _save_flags(parts: Parts, plan: BlockPlan, step: str, whole: Whole, flags: NDArray[np.bool_]) -> None:
    """Leave the flags of objects for the parts of each block of their frame, by number."""
    for position, block in enumerate(plan.of_frame(whole.t)):
        parts.save(step, block.number, flags=whole.of_block(position, flags))


def _labels(parts: Parts, step: str, block: Block) -> BlockLabels:
    return block_kernels.BlockLabels.from_bytes(parts.read(step, block.number))
