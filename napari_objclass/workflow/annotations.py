"""The applet of annotations: making marks of objects, and telling what all marks mean at present."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from napari_objclass.workflow.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.claims import Claims
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.marks import AnnotationState
    from napari_objclass.workflow.objects import Objects

ID = "annotations"


@dataclass(frozen=True, eq=False)
class Annotation:
    """A mark and what it means at present.

    Attributes
    ----------
    lane, t
        Position of the image set (None if it was removed) and frame.
    cls, class_name
        Number and name of the class; None if it was deleted.
    object_id
        The object it claims; None if parked.
    anchor, runs
        The place: one voxel (z, y, x), and the mask as rows z, y, x, length. Both in pixels of the image set; what was
        marked on a larger crop may lie outside, below 0 too.
    state, reason
        The state, and for a parked annotation why.
    """

    lane: int | None
    t: int
    cls: int | None
    class_name: str | None
    object_id: int | None
    anchor: tuple[int, int, int]
    runs: NDArray[np.int64] = field(repr=False)
    state: AnnotationState
    reason: str | None
    time: float
    uuid: str = field(repr=False)


def make(lane: str, objects: Objects, classes: Mapping[tuple[int, int], str]) -> tuple[Mark, ...]:
    """Mark objects: ``classes`` has the class uuid by frame and id."""
    now = time.time()
    masks = [shifted(runs, objects.offset) for runs in objects.masks(list(classes))]
    return tuple(
        Mark(uuid4().hex, lane, t, cls, runs, middle(runs), now)
        for ((t, _), cls), runs in zip(classes.items(), masks, strict=True)
    )


def describe(
    claims: Claims, lane: int | None, classes: Sequence[ObjectClass], offset: Sequence[int] = (0, 0, 0)
) -> list[Annotation]:
    """Annotations of one lane by frame and place, in terms of the present classes, objects and pixels.

    Parameters
    ----------
    claims
        What its marks claim.
    lane
        Position of the lane; None if it was removed.
    classes
        The present classes.
    offset
        Of the lane, (z, y, x).
    """
    back = [-each for each in offset]
    number_of = {each.uuid: number for number, each in enumerate(classes, 1)}
    described = []
    for mark, object_id, state, reason in claims.rows():
        number = number_of.get(mark.cls)
        described.append(
            Annotation(
                lane=lane,
                t=mark.t,
                cls=number,
                class_name=None if number is None else classes[number - 1].name,
                object_id=object_id or None,
                anchor=_sum(mark.anchor, back),
                runs=shifted(mark.runs, back),
                state=state,
                reason=reason,
                time=mark.time,
                uuid=mark.uuid,
            )
        )
    return sorted(described, key=lambda each: (each.t, each.anchor))


def shifted(runs: NDArray[np.int64], offset: Sequence[int]) -> NDArray[np.int64]:
    """Mask moved by ``offset``, (z, y, x)."""
    return runs + np.array([*offset, 0]) if any(offset) else runs


def middle(runs: NDArray[np.int64]) -> tuple[int, int, int]:
    """Voxel (z, y, x) in the middle of the middle run of a mask."""
    z, y, x, length = (int(each) for each in runs[len(runs) // 2])
    return z, y, x + length // 2


def _sum(voxel: tuple[int, int, int], offset: Sequence[int]) -> tuple[int, int, int]:
    return voxel[0] + offset[0], voxel[1] + offset[1], voxel[2] + offset[2]
