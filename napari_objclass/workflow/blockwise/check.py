"""Whether an image that is classified block by block is what it is as a whole: both are computed and compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np

from napari_objclass import axes as axis_letters, kernels
from napari_objclass.io.parts import Watch
from napari_objclass.workflow.blockwise.classify import Job
from napari_objclass.workflow.blockwise.independent import Independent
from napari_objclass.workflow.blockwise.job import given
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.lane import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.sources import Sliced
    from napari_objclass.workflow.object_classification import Prediction, TrainedForest
    from napari_objclass.workflow.objects import Objects
    from napari_objclass.workflow.session import Session

#: Part of an image: a slice along each of t, z, y, x.
Part = tuple[slice, slice, slice, slice]

#: Bytes of a voxel beside raw, where an image is classified as a whole: ids, two images of classes, and what finding
#: objects takes.
_BYTES = 16


class Difference(NamedTuple):
    """An object whose class differs.

    Attributes
    ----------
    t, object_id
        The object, with the id that it has in what was compared.
    box
        Around it in the whole image: z0, y0, x0, z1, y1, x1, the last three exclusive.
    whole
        Number of its class by the whole image.
    blockwise
        Numbers of the classes of its pixels block by block; 0 for none.
    """

    t: int
    object_id: int
    box: tuple[int, ...]
    whole: int
    blockwise: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came of a check.

    Attributes
    ----------
    lane
        Uuid of the image.
    part
        What of it was compared; None for all.
    classes
        Image ``tzyx`` of that part, with the class of every pixel as found block by block.
    n_objects
        Number of objects there.
    differences
        Those that differ, by frame and id.
    """

    lane: str
    part: Part | None
    classes: NDArray[Any]
    n_objects: int
    differences: tuple[Difference, ...]


def bytes_needed(session: Session, lane: str) -> int:
    """Bytes of memory that an image takes about when it is classified as a whole."""
    images = session.images(lane)
    return math.prod(images.shape) * _per_voxel(session, lane)


