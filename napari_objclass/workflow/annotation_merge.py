"""What comes of annotations from elsewhere: marks beside, or instead of, those that are here."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import numpy as np

from napari_objclass.errors import ParameterError
from napari_objclass.workflow import classes as object_classes
from napari_objclass.workflow.annotations import make, shifted
from napari_objclass.workflow.marks import AnnotationState, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_objclass.workflow.annotation_import import Found
    from napari_objclass.workflow.claims import Claims
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.objects import Objects

#: Whose label counts on an object that has one already.
THEIRS, MINE, BOTH = "theirs", "mine", "both"
CONFLICTS = (THEIRS, MINE, BOTH)

#: More would be ids or grey values that were taken for classes.
MOST_CLASSES = 255

_WORDS = {
    AnnotationState.ACTIVE: ("is active", "are active"),
    AnnotationState.CHANGED: ("needs confirming", "need confirming"),
    AnnotationState.CONFLICT: ("is of an object with two classes", "are of objects with two classes"),
    AnnotationState.PARKED: ("has no object here now", "have no object here now"),
}


@dataclass(frozen=True)
class Imported:
    """What came of annotations from elsewhere; ``str`` says it in one sentence.

    Attributes
    ----------
    states
        Number of new annotations by the state they are in now.
    n_known
        How many were here already: the same place, of the same class.
    n_yielding
        How many were left out because their object has a label here, which counts.
    n_replaced
        How many annotations from here made way.
    left_out
        How many could not be taken, by reason.
    """

    states: Counter[AnnotationState] = field(default_factory=Counter)
    n_known: int = 0
    n_yielding: int = 0
    n_replaced: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def n_new(self) -> int:
        """Number of annotations that came."""
        return self.states.total()

    def __add__(self, other: Imported) -> Imported:
        return Imported(
            self.states + other.states,
            self.n_known + other.n_known,
            self.n_yielding + other.n_yielding,
            self.n_replaced + other.n_replaced,
            self.left_out + other.left_out,
        )

    def __str__(self) -> str:
        states = ", ".join(f"{n} {_WORDS[state][n > 1]}" for state in AnnotationState if (n := self.states[state]) > 0)
        clauses = [f"{_labels(self.n_new)} came" + (f": {states}" if states else "")]
        if self.n_known:
            clauses.append(f"{self.n_known} {'were' if self.n_known > 1 else 'was'} here already")
        if self.n_yielding:
            clauses.append(f"{_labels(self.n_yielding)} left out, as the objects have labels here")
        if self.n_replaced:
            clauses.append(f"{_labels(self.n_replaced)} from here made way")
        clauses += [f"{_labels(n)} left out: {reason}" for reason, n in self.left_out.items()]
        return "; ".join(clauses)


class Merged(NamedTuple):
    """Marks to be added, those that make way, and how many were known or yield."""

    add: tuple[Mark, ...]
    remove: tuple[Mark, ...]
    n_known: int
    n_yielding: int


def merge(own: Claims, new: Claims, conflicts: str) -> Merged:
    """Decide which marks come, and which make way for them.

    Parameters
    ----------
    own, new
        What the marks of an image and those from elsewhere claim, on the same objects.
    conflicts
        On an object that own marks claim: ``"theirs"`` replaces these, as a click does; ``"mine"`` leaves the new ones
        out; ``"both"`` keeps all, and where they disagree the user sees it.
    """
    here = {_identity(mark) for mark in own.marks}
    arriving = {_identity(mark): (mark, object_id) for mark, object_id, _, _ in new.rows()}
    fresh = [each for identity, each in arriving.items() if identity not in here]
    n_known = len(new.marks) - len(fresh)
    if conflicts == MINE:
        coming = [(mark, object_id) for mark, object_id in fresh if (mark.t, object_id) not in own.claiming]
        return Merged(tuple(mark for mark, _ in coming), (), n_known, len(fresh) - len(coming))
    remove: tuple[Mark, ...] = ()
    if conflicts == THEIRS:
        claimed = (mark for key in new.claiming for mark in own.claiming.get(key, ()))
        remove = tuple(mark for mark in claimed if _identity(mark) not in arriving)
    return Merged(tuple(mark for mark, _ in fresh), remove, n_known, 0)


def copies(marks: Iterable[Mark], lane: str, classes: Mapping[str, str]) -> tuple[list[Mark], Counter[str]]:
    """Marks of another project as marks of ``lane``, and how many of them have no class.

    Parameters
    ----------
    classes
        Uuid here of each class by its uuid there.
    """
    copied, left_out = [], Counter[str]()
    for mark in marks:
        if mark.cls in classes:
            copied.append(Mark(uuid4().hex, lane, mark.t, classes[mark.cls], mark.runs, mark.anchor, mark.time))
        else:
            left_out["their class was deleted"] += 1
    return copied, left_out


def marks_found(
    found: Found, lane: str, objects: Objects, classes: Sequence[str]
) -> tuple[tuple[Mark, ...], Counter[str]]:
    """Marks of what a table or an image says; of two rows for one object the later counts.

    A position without an object becomes a place of one voxel, which waits for one. Ids that no object has are left out.

    Parameters
    ----------
    classes
        (n,) class uuid per row of ``found``.

    Returns
    -------
    marks, left_out
        Marks, and how many rows are left out, by reason.

    Raises
    ------
    ParameterError
        If none of the rows can be used: what is wrong with the first.
    """
    keys, voxels, left_out = _keys(found, objects, classes)
    if found.classes and not keys and not voxels:
        objects.keys(found.frames[:1], ids=found.ids and found.ids[:1], at=found.at and found.at[:1])
    now = time.time()
    places = []
    for (t, voxel), cls in voxels.items():
        runs = shifted(np.array([[*voxel, 1]], np.int64), objects.offset)
        z, y, x = runs[0, :3].tolist()
        places.append(Mark(uuid4().hex, lane, t, cls, runs, (z, y, x), now))
    return (*make(lane, objects, keys), *places), left_out


def _keys(
    found: Found, objects: Objects, classes: Sequence[str]
) -> tuple[dict[tuple[int, int], str], dict[tuple[int, tuple[int, int, int]], str], Counter[str]]:
    """Class by frame and id of objects, and by frame and voxel where there is none."""
    keys: dict[tuple[int, int], str] = {}
    voxels: dict[tuple[int, tuple[int, int, int]], str] = {}
    left_out = Counter[str]()
    if found.ids is not None:
        known = set(zip(objects.frames.tolist(), objects.ids.tolist(), strict=True))
        for key, cls in zip(zip(found.frames, found.ids, strict=True), classes, strict=True):
            if key in known:
                keys[key] = cls
            else:
                left_out["there are no such objects"] += 1
        return keys, voxels, left_out
    for t, position, cls in zip(found.frames, found.at or (), classes, strict=True):
        try:
            voxel = objects.voxel(t, position)
        except ParameterError:
            left_out["they are outside the image"] += 1
            continue
        object_id = int(objects.labels[(t, *voxel)])
        if object_id:
            keys[t, object_id] = cls
        else:
            voxels[t, voxel] = cls
    return keys, voxels, left_out


def classes_with(classes: Classes, wanted: Sequence[int | str]) -> Classes:
    """Add the classes that are missing: names as they come, numbers up to the largest.

    Raises
    ------
    ParameterError
        For numbers that are no class numbers.
    """
    largest = max((cls for cls in wanted if isinstance(cls, int)), default=0)
    if largest > MOST_CLASSES:
        raise ParameterError(f"class {largest} is no class number: they count from 1 to at most {MOST_CLASSES}")
    for name in dict.fromkeys(cls for cls in wanted if isinstance(cls, str)):
        if name not in {each.name for each in classes}:
            classes = object_classes.added(classes, name)
    while len(classes) < largest:
        classes = object_classes.added(classes)
    return classes


def _identity(mark: Mark) -> tuple[int, str, bytes]:
    """What makes two marks of an image say the same."""
    return mark.t, mark.cls, mark.runs.astype("<i8").tobytes()


def _labels(n: int) -> str:
    return f"{n} label{'' if n == 1 else 's'}"
