"""What marks mean for a label image: which objects they claim, and in which of four states they are.

A mark claims the object that holds more than half of the mark's voxels; hence it claims at most one. The marks on one
object agree on its class or not, and cover enough of it or not. States never delete a mark: with the old label image
back, the old states are back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.splice import find_rows
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.changes import Change
    from napari_objclass.workflow.marks import Mark
    from napari_objclass.workflow.objects import Objects

#: A mark claims the object that holds more than this share of its voxels. One half is the smallest share that lets
#: a mark claim one object at most.
CLAIM = 0.5
#: The marks on an object must cover at least this share of it: an object more than twice as large as what was marked
#: is another one.
COVER = 0.5


class Find(NamedTuple):
    """The object that holds more than the share ``CLAIM`` of a mark, 0 for none, and how many voxels of the mark."""

    object_id: int
    n_voxels: int


@dataclass(frozen=True, eq=False)
class Claims:
    """What the marks of one lane claim.

    Attributes
    ----------
    marks
        The marks, m of them.
    object_ids
        (m,) claimed object per mark, 0 for none.
    states
        One per mark.
    reasons
        One per mark; a sentence for parked ones, else None.
    finds
        What lies under each mark; empty where the image was not looked at.
    """

    marks: tuple[Mark, ...]
    object_ids: NDArray[np.uint64]
    states: tuple[AnnotationState, ...]
    reasons: tuple[str | None, ...]
    finds: Mapping[Mark, Find] = field(default_factory=dict, repr=False)

    @classmethod
    def parked(cls, marks: Sequence[Mark], reason: str) -> Claims:
        """Claims of marks whose image is not there."""
        states = (AnnotationState.PARKED,) * len(marks)
        return cls(tuple(marks), np.zeros(len(marks), np.uint64), states, (reason,) * len(marks))

    def rows(self) -> Iterator[tuple[Mark, int, AnnotationState, str | None]]:
        """Mark, claimed object or 0, state and reason of each mark."""
        return zip(self.marks, self.object_ids.tolist(), self.states, self.reasons, strict=True)

    def finds_beside(self, change: Change, offset: tuple[int, int, int]) -> dict[Mark, Find]:
        """:attr:`finds` of the marks that a change of pixels, of a crop at ``offset``, does not touch."""
        marks = list(self.finds)
        touched = change.touches(marks, offset).tolist()
        return {mark: self.finds[mark] for mark, again in zip(marks, touched, strict=True) if not again}

    @cached_property
    def active(self) -> dict[tuple[int, int], str]:
        """Class uuid of every object with active marks, by frame and id, in that order."""
        found = {
            (mark.t, object_id): mark.cls
            for mark, object_id, state, _ in self.rows()
            if state is AnnotationState.ACTIVE
        }
        return dict(sorted(found.items()))

    def class_numbers(
        self, frames: NDArray[np.int64], ids: NDArray[np.uint64], classes: Sequence[str]
    ) -> NDArray[np.int64]:
        """Class number, by its position among the uuids ``classes``, of all objects of a table.

        0 without an active mark of one of these classes.
        """
        number_of = {uuid: number for number, uuid in enumerate(classes, 1)}
        marked_frames = np.array([t for t, _ in self.active], np.int64)
        marked_ids = np.array([object_id for _, object_id in self.active], np.uint64)
        marked = np.array([number_of.get(uuid, 0) for uuid in self.active.values()], np.int64)
        rows = find_rows(frames, ids, marked_frames, marked_ids)
        numbers = np.zeros(len(ids), np.int64)
        numbers[rows[rows >= 0]] = marked[rows >= 0]
        return numbers

    @cached_property
    def claiming(self) -> dict[tuple[int, int], list[Mark]]:
        """The marks that claim an object, by frame and id."""
        found: defaultdict[tuple[int, int], list[Mark]] = defaultdict(list)
        for mark, object_id, _, _ in self.rows():
            if object_id:
                found[mark.t, object_id].append(mark)
        return dict(found)


def derive(
    objects: Objects, marks: Sequence[Mark], classes: Sequence[str], known: Mapping[Mark, Find] | None = None
) -> Claims:
    """Say what marks mean for the objects of a label image.

    Parameters
    ----------
    objects
        The label image with its index.
    marks
        Marks of this lane.
    classes
        Uuids of the classes there are; marks of other classes claim nothing.
    known
        :attr:`Claims.finds` of earlier claims, where the pixels are the same: those marks are not looked up again.
    """
    if not marks:
        return Claims((), np.zeros(0, np.uint64), (), ())
    known = known or {}
    new = [mark for mark in marks if mark not in known]
    looked_up = dict(zip(new, _look_up(objects, new), strict=True))
    finds = {mark: looked_up.get(mark) or known[mark] for mark in marks}
    number_of = {uuid: number for number, uuid in enumerate(classes)}
    numbers = np.array([number_of.get(mark.cls, -1) for mark in marks])
    object_ids = np.array([find.object_id for find in finds.values()], np.uint64)
    object_ids[numbers < 0] = 0
    rows = objects.rows(np.array([mark.t for mark in marks]), object_ids)
    states = _states(objects, marks, rows, numbers, np.array([find.n_voxels for find in finds.values()]))
    reasons = tuple(_reason(number, row) for number, row in zip(numbers.tolist(), rows.tolist(), strict=True))
    return Claims(tuple(marks), object_ids, states, reasons, finds)


def _look_up(objects: Objects, marks: Sequence[Mark]) -> Iterator[Find]:
    if not marks:
        return iter(())
    sizes = np.array([mark.runs[:, 3].sum() for mark in marks])
    object_ids, overlaps = _Voxels.under(objects, marks).majority(sizes)
    return map(Find, object_ids.tolist(), overlaps.tolist())


def _states(
    objects: Objects,
    marks: Sequence[Mark],
    rows: NDArray[np.int64],
    numbers: NDArray[np.int64],
    overlaps: NDArray[np.int64],
) -> tuple[AnnotationState, ...]:
    """States of marks that claim the objects ``rows`` (-1: none) with so many voxels for the classes ``numbers``."""
    states = np.array([AnnotationState.PARKED] * len(rows), object)  # the members themselves: np.full takes their text
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    if len(order) == 0:
        return tuple(states)
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    counts = np.diff(starts, append=len(order))
    claimed = rows[order[starts]]
    covered = overlaps[order[starts]]
    shared = np.repeat(counts > 1, counts)
    if shared.any():
        peers = order[shared]
        voxels = _Voxels.under(objects, [marks[peer] for peer in peers])
        covered[counts > 1] = voxels.union(objects, rows[peers])
    agreed = np.minimum.reduceat(numbers[order], starts) == np.maximum.reduceat(numbers[order], starts)
    own = np.array([AnnotationState.CHANGED] * len(claimed), object)
    own[covered >= COVER * objects.sizes[claimed]] = AnnotationState.ACTIVE
    own[~agreed] = AnnotationState.CONFLICT
    states[order] = np.repeat(own, counts)
    return tuple(states)


def _reason(number: int, row: int) -> str | None:
    if number < 0:
        return "its class was deleted"
    return "there is no object at its place" if row < 0 else None


@dataclass(frozen=True, eq=False)
class _Voxels:
    """All voxels under a list of marks.

    Attributes
    ----------
    owner
        (n,) index of the mark, rising.
    flat
        (n,) index into the flattened label image.
    ids
        (n,) label there.
    """

    owner: NDArray[np.int64]
    flat: NDArray[np.int64]
    ids: NDArray[np.uint64]

    @classmethod
    def under(cls, objects: Objects, marks: Sequence[Mark]) -> _Voxels:
        """Voxels of the marks that lie inside the image."""
        n_frames, depth, height, width = objects.labels.shape
        owner = np.repeat(np.arange(len(marks)), [len(mark.runs) for mark in marks])
        t = np.array([mark.t for mark in marks])[owner]
        z, y, x, length = (np.concatenate([mark.runs for mark in marks]) - [*objects.offset, 0]).T
        start, stop = x.clip(0), (x + length).clip(max=width)
        inside = (t < n_frames) & (z >= 0) & (z < depth) & (y >= 0) & (y < height) & (start < stop)
        first = (((t * depth + z) * height + y) * width + start)[inside]
        length = (stop - start)[inside]
        before = np.cumsum(length) - length
        flat = np.repeat(first - before, length) + np.arange(length.sum())
        return cls(np.repeat(owner[inside], length), flat, objects.labels.take(flat).astype(np.uint64))

    def majority(self, sizes: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Per mark, the object that holds more than its share ``CLAIM`` of ``sizes``, and with how many voxels."""
        object_ids, overlaps = np.zeros(len(sizes), np.uint64), np.zeros(len(sizes), np.int64)
        if len(self.flat) == 0:
            return object_ids, overlaps
        # Neighbours nearly always agree: what is sorted are stretches of one label, a few per mark.
        starts = _changes(self.owner, self.ids)
        lengths = np.diff(starts, append=len(self.flat))
        owner, ids = self.owner[starts], self.ids[starts]
        order = np.lexsort((ids, owner))
        owner, ids, lengths = owner[order], ids[order], lengths[order]
        starts = _changes(owner, ids)
        overlap, owner, ids = np.add.reduceat(lengths, starts), owner[starts], ids[starts]
        chosen = (overlap > CLAIM * sizes[owner]) & (ids != 0)
        object_ids[owner[chosen]], overlaps[owner[chosen]] = ids[chosen], overlap[chosen]
        return object_ids, overlaps

    def union(self, objects: Objects, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of voxels of each object that are under any of its marks; mark i claims that in row ``rows[i]``."""
        row = rows[self.owner]
        own = self.ids == objects.ids[row]
        _, first = np.unique(self.flat[own], return_index=True)
        _, covered = np.unique(row[own][first], return_counts=True)
        return covered


def _changes(owner: NDArray[np.int64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Indices at which a new stretch of equal owner and label begins."""
    changes = np.flatnonzero((owner[1:] != owner[:-1]) | (ids[1:] != ids[:-1])) + 1
    return np.concatenate([[0], changes])