def part_that_fits(session: Session, lane: str, budget: int, t: int, middle: Sequence[int]) -> Part:
    """Part of a frame around a voxel (z, y, x) that can be classified as a whole in so many bytes."""
    shape = session.images(lane).shape
    n_voxels = budget / _per_voxel(session, lane)
    sides = [1, 1, 1]
    for n_left, axis in zip((3, 2, 1), np.argsort(shape[1:]), strict=True):  # what a short axis leaves, others get
        side = int((n_voxels / math.prod(sides)) ** (1 / n_left))
        sides[axis] = min(shape[1 + axis], max(side, 2))
    starts = [
        min(max(at - side // 2, 0), length - side) for at, side, length in zip(middle, sides, shape[1:], strict=True)
    ]
    z, y, x = (slice(start, start + side) for start, side in zip(starts, sides, strict=True))
    return slice(t, t + 1), z, y, x


def compare(
    session: Session, lane: str, part: Part | None = None, *, as_ilastik: bool = False, **run: Unpack[RunOptions]
) -> Comparison:
    """Classify an image as a whole and block by block, with the project's settings.

    Parameters
    ----------
    session, lane
        The session, and the uuid of the image.
    part
        What of it is looked at, as if there were nothing else; None for all.
    as_ilastik
        Compare with ilastik's independent blocks instead of the plan.
    **run
        ``threads``, ``progress`` and ``cancel``.

    Raises
    ------
    ObjClassError
        When it cannot be classified.
    """
    piece = _piece(session, lane, part, **run)
    objects = piece.objects
    classes = _independent(session, piece, **run) if as_ilastik else _by_plan(session, piece, **run)
    whole = kernels.paint(piece.labels, objects.frames, objects.ids, piece.prediction.classes.astype(np.uint16))
    return Comparison(lane, part, classes, len(objects.ids), _differences(piece, whole, classes, part))


@dataclass(frozen=True, eq=False)
class _Piece:
    """What is compared: its images, as a job takes them, and what the whole of it is."""

    given: Mapping[str, Any]
    raw: Sliced | None
    objects: Objects
    prediction: Prediction
    trained: TrainedForest

    @cached_property
    def labels(self) -> NDArray[Any]:
        """Label image of the objects."""
        return np.asarray(self.objects.labels)


def _piece(session: Session, lane: str, part: Part | None, **run: Unpack[RunOptions]) -> _Piece:
    trained = session.train(**run)
    if part is None:
        objects, raw = session.objects(lane, **run), session.images(lane).raw
        prediction = session.predict(lane, retrain=False, **run)
        return _Piece(given(session, lane), raw, objects, prediction, trained)
    box = dict(zip(axis_letters.LABELS, part, strict=True))
    cut = given(session, lane)
    images = {}
    for role, axes in cut["axes"].items():
        is_edited = role == LABELS and session.edits(lane).applied
        pixels: Sliced = session.objects(lane).labels if is_edited else session.source(lane, role).data
        images[role] = np.asarray(pixels[tuple(box.get(letter, slice(None)) for letter in axes)])
    cut["images"] = images
    described = {name: value for name, value in cut.items() if name != "images"}
    chain, record = session.predictor().open(images, **described)
    prediction = chain.predict(record, retrain=False, **run)
    return _Piece(cut, chain.images(record).raw, chain.objects(record, **run), prediction, trained)


def _independent(session: Session, piece: _Piece, **run: Unpack[RunOptions]) -> NDArray[Any]:
    settings = session.blockwise_settings
    labels = Volume(piece.labels, axis_letters.LABELS, "the label image", ids=True)
    raw = None if piece.raw is None else Volume(piece.raw, axis_letters.RAW, "raw")
    blocks = (settings.ilastik_block_shape, settings.halo)
    return Independent(labels, raw, piece.trained, *blocks, piece.given["spacing"]).classes(**run)


def _by_plan(session: Session, piece: _Piece, **run: Unpack[RunOptions]) -> NDArray[Any]:
    settings = session.blockwise_settings
    job = Job.of(
        session.predictor(),
        **piece.given,
        block_shape=settings.block_shape,
        memory=settings.memory,
        threads=run.get("threads"),
    )
    result = job.run(folder=None, export=None, watch=Watch(run.get("progress"), run.get("cancel")))
    classes = result.classes.astype(np.uint8 if len(result.class_names) <= 255 else np.uint16)
    return kernels.paint(piece.labels, result.table.frames, result.table.ids, classes)


def _differences(
    piece: _Piece, whole: NDArray[Any], classes: NDArray[Any], part: Part | None
) -> tuple[Difference, ...]:
    """Objects with pixels of another class."""
    found, objects = [], piece.objects
    first, origin = (0, (0, 0, 0)) if part is None else (part[0].start, [each.start for each in part[1:]])
    for t, (one, other, labels) in enumerate(zip(whole, classes, piece.labels, strict=True)):
        ids = np.unique(labels[one != other])
        rows = objects.rows(np.full(len(ids), t), ids.astype(np.uint64))
        for row, object_id in zip(rows[ids > 0].tolist(), ids[ids > 0].tolist(), strict=True):
            start, stop = np.split(objects.boxes[row], 2)
            box = tuple(map(slice, start, stop))
            inside = labels[box] == object_id
            whole_class, seen = int(one[box][inside][0]), np.unique(other[box][inside])
            place = (*(start + origin), *(stop + origin))
            numbers = tuple(seen.tolist())
            found.append(Difference(first + t, object_id, tuple(map(int, place)), whole_class, numbers))
    return tuple(found)


def _per_voxel(session: Session, lane: str) -> int:
    sources = [session.source(lane, role) for role in session.lane(lane).sources]
    n_voxels = math.prod(session.images(lane).shape)
    return _BYTES + sum(-(-source.data.nbytes // n_voxels) for source in sources)
