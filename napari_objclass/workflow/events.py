"""The changes of a session. Doing, undoing, and replaying a journal are all the same: :meth:`Event.apply`.

An event is one class: the state it makes of another, its inverse, and its form in the journal. Add an event by adding
a class to ``EVENTS``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from napari_objclass.errors import ProjectError
from napari_objclass.workflow import marks
from napari_objclass.workflow.changes import Change
from napari_objclass.workflow.classes import Classes, ObjectClass
from napari_objclass.workflow.edits import Edit
from napari_objclass.workflow.lane import LaneRecord
from napari_objclass.workflow.marks import Mark
from napari_objclass.workflow.state import SETTINGS, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_objclass.workflow.applet import Json, Settings


class Event(Protocol):
    """One change of a session."""

    KIND: ClassVar[str]

    def apply(self, state: State) -> tuple[State, Event]:
        """Return the changed state, and the event that takes the change back."""
        ...

    def to_json(self, folder: Path | None) -> Json:
        """What the journal of a project in ``folder`` keeps."""
        ...


@dataclass(frozen=True)
class AnnotationsChanged:
    """Marks were made, and others taken away."""

    KIND: ClassVar[str] = marks.CHANGE
    add: tuple[Mark, ...] = ()
    #: Lane and mark uuid of each.
    remove: tuple[tuple[str, str], ...] = ()

    def apply(self, state: State) -> tuple[State, AnnotationsChanged]:
        """Return the changed state and the inverse."""
        lanes = dict.fromkeys([*(lane for lane, _ in self.remove), *(mark.lane for mark in self.add)])
        own = {lane: dict(state.marks.get(lane, {})) for lane in lanes}
        removed = tuple(own[lane].pop(uuid) for lane, uuid in self.remove)
        for mark in self.add:
            own[mark.lane][mark.uuid] = mark
        inverse = AnnotationsChanged(removed, tuple((mark.lane, mark.uuid) for mark in self.add))
        return replace(state, marks={**state.marks, **own}), inverse

    def to_json(self, folder: Path | None = None) -> Json:
        """Marks with their masks as flat lists."""
        return {
            "add": [mark.to_json() | {"runs": mark.runs.ravel().tolist()} for mark in self.add],
            "remove": [list(each) for each in self.remove],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> AnnotationsChanged:
        """Inverse of :meth:`to_json`."""
        add = (Mark.from_json(each, np.array(each["runs"], np.int64).reshape(-1, 4)) for each in values["add"])
        return cls(tuple(add), tuple((lane, uuid) for lane, uuid in values["remove"]))


@dataclass(frozen=True)
class ObjectsEdited:
    """Objects were edited by hand, or edits taken back."""

    KIND: ClassVar[str] = "edits"
    add: tuple[Edit, ...] = ()
    #: Lane and edit uuid of each.
    remove: tuple[tuple[str, str], ...] = ()

    def apply(self, state: State) -> tuple[State, ObjectsEdited]:
        """Return the changed state and the inverse."""
        gone, edits = set(self.remove), dict(state.edits)
        removed = tuple(edit for lane in edits.values() for edit in lane if (edit.lane, edit.uuid) in gone)
        for lane in {lane for lane, _ in gone}:
            edits[lane] = tuple(edit for edit in edits[lane] if (lane, edit.uuid) not in gone)
        for edit in self.add:
            edits[edit.lane] = (*edits.get(edit.lane, ()), edit)
        inverse = ObjectsEdited(removed, tuple((edit.lane, edit.uuid) for edit in self.add))
        return replace(state, edits=edits), inverse

    def to_json(self, folder: Path | None = None) -> Json:
        """Edits with their pixels as flat lists."""
        add = ((edit, edit.change) for edit in self.add)
        return {
            "add": [
                edit.to_json() | {"runs": change.runs.ravel().tolist(), "labels": change.labels.ravel().tolist()}
                for edit, change in add
            ],
            "remove": [list(each) for each in self.remove],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> ObjectsEdited:
        """Inverse of :meth:`to_json`."""
        runs = (np.array(each["runs"], np.int64).reshape(-1, 5) for each in values["add"])
        labels = (np.array(each["labels"], np.uint64).reshape(-1, 2) for each in values["add"])
        add = map(Edit.from_json, values["add"], map(Change, runs, labels))
        return cls(tuple(add), tuple((lane, uuid) for lane, uuid in values["remove"]))


@dataclass(frozen=True)
class ClassesChanged:
    """The list of classes is another one."""

    KIND: ClassVar[str] = "classes"
    classes: Classes

    def apply(self, state: State) -> tuple[State, ClassesChanged]:
        """Return the changed state and the inverse."""
        return replace(state, classes=self.classes), ClassesChanged(state.classes)

    def to_json(self, folder: Path | None = None) -> Json:
        """All classes."""
        return {"classes": [each.to_json() for each in self.classes]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> ClassesChanged:
        """Inverse of :meth:`to_json`."""
        return cls(tuple(ObjectClass.from_json(each) for each in values["classes"]))


@dataclass(frozen=True)
class SettingsChanged:
    """The settings of one applet are others."""

    KIND: ClassVar[str] = "settings"
    applet: str
    settings: Settings

    def apply(self, state: State) -> tuple[State, SettingsChanged]:
        """Return the changed state and the inverse."""
        settings = {**state.settings, self.applet: self.settings}
        return replace(state, settings=settings), SettingsChanged(self.applet, state.settings[self.applet])

    def to_json(self, folder: Path | None = None) -> Json:
        """All settings of the applet."""
        return {"applet": self.applet, "settings": self.settings.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> SettingsChanged:
        """Inverse of :meth:`to_json`."""
        return cls(values["applet"], SETTINGS[values["applet"]].from_json(values["settings"]))


@dataclass(frozen=True)
class LanesChanged:
    """Lanes were removed, put into the list, or (same uuid) given other sources.

    Attributes
    ----------
    put
        Records, each with its position in the list.
    remove
        Uuids.
    """

    KIND: ClassVar[str] = "lanes"
    put: tuple[tuple[int, LaneRecord], ...] = ()
    remove: tuple[str, ...] = ()

    def apply(self, state: State) -> tuple[State, LanesChanged]:
        """Return the changed state and the inverse."""
        before = {lane.uuid: (position, lane) for position, lane in enumerate(state.lanes)}
        gone = {*self.remove, *(lane.uuid for _, lane in self.put)}
        lanes = [lane for lane in state.lanes if lane.uuid not in gone]
        removed = {**state.removed, **{uuid: before[uuid][1] for uuid in self.remove if uuid in before}}
        for position, lane in sorted(self.put, key=lambda each: each[0]):
            lanes.insert(position, lane)
            removed.pop(lane.uuid, None)
        inverse = LanesChanged(
            tuple(before[uuid] for uuid in sorted(gone) if uuid in before),
            tuple(lane.uuid for _, lane in self.put if lane.uuid not in before),
        )
        return replace(state, lanes=tuple(lanes), removed=removed), inverse

    def to_json(self, folder: Path | None = None) -> Json:
        """Records, with paths relative to ``folder`` too."""
        return {"put": [[position, lane.to_json(folder)] for position, lane in self.put], "remove": list(self.remove)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> LanesChanged:
        """Inverse of :meth:`to_json`."""
        put = ((position, LaneRecord.from_json(lane, folder)) for position, lane in values["put"])
        return cls(tuple(put), tuple(values["remove"]))


@dataclass(frozen=True)
class Together:
    """Several changes that are one for the user, made in order."""

    KIND: ClassVar[str] = "together"
    changes: tuple[Event, ...]

    def apply(self, state: State) -> tuple[State, Together]:
        """Return the changed state and the inverse."""
        inverses: list[Event] = []
        for change in self.changes:
            state, inverse = change.apply(state)
            inverses.insert(0, inverse)
        return state, Together(tuple(inverses))

    def to_json(self, folder: Path | None) -> Json:
        """Entries of all."""
        return {"changes": [to_json(each, folder) for each in self.changes]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> Together:
        """Inverse of :meth:`to_json`."""
        return cls(tuple(from_json(each, folder) for each in values["changes"]))


EVENTS: dict[str, Any] = {
    event.KIND: event
    for event in (
        AnnotationsChanged,
        ObjectsEdited,
        ClassesChanged,
        SettingsChanged,
        LanesChanged,
        Together,
    )
}


def making(state: State) -> list[Event]:
    """Changes that make a state of an empty one; it has no edits and no removed images."""
    marked = tuple(mark for lane in state.lanes for mark in state.marks_of(lane.uuid))
    return [
        LanesChanged(put=tuple(enumerate(state.lanes))),
        *(SettingsChanged(applet, settings) for applet, settings in state.settings.items()),
        ClassesChanged(state.classes),
        AnnotationsChanged(add=marked),
    ]


def to_json(event: Event, folder: Path | None) -> Json:
    """Entry of the journal of a project in ``folder``."""
    return {"event": event.KIND} | event.to_json(folder)


def from_json(entry: Mapping[str, Any], folder: Path | None) -> Event:
    """Event of a journal entry.

    Raises
    ------
    ProjectError
        For an entry that this version does not know.
    """
    event = EVENTS.get(entry["event"])
    if event is None:
        raise ProjectError(
            f"the journal has an entry {entry['event']!r} that this version does not know; open it with a newer version"
        )
    decoded: Event = event.from_json(entry, folder)
    return decoded
