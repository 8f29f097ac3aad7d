"""The chain of applets, from pixels to predictions: the whole data flow of a session on one screen.

::

    input_data ── objects ─┬─ object_features ─┬─ forest ── prediction
    (thresholding)         └─ annotations ─────┘

Every output is computed when it is asked for and held as long as its key stands (:attr:`Chain.keys`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack, cast

from napari_objclass.errors import FileError, ObjClassError, ParameterError
from napari_objclass.workflow import (
    annotations as annotations_applet,
    blockwise_settings,
    export,
    feature_selection,
    input_data,
    large_images,
    object_classification,
    object_features,
    thresholding,
)
from napari_objclass.workflow.applet import Outputs
from napari_objclass.workflow.blockwise import flooding, passes
from napari_objclass.workflow.changes import Change
from napari_objclass.workflow.claims import Claims, derive
from napari_objclass.workflow.edits import EditedKey
from napari_objclass.workflow.object_classification import Prediction, Samples, TrainedForest
from napari_objclass.workflow.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.kernels import Thresholded
    from napari_objclass.workflow.applet import Key, RunOptions
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.input_data import Given, Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.state import State

OBJECTS, SELECTED = "objects", "selected features"

#: Pixels of so many lanes are held, also as what predictions are painted on; others are read again when needed.
LANES_HELD = 4

#: What is said when a forest that another program grew gives way to one grown here.
REPLACED = (
    "labels, classes or features changed, so the classifier that came from ilastik was replaced by a new one; "
    "undo brings it back"
)

#: What is said where the stored forest is used although another would be grown now.
OUTDATED = "annotations or settings changed after the classifier was trained; it was used as it is"

Keys = dict[tuple[str, str | None], "Key"]


class Memory:
    """What the chains of one session share, whatever its state is.

    Attributes
    ----------
    outputs
        What applets computed.
    forest
        The forest that was trained last; :attr:`Chain.forest` is the one in force.
    imported
        The forest that another program grew, if the session came with one.
    budget
        Bytes of memory that the images of a lane may take; with more, they are worked on block by block. None: by what
        is left when they are opened.
    project
        The project file, beside which the steps of large images are kept; None if there is none.
    notes
        Sentences that the user should read once.
    """

    def __init__(self, forest: TrainedForest | None, budget: int | None = None, project: Path | None = None) -> None:
        self.outputs = Outputs(limits=dict.fromkeys((input_data.ID, OBJECTS, object_classification.ID), LANES_HELD))
        self.forest = forest
        self.imported = forest if forest is not None and forest.imported else None
        self.budget, self.project = budget, project
        self.notes: list[str] = []
        self.arrivals = count()

    def note(self, sentence: str | None) -> None:
        """Keep a sentence for the user, once."""
        if sentence and sentence not in self.notes:
            self.notes.append(sentence)

    def settle(self, sentence: str) -> None:
        """Drop a sentence that does not hold any more."""
        self.notes = [note for note in self.notes if note != sentence]


class Arrival(NamedTuple):
    """Pixels that a lane gets: those that no file holds, and all of them, opened and checked."""

    lane: LaneRecord
    given: Given
    opened: Images


@dataclass(frozen=True, eq=False)
class Chain:
    """The outputs of all applets for one state of a session.

    A chain never changes: a session that changes goes on with another one, and what is being computed elsewhere
    finishes on the one it began with.

    Attributes
    ----------
    state
        What the outputs follow from.
    memory
        What was computed before.
    given
        Pixels that were handed over as arrays, by lane uuid and role.
    arrived
        Number of the arrival of the pixels of each lane, by its uuid; unknown for those that came with the project.
    """

    state: State
    memory: Memory
    given: Mapping[str, Given]
    arrived: Mapping[str, int] = field(default_factory=dict)

    def after(self, state: State, arrival: Arrival | None = None) -> Chain:
        """Return the chain for another state, maybe with other pixels of a lane."""
        chain = replace(self, state=state)
        if arrival is not None:
            uuid = arrival.lane.uuid
            chain = replace(
                chain,
                given={**self.given, uuid: arrival.given},
                arrived={**self.arrived, uuid: next(self.memory.arrivals)},
            )
            chain.images(arrival.lane, arrival.opened)
        self.memory.outputs.keep({lane.uuid for lane in state.lanes})
        return chain

    def stale_after(self, before: Chain) -> set[tuple[str, str | None]]:
        """Applets and lanes whose outputs are others than ``before``."""
        return {output for output, key in self.keys.items() if before.keys.get(output) != key}

    @cached_property
    def keys(self) -> Keys:
        """What every output depends on: an output is stale when its key is another one."""
        state = self.state
        selection, classifier = state.feature_selection, state.classifier
        class_uuids = tuple(each.uuid for each in state.classes)
        pixels, found, measured, marked, samples = {}, {}, {}, {}, []
        for lane in state.lanes:
            own = tuple((mark.uuid, mark.cls) for mark in state.marks_of(lane.uuid))
            pixels[lane.uuid] = (lane.uuid, lane.content, lane.offset, self.arrived.get(lane.uuid))
            found[lane.uuid] = EditedKey((pixels[lane.uuid], *state.rule(lane)), state.edits_of(lane))
            measured[lane.uuid] = (found[lane.uuid], lane.spacing)
            marked[lane.uuid] = (found[lane.uuid], own, class_uuids)
            if own:
                samples.append((measured[lane.uuid], own))
        forest = (*state.learning.values(), class_uuids, *samples)
        keys: Keys = {
            (input_data.ID, None): tuple((lane.uuid, lane.shown) for lane in state.lanes),
            (thresholding.ID, None): (state.thresholding,),
            (feature_selection.ID, None): (selection,),
            (annotations_applet.ID, None): state.classes,
            (export.ID, None): (state.export,),
            (blockwise_settings.ID, None): (state.blockwise,),
            (object_classification.ID, None): (classifier, forest),
        }
        keys |= {(input_data.ID, lane): key for lane, key in pixels.items()}
        keys |= {(thresholding.ID, lane): key for lane, key in found.items()}
        keys |= {(object_features.ID, lane): (key, selection) for lane, key in measured.items()}
        keys |= {(annotations_applet.ID, lane): key for lane, key in marked.items()}
        keys |= {(object_classification.ID, lane): (key, forest) for lane, key in measured.items()}
        return keys

    def position(self, lane: int | str) -> int:
        """Position of a lane, given that or its uuid.

        Raises
        ------
        ParameterError
            When there is none.
        """
        lanes = self.state.lanes
        if isinstance(lane, str):
            found = next((position for position, each in enumerate(lanes) if each.uuid == lane), None)
            if found is None:
                raise ParameterError("this image was removed; undo, or adding it again, brings it back")
            return found
        if not 0 <= lane < len(lanes):
            raise ParameterError(f"there is no image set {lane}; the session has {len(lanes)}, from 0")
        return lane

    def images(self, lane: LaneRecord, opened: Images | None = None) -> Images:
        """Pixels of a lane, opened and checked; those of a new lane are ``opened`` already."""

        def compute() -> Images:
            images = opened or input_data.open_images(lane, self.given.get(lane.uuid, {}), self.memory.budget)
            large = large_images.told(lane.name) if images.is_large else None
            for sentence in (*images.notes, images.problem, large):
                self.memory.note(sentence)
            return images

        return self.memory.outputs.get(input_data.ID, lane.uuid, self.keys[input_data.ID, lane.uuid], compute)

    def extents(self, lanes: Sequence[LaneRecord]) -> list[tuple[int, int]]:
        """Dimensions and channels of those lanes that can be read; a ``FileError`` if none can."""
        found, missing = [], []
        for lane in lanes:
            try:
                found.append(self.images(lane).extent)
            except FileError as error:
                missing.append(error)
        if missing and not found:
            raise missing[0]
        return list(dict.fromkeys(found))

    def objects(self, lane: LaneRecord, **run: Unpack[RunOptions]) -> Objects:
        """Label image of a lane with its objects."""
        found = self._found(lane)

        def compute() -> Objects:
            if self.images(lane).is_large:
                return replace(self._found_in_blocks(lane, **run), offset=lane.offset)
            edited = self._edited(OBJECTS, lane, (found,))
            if edited is not None:
                before, change = cast("tuple[Objects, Change]", edited)
                return before.after(change, **run)
            labels, n_small, n_large = self._unedited(lane, **run)
            change = Change.joined(edit.change for edit in found.edits)
            objects = Objects.of(change.written(labels) if change else labels, **run)
            return replace(objects, n_small=n_small, n_large=n_large, offset=lane.offset)

        return self.memory.outputs.get(OBJECTS, lane.uuid, (found,), compute)

    def _found_in_blocks(self, lane: LaneRecord, **run: Unpack[RunOptions]) -> Objects:
        """Objects of a lane whose images do not fit into memory.

        Raises
        ------
        ObjClassError
            If they were edited by hand, which needs the whole label image.
        """
        if self.state.edits_of(lane):
            raise ObjClassError(large_images.no_edits(lane.name))
        images = self.images(lane)
        folder = large_images.cache_folder(self.memory.project)
        labels = large_images.find(images, lane, self.state.thresholding, folder, self.memory.budget, **run)
        if labels.labelled.n_nan:
            self.memory.note(thresholding.counted_as_zero(labels.labelled.n_nan, f"the image {lane.name!r}"))
        self.memory.note(flooding.note(labels.labelled))
        return Objects.found_in(labels)

    def _unedited(self, lane: LaneRecord, **run: Unpack[RunOptions]) -> tuple[NDArray[Any], int, int]:
        """Label image of a lane without edits by hand, and how many objects were too small and too large for it."""
        images = self.images(lane)
        if images.thresholded is None:
            return input_data.label_image(lane, images, **run), 0, 0
        found = self._thresholded(lane, thresholding.OBJECTS, **run)
        if found.n_nan:
            self.memory.note(thresholding.counted_as_zero(found.n_nan, f"the image {lane.name!r}"))
        return found.labels, found.n_small, found.n_large

    def intermediate(self, lane: LaneRecord, stage: str, **run: Unpack[RunOptions]) -> NDArray[Any]:
        """What is known of the objects of a lane before they are found, ``tzyx``; computed whenever it is asked for."""
        if self.images(lane).is_large:
            raise ParameterError(
                f"{lane.name!r} is worked on block by block, and what lies between image and objects is not kept; crop "
                "it, or give the session more memory, to see that"
            )
        if not lane.is_thresholded:
            raise ParameterError(f"the objects of {lane.name!r} are given; there is nothing between image and objects")
        if stage != thresholding.SMOOTHED:
            return self._thresholded(lane, stage, **run).labels
        images = self.images(lane)
        assert images.thresholded is not None
        return thresholding.smoothed(images.thresholded, self.state.thresholding, value_range=images.value_range, **run)

    def _thresholded(self, lane: LaneRecord, stage: str, **run: Unpack[RunOptions]) -> Thresholded:
        images = self.images(lane)
        assert images.thresholded is not None
        return thresholding.find(
            images.thresholded,
            self.state.thresholding,
            value_range=images.value_range,
            spacing=lane.spacing,
            stage=stage,
            **run,
        )

    def table(
        self,
        lane: LaneRecord,
        features: Sequence[str],
        margin: int | tuple[int, ...] | None,
        **run: Unpack[RunOptions],
    ) -> FeatureTable:
        """Values of some features for all objects of a lane; only those are measured that were not before."""
        outputs, key = self.memory.outputs, (self._found(lane), lane.spacing, margin)
        held: FeatureTable | None = outputs.held(object_features.ID, lane.uuid, key)
        if held is None:
            held = self._known_table(lane, key, **run)
        missing = [feature for feature in features if held is None or feature not in held.features]
        if held is None or missing:
            labels, raw = self.objects(lane, **run).labels, self.images(lane).raw
            found = object_features.table(
                labels, raw, missing, margin=margin, spacing=lane.spacing, tell=partial(self._tell_large, lane), **run
            )
            held = found if held is None else held.joined(found)
            outputs.hold(object_features.ID, lane.uuid, key, held)
        if held.features == tuple(features):
            return held
        # Held too: a click asks for the columns of the classifier again and again.
        return outputs.get(SELECTED, lane.uuid, (*key, *features), partial(held.select, features))

    def _tell_large(self, lane: LaneRecord, n: int) -> None:
        self.memory.note(passes.too_large(n, lane.name))

    def _known_table(self, lane: LaneRecord, key: Key, **run: Unpack[RunOptions]) -> FeatureTable | None:
        """Hold for ``key`` what the held table has for it, after edits by hand too; None if that is nothing.

        With another margin, features that depend on it are left out. After edits, what depends on other objects too
        is measured for all, the rest for the edited ones.
        """
        outputs, margin = self.memory.outputs, cast("int | tuple[int, ...] | None", key[-1])
        latest = outputs.latest(object_features.ID, lane.uuid)
        if latest is None:
            return None
        (found, spacing, margin_before), held = cast("tuple[Key, FeatureTable]", latest)
        change = self._found(lane).change_since(found)
        if change is None or spacing != lane.spacing:
            return None
        if margin != margin_before:
            held = held.select([spec.id for spec in held.specs if not spec.uses_margin])
        if not held.features:
            return None
        if change:
            objects, raw = self.objects(lane, **run), self.images(lane).raw
            measure = partial(object_features.table, objects.labels, raw, margin=margin, spacing=lane.spacing, **run)
            local = [spec.id for spec in held.specs if spec.local]
            others = [spec.id for spec in held.specs if not spec.local]
            edited = held.select(local).replaced(*change.objects, measure(local, only=objects.places(*change.objects)))
            held = edited.joined(measure(others)).select(held.features) if others else edited
        return outputs.hold(object_features.ID, lane.uuid, key, held)

    def _edited(self, output: str, lane: LaneRecord, key: Key) -> tuple[Any, Change] | None:
        """Held output that differs from the one for ``key`` by edits by hand, and these; None if there is none.

        Keys begin with what the objects depend on.
        """
        latest = self.memory.outputs.latest(output, lane.uuid)
        if latest is None or latest[0][1:] != key[1:]:
            return None
        change = self._found(lane).change_since(latest[0][0])
        return None if change is None else (latest[1], change)

    def _found(self, lane: LaneRecord) -> EditedKey:
        """What the objects of a lane depend on."""
        return cast("EditedKey", self.keys[thresholding.ID, lane.uuid])

    def claims(self, lane: LaneRecord) -> Claims:
        """What the marks of a lane mean for its objects; a ``FileError`` if these cannot be seen."""
        outputs, key = self.memory.outputs, self.keys[annotations_applet.ID, lane.uuid]

        def compute() -> Claims:
            own = self.state.marks_of(lane.uuid)
            problem = self.images(lane).problem
            if problem:
                return Claims.parked(own, problem)
            before, held = outputs.latest(annotations_applet.ID, lane.uuid) or ((None,), None)
            change = self._found(lane).change_since(before[0])
            known = {} if held is None or change is None else held.finds_beside(change, lane.offset)
            return derive(self.objects(lane), own, [each.uuid for each in self.state.classes], known)

        return outputs.get(annotations_applet.ID, lane.uuid, key, compute)

    def present_claims(self, lane: LaneRecord) -> Claims:
        """Like :meth:`claims`, but marks are parked whose image cannot be seen, or has no objects by the settings."""
        try:
            return self.claims(lane)
        except ParameterError as error:
            return Claims.parked(self.state.marks_of(lane.uuid), str(error))
        except FileError as error:
            self.memory.note(str(error))
            return Claims.parked(self.state.marks_of(lane.uuid), str(error))

    def class_numbers(self, lane: LaneRecord, table: FeatureTable | Labelled) -> NDArray[np.int64]:
        """Class number of every row of a table, or of every object, of the lane, 0 where no annotation is active."""
        classes = [each.uuid for each in self.state.classes]
        return self.present_claims(lane).class_numbers(table.frames, table.ids, classes)

    @property
    def forest(self) -> TrainedForest | None:
        """The forest that was trained last; the imported one while nothing differs from what it was taught."""
        imported = self.memory.imported
        return imported if imported is not None and self.keeps(imported) else self.memory.forest

    def keeps(self, forest: TrainedForest) -> bool:
        """Whether a forest that another program grew is in force."""
        return forest.imported and forest.trained_on == self._taught

    @cached_property
    def _taught(self) -> str:
        return self.state.teaching_digest()

    def train(self, **run: Unpack[RunOptions]) -> TrainedForest:
        """Grow a forest from the active annotations of all lanes, unless the last one stands for just these."""
        last = self.forest
        if last is not None and self.is_current(last):
            self.memory.forest = last
            if last.imported:
                self.memory.settle(REPLACED)
            return last
        parts, without, unseen = [], [], None
        for lane in self.state.lanes:
            if self.state.marks_of(lane.uuid):
                try:
                    parts += self._samples(lane, **run)
                    unseen = self.images(lane).problem
                except FileError as error:
                    unseen = str(error)
                    kept = self._kept_samples(lane, last)
                    if kept is None and last is not None and lane.uuid in last.samples.lane_uuids:
                        self.memory.note(
                            f"the features changed but {lane.name!r} cannot be read; the old classifier is used"
                        )
                        return last
                    parts += [kept] if kept is not None else []
                if unseen:
                    self.memory.note(unseen)
                    without.append(lane.name)
        if not parts and self.state.n_marks:
            raise ObjClassError(self._why_none_is_active(unseen))
        trained = self._grown(Samples.pooled(parts), **run)
        trained_on = self._trained_on(incomplete=bool(without))
        self.memory.forest = trained = replace(trained, trained_on=trained_on, without=tuple(without))
        if self.memory.imported is not None:
            self.memory.note(REPLACED)
        return trained

    def _grown(self, samples: Samples, **run: Unpack[RunOptions]) -> TrainedForest:
        """Forest of some samples: the last one if it would be grown again."""
        last, selection = self.memory.forest, self._used_selection()
        grown_with = (self.state.classifier, selection, tuple(each.uuid for each in self.state.classes))
        if last is not None and last.stands_for(samples, grown_with):
            return replace(last, samples=samples, classes=self.state.classes)
        return object_classification.train(
            samples,
            self.state.classes,
            self.state.classifier,
            features=selection.ids,
            margin=selection.margin,
            grown_with=grown_with,
            **run,
        )

    def _trained_on(self, *, incomplete: bool) -> str:
        """What a forest stands for that is grown now; one that lacks an image only until pixels arrive."""
        digest = self.state.training_digest()
        return f"{digest} {sorted(self.arrived.items())}" if incomplete else digest

    def is_current(self, forest: TrainedForest) -> bool:
        """Whether a forest stands for the annotations and settings of now."""
        return self.keeps(forest) or forest.trained_on == self._trained_on(incomplete=bool(forest.without))

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
        selection = self._used_selection()
        return [Samples.of_lane(lane.uuid, self.table(lane, selection.ids, selection.margin, **run), active)]

    def predict(
        self, lane: LaneRecord, *, retrain: bool, rows: ArrayLike | None = None, **run: Unpack[RunOptions]
    ) -> Prediction:
        """Classify objects of a lane; with the last forest as it is, or after bringing it up to date."""
        trained = self.train(**run) if retrain else self._stored_forest()
        current = {each.uuid: each for each in self.state.classes}
        known = tuple(current.get(each.uuid, each) for each in trained.classes)

        key = (self._found(lane), lane.spacing, trained.forest, known)

        def predicted(rows: ArrayLike | None) -> Prediction:
            table = self.table(lane, trained.features, trained.margin, **run)
            labels, letters = self.objects(lane).labels, self.images(lane).axes
            named = replace(trained, classes=known)
            return object_classification.predict(named, table, labels, letters, rows=rows, **run)

        def compute() -> Prediction:
            edited = self._edited(object_classification.ID, lane, key)
            if edited is None:
                return predicted(None)
            held, change = cast("tuple[Prediction, Change]", edited)
            if not self.table(lane, trained.features, trained.margin, **run).is_local:
                return predicted(None)  # an edit may change the values of every object
            rows = self.objects(lane, **run).rows(*change.objects)
            return held.replaced(*change.objects, predicted(rows[rows >= 0]))

        if rows is not None:
            return predicted(rows)
        return self.memory.outputs.get(object_classification.ID, lane.uuid, key, compute)

    def _kept_samples(self, lane: LaneRecord, last: TrainedForest | None) -> Samples | None:
        """Samples of an image that cannot be read, as the last forest had them; None if of other features."""
        selection = self._used_selection()
        if last is None or (last.features, last.margin) != (selection.ids, selection.margin):
            return None
        if lane.uuid not in last.samples.lane_uuids:
            return None
        numbers = {each.uuid: number for number, each in enumerate(self.state.classes, 1)}
        renumbered = {old: numbers[each.uuid] for old, each in enumerate(last.classes, 1) if each.uuid in numbers}
        return last.samples.part(lane.uuid).renumbered(renumbered)

    def _stored_forest(self) -> TrainedForest:
        last = self.forest
        if last is None:
            raise ObjClassError("there is no trained classifier; annotate objects, call train() and save the project")
        if not self.is_current(last):
            self.memory.note(OUTDATED)
        return last

    def _used_selection(self) -> FeatureSelection:
        """The selected features that the forest uses, with their margin."""
        object_classification.refuse_unusable(self.state.classifier, self.state.feature_selection.ids)
        return cast("FeatureSelection", self.state.learning[feature_selection.ID])
