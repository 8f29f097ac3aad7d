"""Labels of an ilastik project: marks, which are places, from its object ids; and what its forest learnt from.

Ids of ilastik count the objects of a frame in the order in which their first pixels come, line by line and plane by
plane, whatever the ids in a label image are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.workflow.annotations import make
from napari_objclass.workflow.object_classification import Samples
from napari_objclass.workflow.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.features import FeatureSpec
    from napari_objclass.io.ilp import IlpLane
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.marks import Mark


def marks_of(
    lane: IlpLane, record: LaneRecord, classes: Classes, find: Callable[[], Objects], notes: list[str]
) -> tuple[Mark, ...]:
    """Marks for the labels of a lane: where the project holds its objects, or else where they are found again.

    Parameters
    ----------
    find
        Finds the objects; called if the project does not hold those of a frame with labels.
    """
    marks: list[Mark] = []
    missing, problem = 0, ""
    for frame, numbers in lane.labels.items():
        labelled = {int(i): int(numbers[i]) for i in np.flatnonzero(numbers) if 1 <= numbers[i] <= len(classes)}
        if not labelled:
            continue
        try:
            objects = Objects.of(_image(lane, frame, find)[np.newaxis])
        except ObjClassError as error:
            missing, problem = missing + len(labelled), f" ({error})"
            continue
        there = set(objects.ids.tolist())
        missing += sum(object_id not in there for object_id in labelled)
        chosen = {(0, i): classes[number - 1].uuid for i, number in labelled.items() if i in there}
        marks += [replace(mark, t=frame) for mark in make(record.uuid, objects, chosen)]
    if missing:
        notes.append(f"{missing} labels of {record.name!r} could not be placed: their objects are not known{problem}")
    return tuple(marks)


def _image(lane: IlpLane, frame: int, find: Callable[[], Objects]) -> NDArray[Any]:
    """Label image ``zyx`` of a frame with ilastik's ids."""
    if frame in lane.label_image:
        return lane.label_image[frame]
    labels = find().labels
    return counted(labels[frame]) if frame < len(labels) else np.zeros((1, 1, 1), np.uint32)


def counted(labels: NDArray[Any]) -> NDArray[np.uint32]:
    """Label image with ids 1, 2, … in the order of the first pixels of its objects."""
    ids, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbers = np.zeros(len(ids), np.uint32)
    order = np.argsort(first)
    order = order[ids[order] != 0]
    numbers[order] = np.arange(1, len(order) + 1)
    return numbers[inverse].reshape(labels.shape)


def samples(
    lanes: Sequence[IlpLane], records: Sequence[LaneRecord], used: Mapping[tuple[str, str], FeatureSpec]
) -> Samples:
    """What the forest learnt from, as the project holds it; none if it does not hold all.

    Parameters
    ----------
    used
        The features of the forest, in the order of its columns.
    """
    columns = tuple(column for spec in used.values() for column in spec.columns)
    parts = [_of_lane(lane, record, used, columns) for lane, record in zip(lanes, records, strict=True)]
    known = [part for part in parts if part is not None]
    if len(known) == len(parts) and any(len(part.y) for part in known):
        return Samples.pooled(known)
    nothing = np.zeros(0, np.int64)
    empty = np.zeros((0, len(columns)), np.float32)
    return Samples(empty, nothing, nothing, nothing, nothing.astype(np.uint64), (), columns)


def _of_lane(
    lane: IlpLane, record: LaneRecord, used: Mapping[tuple[str, str], FeatureSpec], columns: tuple[str, ...]
) -> Samples | None:
    """Samples of one lane; None if values of a labelled object are not known."""
    rows, y, frames, ids = [np.zeros((0, len(columns)), np.float32)], [], [], []
    for frame, numbers in lane.labels.items():
        labelled = np.flatnonzero(numbers)
        if not len(labelled):
            continue
        try:
            cached, pairs = lane.features.get(frame, {}), lane.original_ids.get(frame, ())
        except FileError:
            return None
        values = [cached[each] for each in used if each in cached]
        if len(values) < len(used) or any(labelled[-1] >= len(each) for each in values):
            return None
        matrix = np.concatenate([each[labelled].reshape(len(labelled), -1) for each in values], axis=1)
        if matrix.shape[1] != len(columns):
            return None
        rows.append(matrix.astype(np.float32))
        y += numbers[labelled].astype(int).tolist()
        frames += [frame] * len(labelled)
        given = {int(own): int(original) for own, original in pairs}
        ids += [given.get(int(each), int(each)) for each in labelled]
    return Samples(
        X=np.concatenate(rows),
        y=np.array(y, np.int64),
        lanes=np.zeros(len(y), np.int64),
        frames=np.array(frames, np.int64),
        ids=np.array(ids, np.uint64),
        lane_uuids=(record.uuid,),
        columns=columns,
    )
