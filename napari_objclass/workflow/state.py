"""What a session consists of besides pixels, and how it is written into and read from a project file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_objclass.workflow import (
    blockwise_settings,
    classes,
    edits,
    export,
    feature_selection,
    object_classification,
    thresholding,
)
from napari_objclass.workflow.blockwise_settings import Blockwise
from napari_objclass.workflow.classes import Classes, ObjectClass
from napari_objclass.workflow.edits import Edit, Edits
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.lane import LaneRecord
from napari_objclass.workflow.marks import Mark
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.thresholding import Thresholding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import Key, Settings

#: The settings of every applet that has some.
SETTINGS: dict[str, type[Settings]] = {
    thresholding.ID: Thresholding,
    feature_selection.ID: FeatureSelection,
    object_classification.ID: Classifier,
    export.ID: Export,
    blockwise_settings.ID: Blockwise,
}


def _default_settings() -> dict[str, Settings]:
    return {applet: settings() for applet, settings in SETTINGS.items()}


@dataclass(frozen=True)
class State:
    """Settings by applet, lanes, classes, marks by lane uuid and their own uuid, and edits by hand by lane uuid.

    A state never changes: an event makes another one of it (:mod:`napari_objclass.workflow.events`), so that any
    thread reads a state undisturbed. Marks and edits of removed lanes stay, and with them the records, by which a lane
    is known again.
    """

    settings: Mapping[str, Settings] = field(default_factory=_default_settings)
    lanes: tuple[LaneRecord, ...] = ()
    removed: Mapping[str, LaneRecord] = field(default_factory=dict)
    classes: Classes = classes.DEFAULT
    marks: Mapping[str, Mapping[str, Mark]] = field(default_factory=dict)
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)

    @property
    def thresholding(self) -> Thresholding:
        """How objects are found in probabilities."""
        return cast("Thresholding", self.settings[thresholding.ID])

    def rule(self, lane: LaneRecord) -> Key:
        """What the objects of a lane depend on beside its pixels."""
        if not lane.is_thresholded:
            return ()
        return (self.thresholding.effective, lane.spacing if self.thresholding.physical_sizes else None)

    def base(self, lane: LaneRecord) -> str:
        """Text that names the objects of a lane as they are without edits by hand."""
        return edits.base_of(lane, self.rule(lane))

    def edits_of(self, lane: LaneRecord) -> tuple[Edit, ...]:
        """Edits by hand that are in the objects of a lane, in the order in which they were made."""
        own = self.edits.get(lane.uuid, ())
        base = self.base(lane) if own else ""
        return tuple(edit for edit in own if edit.base == base)

    def count_edits(self, lane: LaneRecord) -> Edits:
        """How many edits by hand of a lane apply, and how many wait."""
        applied = len(self.edits_of(lane))
        return Edits(applied, len(self.edits.get(lane.uuid, ())) - applied)

    def waiting_notes(self) -> list[str]:
        """One sentence for each lane with edits by hand that do not apply."""
        counted = ((lane.name, self.count_edits(lane).waiting) for lane in self.lanes)
        return [edits.waiting_note(name, waiting) for name, waiting in counted if waiting]

    @property
    def feature_selection(self) -> FeatureSelection:
        """Which features are measured."""
        return cast("FeatureSelection", self.settings[feature_selection.ID])

    @property
    def classifier(self) -> Classifier:
        """How the forest is grown."""
        return cast("Classifier", self.settings[object_classification.ID])

    @property
    def export(self) -> Export:
        """What is written of every image."""
        return cast("Export", self.settings[export.ID])

    @property
    def blockwise(self) -> Blockwise:
        """How images are classified block by block."""
        return cast("Blockwise", self.settings[blockwise_settings.ID])

    @property
    def learning(self) -> dict[str, Settings]:
        """Settings that a forest depends on beside objects: as if only the features were selected that it uses."""
        selection, classifier = self.feature_selection, self.classifier
        settings = {applet: self.settings[applet] for applet in (feature_selection.ID, object_classification.ID)}
        if classifier.features is None or isinstance(selection.features, str):
            return settings
        used = replace(selection, features=classifier.used(tuple(selection.features)))
        return {
            **settings,
            feature_selection.ID: used,
            object_classification.ID: replace(classifier, features=None),
        }

    def marks_of(self, lane: str) -> tuple[Mark, ...]:
        """Marks of one lane, in the order in which they were made."""
        return tuple(self.marks.get(lane, {}).values())

    @property
    def n_marks(self) -> int:
        """Number of all marks."""
        return sum(map(len, self.marks.values()))

    def removed_before(self, lane: LaneRecord) -> LaneRecord | None:
        """Find a removed lane with the same pixels, or else one of the same raw, whose labels are places in it too.

        The latest counts.
        """
        same = [old for old in self.removed.values() if old.looks == lane.looks]
        exact = [old for old in same if old.content == lane.content]
        return next(reversed(exact or same), None)

    def teaching_digest(self) -> str:
        """Text that changes with labels, classes and settings of the learning, whatever the images are."""
        marks = sorted((mark.uuid, mark.cls) for lane in self.lanes for mark in self.marks_of(lane.uuid))
        return _digest({**self._lesson(), "marks": marks})

    def training_digest(self) -> str:
        """Text that changes with everything a forest depends on: marks, their images, classes and settings."""
        lanes = [lane for lane in self.lanes if self.marks.get(lane.uuid)]
        content = {
            **self._lesson(),
            "lanes": [
                (
                    lane.uuid,
                    lane.content,
                    lane.spacing,
                    *map(repr, self.rule(lane)),
                    *filter(any, [lane.offset]),
                    *(edit.uuid for edit in self.edits_of(lane)),
                )
                for lane in lanes
            ],
            "marks": [sorted((mark.uuid, mark.cls) for mark in self.marks_of(lane.uuid)) for lane in lanes],
        }
        return _digest(content)

    def _lesson(self) -> dict[str, Any]:
        return {
            "settings": {applet: settings.to_json() for applet, settings in self.learning.items()},
            "classes": [each.uuid for each in self.classes],
        }

    def to_document(self, folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Entries of a project document in ``folder``, and the arrays behind them."""
        marks = [mark for lane in self.marks.values() for mark in lane.values()]
        edited = [edit for lane in self.edits.values() for edit in lane]
        needed = {lane for lanes in (self.marks, self.edits) for lane, own in lanes.items() if own}
        document = {
            "settings": {applet: settings.to_json() for applet, settings in self.settings.items()},
            "lanes": [lane.to_json(folder) for lane in self.lanes],
            "removed_lanes": [lane.to_json(folder) for lane in self.removed.values() if lane.uuid in needed],
            "classes": [each.to_json() for each in self.classes],
            "annotations": [mark.to_json() for mark in marks],
            "edits": [edit.to_json() for edit in edited],
        }
        arrays = {
            "annotations/runs": np.concatenate([np.zeros((0, 4), np.int64), *(mark.runs for mark in marks)]),
            "annotations/run_offsets": np.cumsum([0, *(len(mark.runs) for mark in marks)], dtype=np.int64),
        }
        return document, arrays | edits.to_arrays(edited)

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], folder: Path | None
    ) -> State:
        """Inverse of :meth:`to_document`; what the document lacks is as in a new session."""
        saved = document.get("settings", {})
        lanes = (LaneRecord.from_json(each, folder) for each in document.get("lanes", []))
        removed = (LaneRecord.from_json(each, folder) for each in document.get("removed_lanes", []))
        own = tuple(ObjectClass.from_json(each) for each in document.get("classes", []))
        return cls(
            settings=_default_settings()
            | {applet: known.from_json(saved[applet]) for applet, known in SETTINGS.items() if applet in saved},
            lanes=tuple(lanes),
            removed={lane.uuid: lane for lane in removed},
            classes=own or classes.DEFAULT,
            marks=_marks(document.get("annotations", []), arrays),
            edits=_by_lane(edits.from_arrays(document.get("edits", []), arrays)),
        )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _by_lane(found: Sequence[Edit]) -> dict[str, tuple[Edit, ...]]:
    lanes: dict[str, tuple[Edit, ...]] = {}
    for edit in found:
        lanes[edit.lane] = (*lanes.get(edit.lane, ()), edit)
    return lanes


def _marks(annotations: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, Mark]]:
    marks: dict[str, dict[str, Mark]] = {}
    if annotations:
        runs = np.split(arrays["annotations/runs"], arrays["annotations/run_offsets"][1:-1])
        for values, own in zip(annotations, runs, strict=True):
            marks.setdefault(values["lane"], {})[values["uuid"]] = Mark.from_json(values, own)
    return marks
