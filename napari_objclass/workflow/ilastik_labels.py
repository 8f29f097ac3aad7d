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
from napari_objclass.workflow.label_volume import LabelVolume
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
        labelled = {i: int(numbers[i]) for i in _labelled(numbers).tolist() if numbers[i] <= len(classes)}
        if not labelled:
            continue
        try:
            objects, keys = _objects(lane, frame, find)
        except ObjClassError as error:
            missing, problem = missing + len(labelled), f" ({error})"
            continue
        chosen = {keys[i]: classes[number - 1].uuid for i, number in labelled.items() if i in keys}
        missing += len(labelled) - len(chosen)
        marks += [replace(mark, t=frame) for mark in make(record.uuid, objects, chosen)]
    if missing:
        labels = "1 label" if missing == 1 else f"{missing} labels"
        notes.append(f"{labels} of {record.name!r} could not be placed, since the objects are not known{problem}")
    return tuple(marks)


def _labelled(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids of objects with a class; 0 is the background."""
    ids: NDArray[np.int64] = np.flatnonzero(numbers > 0)
    return ids[ids > 0]


def _objects(lane: IlpLane, frame: int, find: Callable[[], Objects]) -> tuple[Objects, dict[int, tuple[int, int]]]:
    """Objects of a frame, and their frame and id there by ilastik's id."""
    if frame in lane.label_image:
        objects = Objects.of(lane.label_image[frame][np.newaxis])
        return objects, {object_id: (0, object_id) for object_id in objects.ids.tolist()}
    objects = find()
    if frame >= len(objects.labels):
        return objects, {}
    labels = objects.labels
    ids = labels.in_order(frame) if isinstance(labels, LabelVolume) else in_order(labels[frame])
    return objects, {number: (frame, object_id) for number, object_id in enumerate(ids, 1)}


def in_order(labels: NDArray[Any]) -> list[int]:
    """Ids of a label image in the order of the first pixels of its objects."""
    flat = labels.reshape(-1)
    starts = np.flatnonzero(flat[1:] != flat[:-1]) + 1  # of stretches of one id, which are few
    stretches = flat[np.concatenate([[0], starts])]
    ids, first = np.unique(stretches, return_index=True)
    ordered: list[int] = ids[np.argsort(first)].tolist()
    return [object_id for object_id in ordered if object_id]


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
        labelled = _labelled(numbers)
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
