"""Edits of objects by hand: patches over the label image that they were made on, kept in the project.

An edit belongs to its *base*: the objects as they follow from the images and settings alone. With another base it
waits, and applies again when that base is back.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import numpy as np

from napari_objclass.workflow.applet import Settings
from napari_objclass.workflow.changes import Change
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import Json, Key
    from napari_objclass.workflow.lane import LaneRecord


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit by hand.

    Attributes
    ----------
    base
        What the objects follow from without edits, see :func:`base_of`.
    change
        The pixels, with their labels before and after.
    """

    uuid: str
    lane: str
    base: str
    change: Change

    @classmethod
    def new(cls, lane: str, base: str, change: Change) -> Edit:
        """Make an edit with a name of its own."""
        return cls(uuid4().hex, lane, base, change)

    def to_json(self) -> Json:
        """Values by field name, but for the pixels."""
        return {"uuid": self.uuid, "lane": self.lane, "base": self.base}

    @classmethod
    def from_json(cls, values: Mapping[str, Any], change: Change) -> Edit:
        """Inverse of :meth:`to_json`."""
        return cls(values["uuid"], values["lane"], values["base"], change)


class Edits(NamedTuple):
    """How many edits by hand are in the objects of an image set, and how many wait for the objects they belong to."""

    applied: int
    waiting: int


class EditedKey(NamedTuple):
    """What objects depend on: what they follow from without edits, and the edits, in order."""

    base: Key
    edits: tuple[Edit, ...]

    def change_since(self, before: object) -> Change | None:
        """Return the change that leads here from the objects of another key; None if more than edits differs."""
        if not isinstance(before, EditedKey) or before.base != self.base:
            return None
        pairs = enumerate(zip(before.edits, self.edits, strict=False))
        common = next(
            (i for i, (old, new) in pairs if old is not new),
            min(len(before.edits), len(self.edits)),
        )
        undone = [edit.change.inverse() for edit in reversed(before.edits[common:])]
        return Change.joined([*undone, *(edit.change for edit in self.edits[common:])])


def base_of(lane: LaneRecord, rule: Key) -> str:
    """Text that names the objects of a lane without edits: the image that they come from, and how they are found."""
    role = next(role for role in (LABELS, SEGMENTATION, PROBABILITIES, RAW) if role in lane.sources)
    content = [role, lane.sources[role].fingerprint, *map(_plain, rule)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    """Equal values as equal JSON; of settings those that are not the default, so that later ones change nothing."""
    if isinstance(value, Settings):
        own = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
        return {name: _plain(chosen) for name, (chosen, default) in sorted(own.items()) if chosen != default}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return float(value) if isinstance(value, int) else value


def waiting_note(name: str, n_waiting: int) -> str:
    """Sentence about edits of an image set that do not apply."""
    edits, they = ("edits by hand of {} wait", "they were") if n_waiting > 1 else ("edit by hand of {} waits", "it was")
    return f"{n_waiting} {edits.format(repr(name))} until its objects are found as when {they} made"


def to_arrays(edits: Sequence[Edit]) -> dict[str, NDArray[Any]]:
    """Arrays of a project behind the entries of edits."""
    changes = [edit.change for edit in edits]
    joined = Change.joined(changes)
    offsets = np.cumsum([0, *(len(change.runs) for change in changes)], dtype=np.int64)
    return {"edits/runs": joined.runs, "edits/labels": joined.labels, "edits/run_offsets": offsets}


def from_arrays(entries: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]) -> list[Edit]:
    """Inverse of :func:`to_arrays` and :meth:`Edit.to_json`."""
    if not entries:
        return []
    ends = arrays["edits/run_offsets"][1:-1]
    parts = zip(np.split(arrays["edits/runs"], ends), np.split(arrays["edits/labels"], ends), strict=True)
    return [Edit.from_json(values, Change(*part)) for values, part in zip(entries, parts, strict=True)]
