"""The chain of applets, from pixels to predictions: the whole data flow of a session on one screen.

::

    input_data ── objects ─┬─ object_features ─┬─ forest ── prediction
                           └─ annotations ─────┘

Every output is computed when it is asked for and held as long as its key stands (:meth:`Chain.keys`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Unpack, cast

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.workflow import (
    annotations as annotations_applet,
    feature_selection,
    input_data,
    object_classification,
    object_features,
)
from napari_objclass.workflow.applet import Outputs
from napari_objclass.workflow.claims import Claims, derive
from napari_objclass.workflow.object_classification import Classifier, Prediction, Samples, TrainedForest
from napari_objclass.workflow.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.workflow.applet import Key, RunOptions
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.state import State

OBJECTS, SELECTED = "objects", "selected features"

#: Pixels of so many lanes are held, also as what predictions are painted on; others are read again when needed.
LANES_HELD = 4

Keys = dict[tuple[str, str | None], "Key"]


class Chain:
    """The outputs of all applets for the present state of a session.

    Attributes
    ----------
    state
        What the outputs follow from; changed by others, who then call :meth:`refresh`.
    given
        Pixels that were handed over as arrays, by lane uuid and role.
    forest
        The forest that was trained last.
    notes
        Sentences that the user should read once.
    """

    def __init__(self, state: State, forest: TrainedForest | None, given: dict[str, input_data.Given]) -> None:
        self.state, self.forest, self.given = state, forest, given
        self.notes: list[str] = []
        self._relinked: Counter[str] = Counter()
        self._outputs = Outputs(limits=dict.fromkeys((input_data.ID, OBJECTS, object_classification.ID), LANES_HELD))
        self._keys = self.keys()

    def refresh(self) -> set[tuple[str, str | None]]:
        """Take note of a change of the state, and return the applets and lanes whose outputs are others."""
        before, self._keys = self._keys, self.keys()
        self._outputs.keep({lane.uuid for lane in self.state.lanes})
        return {output for output, key in self._keys.items() if before.get(output) != key}

    def relinked(self, lane: str, given: input_data.Given) -> None:
        """Take note that the pixels of a lane come from elsewhere."""
        self.given[lane] = given
        self._relinked[lane] += 1
        if self.forest is not None and self.forest.without:
            self.forest = replace(self.forest, trained_on="")

    def note(self, sentence: str | None) -> None:
        """Keep a sentence for the user, once."""
        if sentence and sentence not in self.notes:
            self.notes.append(sentence)

    def keys(self) -> Keys:
        """What every output depends on: an output is stale when its key is another one."""
        state = self.state
        selection, classifier = state.settings[feature_selection.ID], state.settings[object_classification.ID]
        class_uuids = tuple(each.uuid for each in state.classes)
        pixels, measured, marked = {}, {}, {}
        for lane in state.lanes:
            own = tuple((mark.uuid, mark.cls) for mark in state.marks_of(lane.uuid))
            pixels[lane.uuid] = (lane.uuid, lane.content, lane.spacing, self._relinked[lane.uuid])
            measured[lane.uuid] = (pixels[lane.uuid], selection)
            marked[lane.uuid] = (pixels[lane.uuid], own, class_uuids)
        forest = (classifier, selection, class_uuids, tuple(key for key in marked.values() if key[1]))
        keys: Keys = {
            (input_data.ID, None): tuple(pixels),
            (feature_selection.ID, None): (selection,),
            (annotations_applet.ID, None): state.classes,
            (object_classification.ID, None): forest,
        }
        keys |= {(input_data.ID, lane): key for lane, key in pixels.items()}
        keys |= {(object_features.ID, lane): key for lane, key in measured.items()}
        keys |= {(annotations_applet.ID, lane): key for lane, key in marked.items()}
        keys |= {(object_classification.ID, lane): (key, forest) for lane, key in measured.items()}
        return keys

    def images(self, lane: LaneRecord, opened: Images | None = None) -> Images:
        """Pixels of a lane, opened and checked; those of a new lane are ``opened`` already."""

        def compute() -> Images:
            images = opened or input_data.open_images(lane, self.given.get(lane.uuid, {}))
            for sentence in (*images.notes, images.problem):
                self.note(sentence)
            return images

        return self._outputs.get(input_data.ID, lane.uuid, self._keys[input_data.ID, lane.uuid], compute)

    def objects(self, lane: LaneRecord, **run: Unpack[RunOptions]) -> Objects:
        """Label image of a lane with its objects."""

        def compute() -> Objects:
            return Objects.of(input_data.label_image(lane, self.images(lane), **run), **run)

        return self._outputs.get(OBJECTS, lane.uuid, self._keys[input_data.ID, lane.uuid], compute)

    def table(
        self,
        lane: LaneRecord,
        features: Sequence[str],
        margin: int | tuple[int, ...] | None,
        **run: Unpack[RunOptions],
    ) -> FeatureTable:
        """Values of some features for all objects of a lane; only those are measured that were not before."""
        key = (self._keys[input_data.ID, lane.uuid], margin)
        held: FeatureTable | None = self._outputs.held(object_features.ID, lane.uuid, key)
        missing = [feature for feature in features if held is None or feature not in held.features]
        if held is None or missing:
            labels, raw = self.objects(lane, **run).labels, self.images(lane).raw
            found = object_features.table(labels, raw, missing, margin=margin, spacing=lane.spacing, **run)
            held = found if held is None else held.joined(found)
            self._outputs.hold(object_features.ID, lane.uuid, key, held)
        if held.features == tuple(features):
            return held
        # Held too: a click asks for the columns of the classifier again and again.
        return self._outputs.get(SELECTED, lane.uuid, (key, *features), partial(held.select, features))

    def claims(self, lane: LaneRecord) -> Claims:
        """What the marks of a lane mean for its objects; a ``FileError`` if these cannot be seen."""
        pixels, key = self._keys[input_data.ID, lane.uuid], self._keys[annotations_applet.ID, lane.uuid]

        def compute() -> Claims:
            own = self.state.marks_of(lane.uuid)
            problem = self.images(lane).problem
            if problem:
                return Claims.parked(own, problem)
            before, held = self._outputs.latest(annotations_applet.ID, lane.uuid) or ((None,), None)
            known = held.finds if held is not None and before[0] == pixels else {}
            return derive(self.objects(lane), own, [each.uuid for each in self.state.classes], known)

        return self._outputs.get(annotations_applet.ID, lane.uuid, key, compute)

    def present_claims(self, lane: LaneRecord) -> Claims:
        """Like :meth:`claims`, but marks whose image cannot be seen are parked."""
        try:
            return self.claims(lane)
        except FileError as error:
            self.note(str(error))
            return Claims.parked(self.state.marks_of(lane.uuid), str(error))

    def class_numbers(self, lane: LaneRecord, table: FeatureTable) -> NDArray[np.int64]:
        """Class number of every row of a table of the lane, 0 where no annotation is active."""
        classes = [each.uuid for each in self.state.classes]
        return self.present_claims(lane).class_numbers(table.frames, table.ids, classes)

    def train(self, **run: Unpack[RunOptions]) -> TrainedForest:
        """Grow a forest from the active annotations of all lanes, unless the last one stands for just these."""
        digest = self.state.training_digest()
        if self.forest is not None and self.forest.trained_on == digest:
            return self.forest
        selection = self._selection()
        parts, without, unseen = [], [], None
        for lane in self.state.lanes:
            if self.state.marks_of(lane.uuid):
                try:
                    parts += self._samples(lane, **run)
                    unseen = self.images(lane).problem
                except FileError as error:
                    unseen = str(error)
                    kept = self._kept_samples(lane)
                    if kept is None and self.forest is not None and lane.uuid in self.forest.samples.lane_uuids:
                        self.note(f"the features changed but {lane.name!r} cannot be read; the old classifier is used")
                        return self.forest
                    parts += [kept] if kept is not None else []
                if unseen:
                    self.note(unseen)
                    without.append(lane.name)
        if not parts and self.state.n_marks:
            raise ObjClassError(self._why_none_is_active(unseen))
        self.forest = object_classification.train(
            Samples.pooled(parts),
            self.state.classes,
            cast("Classifier", self.state.settings[object_classification.ID]),
            features=selection.ids,
            margin=selection.margin,
            trained_on=digest,
            without=tuple(without),
            **run,
        )
        return self.forest

    def _why_none_is_active(self, unseen: str | None) -> str:
        return unseen or (
            f"none of the {self.state.n_marks} annotations decides the class of an object at present; "
            "annotate again, or bring back the image, the segmentation or the class that they are of"
        )

    def _samples(self, lane: LaneRecord, **run: Unpack[RunOptions]) -> list[Samples]:
        """Samples of the active annotations of a lane, if it has any."""
        numbers = {each.uuid: number for number, each in enumerate(self.state.classes, 1)}
        active = {key: numbers[uuid] for key, uuid in self.claims(lane).active.items()}
        if not active:
            return []
        selection = self._selection()
        return [Samples.of_lane(lane.uuid, self.table(lane, selection.ids, selection.margin, **run), active)]

    def predict(
        self, lane: LaneRecord, *, retrain: bool, rows: ArrayLike | None = None, **run: Unpack[RunOptions]
    ) -> Prediction:
        """Classify objects of a lane; with the last forest as it is, or after bringing it up to date."""
        trained = self.train(**run) if retrain else self._stored_forest()
        current = {each.uuid: each for each in self.state.classes}
        known = tuple(current.get(each.uuid, each) for each in trained.classes)

        def compute() -> Prediction:
            table = self.table(lane, trained.features, trained.margin, **run)
            labels, letters = self.objects(lane).labels, self.images(lane).axes
            named = replace(trained, classes=known)
            return object_classification.predict(named, table, labels, letters, rows=rows, **run)

        if rows is not None:
            return compute()
        key = (self._keys[input_data.ID, lane.uuid], trained, known)
        return self._outputs.get(object_classification.ID, lane.uuid, key, compute)

    def _kept_samples(self, lane: LaneRecord) -> Samples | None:
        """Samples of an image that cannot be read, as the last forest had them; None if of other features."""
        last, selection = self.forest, self._selection()
        if last is None or (last.features, last.margin) != (selection.ids, selection.margin):
            return None
        if lane.uuid not in last.samples.lane_uuids:
            return None
        numbers = {each.uuid: number for number, each in enumerate(self.state.classes, 1)}
        renumbered = {old: numbers[each.uuid] for old, each in enumerate(last.classes, 1) if each.uuid in numbers}
        return last.samples.part(lane.uuid).renumbered(renumbered)

    def _stored_forest(self) -> TrainedForest:
        if self.forest is None:
            raise ObjClassError("there is no trained classifier; annotate objects, call train() and save the project")
        if self.forest.trained_on != self.state.training_digest():
            self.note("annotations or settings changed after the classifier was trained; it was used as it is")
        return self.forest

    def _selection(self) -> FeatureSelection:
        return cast("FeatureSelection", self.state.settings[feature_selection.ID])
