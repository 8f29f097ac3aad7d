"""What a session consists of besides pixels, and how it is written into and read from a project file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_objclass.workflow import classes, feature_selection, object_classification, thresholding
from napari_objclass.workflow.classes import Classes, ObjectClass
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
}


def _default_settings() -> dict[str, Settings]:
    return {applet: settings() for applet, settings in SETTINGS.items()}


@dataclass(frozen=True)
class State:
    """Settings by applet, lanes, classes, and marks by lane uuid and their own uuid.

    A state never changes: an event makes another one of it (:mod:`napari_objclass.workflow.events`), so that any
    thread reads a state undisturbed. Marks of removed lanes stay, and with them the records, by which a lane is known
    again.
    """

    settings: Mapping[str, Settings] = field(default_factory=_default_settings)
    lanes: tuple[LaneRecord, ...] = ()
    removed: Mapping[str, LaneRecord] = field(default_factory=dict)
    classes: Classes = classes.DEFAULT
    marks: Mapping[str, Mapping[str, Mark]] = field(default_factory=dict)

    @property
    def thresholding(self) -> Thresholding:
        """How objects are found in probabilities."""
        return cast("Thresholding", self.settings[thresholding.ID])

    def rule(self, lane: LaneRecord) -> Key:
        """What the objects of a lane depend on beside its pixels."""
        if not lane.is_thresholded:
            return ()
        return (self.thresholding.effective, lane.spacing if self.thresholding.physical_sizes else None)

    @property
    def feature_selection(self) -> FeatureSelection:
        """Which features are measured."""
        return cast("FeatureSelection", self.settings[feature_selection.ID])

    @property
    def classifier(self) -> Classifier:
        """How the forest is grown."""
        return cast("Classifier", self.settings[object_classification.ID])

    @property
    def learning(self) -> dict[str, Settings]:
        """Settings that a forest depends on beside objects: as if only the features were selected that it uses."""
        selection, classifier = self.feature_selection, self.classifier
        settings = {applet: each for applet, each in self.settings.items() if applet != thresholding.ID}
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

    def uuid_of_removed(self, lane: LaneRecord) -> str | None:
        """Uuid of a removed lane with the same pixels, the latest."""
        return next((old.uuid for old in reversed(list(self.removed.values())) if old.content == lane.content), None)

    def training_digest(self) -> str:
        """Text that changes with everything a forest depends on: marks, their images, classes and settings."""
        lanes = [lane for lane in self.lanes if self.marks.get(lane.uuid)]
        content = {
            "settings": {applet: settings.to_json() for applet, settings in self.learning.items()},
            "classes": [each.uuid for each in self.classes],
            "lanes": [(lane.uuid, lane.content, lane.spacing, *map(repr, self.rule(lane))) for lane in lanes],
            "marks": [sorted((mark.uuid, mark.cls) for mark in self.marks_of(lane.uuid)) for lane in lanes],
        }
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def to_document(self, folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Entries of a project document in ``folder``, and the arrays behind them."""
        marks = [mark for lane in self.marks.values() for mark in lane.values()]
        document = {
            "settings": {applet: settings.to_json() for applet, settings in self.settings.items()},
            "lanes": [lane.to_json(folder) for lane in self.lanes],
            "removed_lanes": [lane.to_json(folder) for lane in self.removed.values() if self.marks.get(lane.uuid)],
            "classes": [each.to_json() for each in self.classes],
            "annotations": [mark.to_json() for mark in marks],
        }
        arrays = {
            "annotations/runs": np.concatenate([np.zeros((0, 4), np.int64), *(mark.runs for mark in marks)]),
            "annotations/run_offsets": np.cumsum([0, *(len(mark.runs) for mark in marks)], dtype=np.int64),
        }
        return document, arrays

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
        )


def _marks(annotations: Sequence[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, Mark]]:
    marks: dict[str, dict[str, Mark]] = {}
    if annotations:
        runs = np.split(arrays["annotations/runs"], arrays["annotations/run_offsets"][1:-1])
        for values, own in zip(annotations, runs, strict=True):
            marks.setdefault(values["lane"], {})[values["uuid"]] = Mark.from_json(values, own)
    return marks
