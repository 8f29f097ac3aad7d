"""Objects that grow from cores by flooding, block by block, each core into one of its own.

::

    groups ── windows ── floods ── grown ── around ── holes ── labels ── objects
    (block)   (frame)    (window)  (block)  (block)   (frame)  (block)   (frame)

Pixels that floods reach, cores, and the direct neighbours of both make groups that do not touch: a flood stays in its
group, so groups are flooded one by one, those near each other in one window. What one object alone encloses is filled
last, see :mod:`napari_objclass.workflow.blockwise.flooded_holes`.

Where two objects are equally near to a pixel, the order of all floods of the frame decides. So a frame that fits into
the memory of a task is flooded in one piece: ``frame ── objects``. In a larger one each group has an order of its own;
how many groups it matters in is counted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from napari_objclass import block_kernels, kernels, memory
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.blockwise import flooded_holes
from napari_objclass.workflow.blockwise.flooded_holes import GROWN
from napari_objclass.workflow.blockwise.grouping import Surroundings
from napari_objclass.workflow.blockwise.labelling import LABELS, OBJECTS, Labelled
from napari_objclass.workflow.blockwise.plan import Block
from napari_objclass.workflow.blockwise.stitching import FACES, gather, leave_faces, leave_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan, Triple
    from napari_objclass.workflow.blockwise.sources import Reads, Volume
    from napari_objclass.workflow.blockwise.stitching import Whole
    from napari_objclass.workflow.blockwise.thresholding import Rule
    from napari_objclass.workflow.blockwise.workers import Step

#: Steps, as their files are called: groups and cores of a block, and what else is known of them; the windows of a frame
#: and the seeds in each block; what a window has flooded of a block, and that it has done so.
GROUPS, CORES, FOUND = "groups", "cores", "found"
WINDOWS, SEEDS, PIECES, FLOODS = "windows", "seeds", "pieces", "floods"

#: Share of each step in the work.
SHARES = {FOUND: 40.0, WINDOWS: 5.0, FLOODS: 40.0}

#: Bytes that flooding takes per voxel beside the pixels: values, seeds, labels twice, runs, and what waits in queues.
_BYTES = 32


class Window(NamedTuple):
    """The box from ``start`` to ``stop`` (z, y, x) of a frame that holds some groups, which are flooded together.

    Attributes
    ----------
    number
        Its place among the windows of all frames.
    own
        Its place among those of its frame.
    """

    number: int
    own: int
    t: int
    start: Triple
    stop: Triple

    @property
    def box(self) -> Block:
        """The same without its place in the frame."""
        return Block(self.number, self.t, self.start, self.stop)


def steps(parts: Parts, plan: BlockPlan, volume: Volume, rule: Rule, room: int) -> Iterator[Step]:
    """What is to be done, in turn; each is to be done before the next one is asked for. What is there is left out.

    In the end there are the labels and ids of all blocks, and the objects of all frames; what led to them is removed.

    Parameters
    ----------
    room
        Bytes that a task may use.

    Raises
    ------
    ParameterError
        By the task of the windows, before anything is flooded: if a group is too large for the memory.
    """
    frames = range(plan.shape[0])
    if not parts.missing(OBJECTS, frames):
        return

    def blocks(step: str) -> list[Block]:
        return [plan.blocks[number] for number in parts.missing(step, range(len(plan)))]

    def faces(step: str) -> Step:
        return step + FACES, leave_faces, [(parts, plan, step, block) for block in blocks(step + FACES)]

    if fits(plan, volume, rule, room):
        todo = {*parts.missing(WINDOWS, frames), *(block.t for block in blocks(LABELS))}
        yield WINDOWS, leave_frame, [(parts, plan, volume, rule, t) for t in sorted(todo)]
    else:
        low = reached_from(rule.how["low"])
        yield FOUND, leave_groups, [(parts, volume, rule, block, low) for block in blocks(FOUND)]
        yield FOUND, leave_groups, [(parts, volume, rule, *each) for each in _too_high(parts, plan, rule)]
        yield faces(GROUPS)
        yield faces(CORES)
        missing = parts.missing(WINDOWS, frames)
        yield WINDOWS, leave_windows, [(parts, plan, volume, rule, room, t) for t in missing]
        windows = _windows(parts, plan)
        dry = [windows[number] for number in parts.missing(FLOODS, range(len(windows)))]
        yield FLOODS, leave_flood, [(parts, plan, volume, rule, window) for window in dry]
        grown = GROWN if rule.how["fill_holes"] else LABELS
        touching = _by_block(plan, windows)
        yield grown, leave_grown, [(parts, plan, grown, each, touching[each.number]) for each in blocks(grown)]
        if rule.how["fill_holes"]:
            yield from flooded_holes.steps(parts, plan)
    yield faces(LABELS)
    yield OBJECTS, stitch, [(parts, plan, rule, t) for t in parts.missing(OBJECTS, frames)]
    for step in (GROUPS, CORES, FOUND, WINDOWS, SEEDS, PIECES, FLOODS, *flooded_holes.STEPS):
        parts.drop(step)
        parts.drop(step + FACES)


def note(labelled: Labelled) -> str | None:
    """What a user is told of objects whose border the whole image might draw elsewhere; None if there are none."""
    n = labelled.n_contested
    if not n:
        return None
    groups = "1 group of touching objects has" if n == 1 else f"{n} groups of touching objects have"
    return (
        f"{groups} pixels that are equally near to two objects, which the whole image may share out otherwise; "
        "for the same result, allow the memory of a whole frame"
    )


def fits(plan: BlockPlan, volume: Volume, rule: Rule, room: int) -> bool:
    """Whether a frame can be flooded in one piece by a task that may use ``room`` bytes."""
    return math.prod(plan.shape[1:]) <= _most(volume, rule, room)


def reached_from(low: float, largest: float | None = None) -> float:
    """A value not above any that floods reach: those as deep below the largest as ``low``, when rounded to 32 bit.

    Parameters
    ----------
    low
        The lower threshold.
    largest
        The largest finite value of the frame, smoothed; None if it is not known yet. Then the answer holds for those
        up to a few thousand times ``low``.
    """
    if largest is None:
        return low - abs(low) / 1024 - 2.0**-20
    if not math.isfinite(largest):
        return low
    with np.errstate(over="ignore"):
        top, threshold = np.float32(largest), np.float32(low)
        deepest, value = max(top - threshold, np.float32(0)), min(threshold, top)
        step = np.spacing(abs(value))
        while np.isfinite(value) and top - np.nextafter(value, np.float32(-np.inf)) <= deepest:
            value, step = value - step, 2 * step
    return float(value)


def leave_frame(
    parts: Parts,
    plan: BlockPlan,
    volume: Volume,
    rule: Rule,
    t: int,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave the labels of all blocks of a frame, flooded in one piece, holes filled."""
    frame_shape = plan.shape[1:]
    channels = _channels(volume.read(t, (0, 0, 0), frame_shape, rule.channels))
    found = kernels.threshold(*channels, **rule.how, stage="unfiltered", threads=threads, cancel=cancel)
    for block in plan.of_frame(t):
        part = found.labels[_place(block.start, block.stop)]
        labels = block_kernels.label_block(part, block.start, frame_shape, threads=threads, cancel=cancel)
        parts.write(LABELS, block.number, labels.to_bytes())
    parts.save(WINDOWS, t, boxes=np.zeros((0, 6), np.int64), n_nan=np.array(found.n_nan))


