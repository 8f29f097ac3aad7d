"""The part of a session that deals with annotations from elsewhere: taking them over, and comparing with them."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_objclass.errors import FileError, ObjClassError, ParameterError
from napari_objclass.io.formats import PROJECT_SUFFIX
from napari_objclass.workflow import agreement, annotation_merge, classes, matching
from napari_objclass.workflow.annotation_import import from_image, read_annotations
from napari_objclass.workflow.annotation_merge import BOTH, CONFLICTS, THEIRS, Imported
from napari_objclass.workflow.claims import Claims, derive
from napari_objclass.workflow.events import AnnotationsChanged, ClassesChanged, Together
from napari_objclass.workflow.lanes import WithImages

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike

    from napari_objclass.workflow.agreement import Agreement
    from napari_objclass.workflow.annotation_import import Found
    from napari_objclass.workflow.chain import Chain
    from napari_objclass.workflow.classes import Classes, ObjectClass
    from napari_objclass.workflow.events import Event
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.marks import AnnotationState, Mark


class WithExchange(WithImages):
    """Annotations from tables, images of classes and other projects."""

    def import_annotations(
        self,
        lane: int | str | None,
        source: str | os.PathLike[str] | ArrayLike | Self,
        *,
        conflicts: str | None = None,
        source_lane: str | None = None,
    ) -> Imported:
        """Take over annotations from elsewhere, as one change that undo takes back.

        Annotations that are here already, the same place of the same class, are passed over: importing twice is
        importing once. Classes that are missing here are added, by name.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid; None for all lanes that another project has too, or for the only one.
        source
            A table (CSV with a class, and an id or a position per line); an image of class numbers, as a file or an
            array of the shape and axes of :meth:`label_image`; or another project, as a file or a session.

            From a table or an image come masks of the objects of today. A position without an object becomes a place
            of one voxel that waits for one; ids that do not exist and positions outside the image are left out and
            counted. From a project come its places with their masks, whatever the objects are here; they can come
            while the image itself cannot be read.
        conflicts
            What happens on an object that has a label: ``"theirs"`` replaces it, as a click does; ``"mine"`` leaves the
            new one out; ``"both"`` keeps both, and where their classes differ the object shows as a conflict that a
            click decides. By default ``"both"`` for projects, whose labels are somebody's work too, else ``"theirs"``.
        source_lane
            Name or uuid of the image in the other project. By default it is the one with the same raw pixels, else the
            only one of the same name.

        Returns
        -------
        Imported
            How many came, in which states they are, and what was left out; ``str`` says it in one sentence.

        Raises
        ------
        FileError, ShapeError
            If the source cannot be read, or is of another shape.
        ParameterError
            If nothing of it can be used, or its image is not known.
        """
        if conflicts not in (None, *CONFLICTS):
            raise ParameterError(f"conflicts is one of {', '.join(CONFLICTS)}, got {conflicts!r}")
        if isinstance(source, WithExchange) or _is_project(source):
            with self._other(source) as other:
                return self._import_project(other, lane, source_lane, conflicts or BOTH)
        return self._import_found(self._only(lane), source, conflicts or THEIRS)

    def compare_annotations(
        self, other: str | os.PathLike[str] | Self, lane: int | str | None = None, *, other_lane: str | None = None
    ) -> Agreement:
        """Compare the annotations of two people, on the objects that the images have here.

        Nothing is changed, and of the other project only annotations and classes are looked at: they are places.

        Parameters
        ----------
        other
            The other person's project, as a file or a session.
        lane
            Position of the lane, or its uuid; None for all that both have.
        other_lane
            As ``source_lane`` of :meth:`import_annotations`.

        Raises
        ------
        FileError
            If the project, or an image of this one, cannot be read.
        ParameterError
            If it is not known which image is which.
        """
        with self._other(other) as theirs:
            chain, state = self._chain, theirs._state
            known, here = matching.joined(chain.state.classes, state.classes)
            names = {each.uuid: each.name for each in known}
            views: list[agreement.View] = []
            for record, counterpart in self._pairs(chain, theirs, lane, other_lane):
                if problem := chain.images(record).problem:
                    raise ObjClassError(problem)
                objects, there = chain.objects(record), [each.uuid for each in state.classes]
                own, others = chain.claims(record), derive(objects, state.marks_of(counterpart.uuid), there)
                views.append(
                    agreement.View(
                        record.name,
                        record.uuid,
                        objects,
                        (own, others),
                        (names, {uuid: names[here[uuid]] for uuid in there}),
                    )
                )
            return agreement.compare(known, views)

    # --------------------------------------------------------------------------------------------------- images

    @contextmanager
    def _other(self, source: Any) -> Iterator[WithExchange]:
        """Yield another project, opened for reading if it is a file."""
        if isinstance(source, WithExchange):
            yield source
        else:
            with type(self).open(Path(source).expanduser(), read_only=True) as other:
                yield other

    def _only(self, lane: int | str | None) -> int | str:
        """Return the lane, or the only one."""
        if lane is None and len(self._state.lanes) != 1:
            known = matching.listed(self._state.lanes) or "none"
            raise ParameterError(f"say which image the labels are for; the images are {known}")
        return 0 if lane is None else lane

    def _pairs(
        self, chain: Chain, other: WithExchange, lane: int | str | None, name: str | None
    ) -> list[tuple[LaneRecord, LaneRecord]]:
        """Lanes here and in another project that are the same image."""
        own, others = chain.state.lanes, other._state.lanes
        if name is not None:
            return [(own[chain.position(self._only(lane))], matching.named(others, name))]
        asked = own if lane is None else (own[chain.position(lane)],)
        pairs = [(each, found) for each in asked if (found := matching.counterpart(each, own, others)) is not None]
        if not pairs:
            which = repr(asked[0].name) if len(asked) == 1 else "an image here"
            raise matching.UnmatchedError(which, others)
        return pairs

    # -------------------------------------------------------------------------------------------------- imports

    def _import_project(
        self, other: WithExchange, lane: int | str | None, name: str | None, conflicts: str
    ) -> Imported:
        with self._changing:
            chain, theirs = self._chain, other._state
            arriving, came, used = {}, Imported(), set()
            pairs = self._pairs(chain, other, lane, name)
            for _, counterpart in pairs:
                used |= {mark.cls for mark in theirs.marks_of(counterpart.uuid)}
            known, here = matching.joined(chain.state.classes, [each for each in theirs.classes if each.uuid in used])
            for record, counterpart in pairs:
                marks, left_out = annotation_merge.copies(theirs.marks_of(counterpart.uuid), record.uuid, here)
                arriving[record.uuid] = marks
                came += Imported(left_out=left_out)
            return came + self._take(arriving, known, conflicts)

    def _import_found(self, lane: int | str, source: Any, conflicts: str) -> Imported:
        lane = self.lane(lane).uuid
        self.objects(lane)  # may take long, and must not keep others waiting
        with self._changing:
            chain, record = self._at(lane)
            images, objects = chain.images(record), chain.objects(record)
            if images.problem:
                raise ObjClassError(images.problem)
            found = _found(source, self.label_image(lane), images.axes)
            known = annotation_merge.classes_with(chain.state.classes, found.classes)
            uuids = [known[classes.number(known, cls) - 1].uuid for cls in found.classes]
            arriving, left_out = annotation_merge.marks_found(found, record.uuid, objects, uuids)
            return Imported(left_out=left_out) + self._take({record.uuid: arriving}, known, conflicts)

    def _take(self, arriving: Mapping[str, Sequence[Mark]], known: Classes, conflicts: str) -> Imported:
        """Merge marks from elsewhere by lane, and say what came of them."""
        chain, came = self._chain, Imported()
        add: tuple[Mark, ...] = ()
        remove: tuple[tuple[str, str], ...] = ()
        for lane, marks in arriving.items():
            _, record = self._at(lane)
            merged = annotation_merge.merge(
                chain.present_claims(record), _claims(chain, record, marks, known), conflicts
            )
            add += merged.add
            remove += tuple((lane, mark.uuid) for mark in merged.remove)
            came += Imported(n_known=merged.n_known, n_yielding=merged.n_yielding, n_replaced=len(merged.remove))
        changes: list[Event] = [ClassesChanged(known)] if known != chain.state.classes else []
        changes += [AnnotationsChanged(add, remove)] if add or remove else []
        if changes:
            self._do(changes[0] if len(changes) == 1 else Together(tuple(changes)))
        return came + Imported(self._states(arriving, {mark.uuid for mark in add}))

    def _states(self, lanes: Mapping[str, object], marks: set[str]) -> Counter[AnnotationState]:
        """Number of these marks in each state."""
        claims = (self._chain.present_claims(self._at(lane)[1]) for lane in lanes)
        return Counter(state for each in claims for mark, _, state, _ in each.rows() if mark.uuid in marks)


def _claims(chain: Chain, record: LaneRecord, marks: Sequence[Mark], known: Sequence[ObjectClass]) -> Claims:
    """What marks from elsewhere claim; nothing where the image cannot be seen."""
    try:
        problem = chain.images(record).problem
        if problem is None:
            return derive(chain.objects(record), marks, [each.uuid for each in known])
    except FileError as error:
        problem = str(error)
    return Claims.parked(marks, problem)


def _is_project(source: object) -> bool:
    return isinstance(source, str | Path) and Path(source).suffix == PROJECT_SUFFIX


def _found(source: Any, labels: Any, axes: str) -> Found:
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        return read_annotations(source, labels, axes)
    return from_image(np.asarray(source), labels, axes)