def leave_groups(
    parts: Parts,
    volume: Volume,
    rule: Rule,
    block: Block,
    low: float,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave the groups of what is at least ``low`` or in a core in a block, and its cores, each in one of them."""
    frame_shape = volume.shape[1:]
    start, stop = _with_neighbours(rule, block, frame_shape)
    found = block_kernels.groups_block(
        *_channels(volume.read(block.t, start, stop, rule.channels)),
        how={**rule.how, "low": low},
        start=start,
        inner_start=block.start,
        inner_stop=block.stop,
        frame_shape=frame_shape,
        threads=threads,
        cancel=cancel,
    )
    assert found.cores is not None, "floods begin at cores"
    parts.write(GROUPS, block.number, found.mask.to_bytes())
    parts.write(CORES, block.number, found.cores.to_bytes())
    parts.save(
        FOUND,
        block.number,
        overlaps=found.mask.overlaps(found.cores),
        n_nan=np.array(found.n_nan),
        largest=np.array(found.largest, np.float32),
        low=np.array(low),
    )


def leave_windows(
    parts: Parts,
    plan: BlockPlan,
    volume: Volume,
    rule: Rule,
    room: int,
    t: int,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave the windows of a frame: boxes around the groups that have a seed, a core whose size is within bounds.

    The seeds of each block are left, too: per core its number in the frame, 0 if it is no seed, and its window.
    """
    found = [parts.load(FOUND, block.number) for block in plan.of_frame(t)]
    cores, groups = (gather(parts, plan, t, step, connected=True) for step in (CORES, GROUPS))
    group_of_core = np.zeros(len(cores), np.int64)
    for position, each in enumerate(found):
        of_groups, of_cores = each["overlaps"].T.astype(np.int64) - 1
        own = cores.members[cores.starts[position] + of_cores]
        group_of_core[own] = groups.members[groups.starts[position] + of_groups]
    fit = rule.keeps(cores.sizes)
    window_of_group, boxes = _divided(parts, plan, groups, np.unique(group_of_core[fit]), volume, rule, room)
    numbers, windows = (np.cumsum(fit) * fit).astype(np.uint32), window_of_group[group_of_core]
    for position, block in enumerate(plan.of_frame(t)):
        own = {"numbers": cores.of_block(position, numbers), "windows": cores.of_block(position, windows)}
        parts.save(SEEDS, block.number, **own)
    n_nan = sum(int(each["n_nan"]) for each in found)
    largest = max(np.float32(each["largest"]) for each in found)
    parts.save(WINDOWS, t, boxes=boxes, n_nan=np.array(n_nan), largest=np.array(largest))


def leave_flood(
    parts: Parts,
    plan: BlockPlan,
    volume: Volume,
    rule: Rule,
    window: Window,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave what the groups of a window become, for each block with a voxel of them; keys are the numbers of seeds."""
    frame_shape, run = plan.shape[1:], kernels.Run("flooding", threads, None, cancel)
    seeds = np.zeros((1, *np.subtract(window.stop, window.start)), np.uint32)
    shared = [(block, *_common(window, block)) for block in plan.overlapping(window.t, window.start, window.stop)]
    for block, low, high in shared:
        known = parts.load(SEEDS, block.number)
        numbers = np.where(known["windows"] == window.own, known["numbers"], np.uint32(0))
        if numbers.any():
            cores = parts.read(CORES, block.number, block_kernels.BlockLabels.from_bytes)
            seeds[_place(low, high, window.start)] = cores.paint(run, low, high, numbers)
    start, stop = rule.window(window.box, frame_shape)
    labels, n_contested = block_kernels.flood_window(
        *_channels(volume.read(window.t, start, stop, rule.channels)),
        how=rule.how,
        start=start,
        inner_start=window.start,
        frame_shape=frame_shape,
        largest=float(parts.load(WINDOWS, window.t)["largest"]),
        seeds=seeds,
        threads=threads,
        cancel=cancel,
    )
    for block, low, high in shared:
        piece = labels[_place(low, high, window.start)]
        if piece.any():
            part = block_kernels.label_block(piece, low, frame_shape, threads=threads, cancel=cancel)
            parts.write(PIECES, _piece(plan, window.number, block), part.to_bytes())
    parts.save(FLOODS, window.number, n_contested=np.array(n_contested))


def leave_grown(
    parts: Parts,
    plan: BlockPlan,
    step: str,
    block: Block,
    windows: list[int],
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Leave the labels of a block that some windows, given by number, have flooded; keys are the numbers of seeds."""
    run, image = kernels.Run("flooding", threads, None, cancel), np.zeros((1, *block.shape), np.uint32)
    for number in windows:
        if parts.has(PIECES, _piece(plan, number, block)):
            piece = parts.read(PIECES, _piece(plan, number, block), block_kernels.BlockLabels.from_bytes)
            keys = np.concatenate([[0], piece.keys]).astype(np.uint32)
            own = image[_place(piece.start, piece.stop, block.start)]
            own += piece.paint(run, piece.start, piece.stop, keys)  # windows may overlap, their groups do not
    labels = block_kernels.label_block(image, block.start, plan.shape[1:], threads=threads, cancel=cancel)
    parts.write(step, block.number, labels.to_bytes())


def stitch(parts: Parts, plan: BlockPlan, rule: Rule, t: int, threads: int | None, cancel: CancelToken | None) -> None:
    """Leave the objects of a frame whose size is within bounds."""
    whole = gather(parts, plan, t, LABELS, connected=True)
    kept, small = rule.keeps(whole.sizes), whole.sizes < rule.how["min_size"]
    own = [window for window in _windows(parts, plan) if window.t == t]
    leave_objects(
        parts,
        plan,
        whole,
        kept,
        n_small=int(small.sum()),
        n_large=int((~small & ~kept).sum()),
        n_nan=int(parts.load(WINDOWS, t)["n_nan"]),
        n_contested=sum(int(parts.load(FLOODS, window.number)["n_contested"]) for window in own),
        read=np.array(list(_read(parts, plan, rule, t, own)), np.int64).reshape(-1, 6),
    )


def planned_reads(parts: Parts, plan: BlockPlan, volume: Volume, rule: Rule, reads: Reads) -> None:
    """Add what the steps read to ``reads``, once the objects are known: the windows depend on them."""
    for t in range(plan.shape[0]):
        for z0, y0, x0, z1, y1, x1 in parts.load(OBJECTS, t)["read"].tolist():
            volume.count(reads, t, (z0, y0, x0), (z1, y1, x1), rule.channels)


def _read(parts: Parts, plan: BlockPlan, rule: Rule, t: int, windows: list[Window]) -> Iterator[tuple[int, ...]]:
    """Boxes of a frame that were read: all of it, or what blocks and windows depend on."""
    frame_shape, low = plan.shape[1:], reached_from(rule.how["low"])
    for block in plan.of_frame(t):
        if not parts.has(FOUND, block.number):
            yield (0, 0, 0, *frame_shape)
            return
        start, stop = _with_neighbours(rule, block, frame_shape)
        yield (*start, *stop)
        if parts.load(FOUND, block.number)["low"] < low:  # the first guess was too high
            yield (*start, *stop)
    for window in windows:
        start, stop = rule.window(window.box, frame_shape)
        yield (*start, *stop)


def _with_neighbours(rule: Rule, block: Block, frame_shape: Triple) -> tuple[Triple, Triple]:
    """Start and stop of the box that the groups of a block depend on: neighbours of what floods reach are in them."""
    z0, y0, x0 = np.maximum(np.subtract(block.start, 1), 0).tolist()
    z1, y1, x1 = np.minimum(np.add(block.stop, 1), frame_shape).tolist()
    return rule.window(block._replace(start=(z0, y0, x0), stop=(z1, y1, x1)), frame_shape)


def _most(volume: Volume, rule: Rule, room: int) -> int:
    """Most voxels of a box that is flooded; the kernels count them in 32 bit."""
    return min(room // _per_voxel(volume, rule), 2**32 - 2)


def _per_voxel(volume: Volume, rule: Rule) -> int:
    return _BYTES + volume.dtype.itemsize * len(rule.channels)


def _too_high(parts: Parts, plan: BlockPlan, rule: Rule) -> list[tuple[Block, float]]:
    """Blocks whose groups leave out what floods reach, as the largest value of their frame tells; and from where."""
    again = []
    for t in range(plan.shape[0]):
        found = [(block, parts.load(FOUND, block.number)) for block in plan.of_frame(t)]
        low = reached_from(rule.how["low"], max((float(each["largest"]) for _, each in found), default=-math.inf))
        again += [(block, low) for block, each in found if low < each["low"]]
    return again


def _divided(
    parts: Parts, plan: BlockPlan, groups: Whole, seeded: NDArray[np.int64], volume: Volume, rule: Rule, room: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Window of each group that has a seed, -1 for others, and the boxes of the windows, z0, y0, x0, z1, y1, x1."""
    frames, ids, boxes = np.full(len(seeded), groups.t), seeded.astype(np.uint64), groups.boxes[seeded]
    sizes, firsts = groups.sizes[seeded].astype(np.int64), groups.firsts[seeded]
    objects = Labelled(plan, parts, frames, ids, sizes, firsts, boxes)
    halo = block_kernels.smoothing_halo(rule.how["sigma"], plan.shape[1:])
    together = Surroundings(halo, _most(volume, rule, room), volume.chunks).groups(objects)
    window_of_group = np.full(len(groups), -1)
    hulls = np.zeros((len(together), 6), np.int64)
    for number, each in enumerate(together):
        hulls[number, :3], hulls[number, 3:] = boxes[each.rows, :3].min(axis=0), boxes[each.rows, 3:].max(axis=0)
        if not each.fits:
            _refuse(hulls[number], groups.t, each.voxels * _per_voxel(volume, rule), room)
        window_of_group[seeded[each.rows]] = number
    return window_of_group, hulls


def _refuse(box: NDArray[np.int64], t: int, needed: int, room: int) -> NoReturn:
    lengths = " x ".join(str(length) for length in (box[3:] - box[:3]).tolist())
    raise ParameterError(
        f"frame {t} has touching objects that are flooded together, {lengths} voxels (z, y, x) in all, which takes "
        f"{memory.text(needed)} of memory, and {memory.text(room)} may be used; allow more memory, raise the "
        "threshold, or merge objects"
    )


def _windows(parts: Parts, plan: BlockPlan) -> list[Window]:
    """The windows of all frames."""
    found: list[Window] = []
    for t in range(plan.shape[0]):
        for own, (z0, y0, x0, z1, y1, x1) in enumerate(parts.load(WINDOWS, t)["boxes"].tolist()):
            found.append(Window(len(found), own, t, (z0, y0, x0), (z1, y1, x1)))
    return found


def _by_block(plan: BlockPlan, windows: list[Window]) -> dict[int, list[int]]:
    """Numbers of the windows that overlap each block."""
    found: dict[int, list[int]] = {block.number: [] for block in plan.blocks}
    for window in windows:
        for block in plan.overlapping(window.t, window.start, window.stop):
            found[block.number].append(window.number)
    return found


def _piece(plan: BlockPlan, window: int, block: Block) -> int:
    """Number of the file of what a window has flooded of a block."""
    return window * len(plan) + block.number


def _channels(pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The channel of the threshold, and that of the core if it is another one."""
    return pixels[..., 0], pixels[..., 1] if pixels.shape[-1] > 1 else None


def _common(window: Window, block: Block) -> tuple[Triple, Triple]:
    """Start and stop of the box that a window and a block have in common."""
    z0, y0, x0 = np.maximum(window.start, block.start).tolist()
    z1, y1, x1 = np.minimum(window.stop, block.stop).tolist()
    return (z0, y0, x0), (z1, y1, x1)


def _place(start: Triple, stop: Triple, origin: Triple = (0, 0, 0)) -> tuple[slice, ...]:
    """Where a box is in an image ``tzyx`` of one frame that begins at ``origin``."""
    return (slice(None), *map(slice, np.subtract(start, origin), np.subtract(stop, origin)))
