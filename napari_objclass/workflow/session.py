"""A session: everything a user can do with images, annotations, classes and settings.

What changes something is an event, see :class:`~napari_objclass.workflow.journaled.Journaled`; everything else is an
output of the chain of applets, which follows from the state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import numpy as np

from napari_objclass.errors import ObjClassError, ParameterError
from napari_objclass.feature_table import refuse_unknown
from napari_objclass.features import feature_catalog
from napari_objclass.workflow import (
    annotations as marks,
    blockwise_settings,
    classes,
    export,
    exporting,
    feature_selection,
    object_classification,
    results,
    thresholding,
)
from napari_objclass.workflow.claims import Claims
from napari_objclass.workflow.events import AnnotationsChanged, ClassesChanged, SettingsChanged
from napari_objclass.workflow.exchange import WithExchange
from napari_objclass.workflow.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from napari_objclass.features import FeatureTable
    from napari_objclass.kernels import CancelToken, Progress
    from napari_objclass.workflow.annotations import Annotation
    from napari_objclass.workflow.applet import RunOptions, Settings
    from napari_objclass.workflow.blockwise_settings import Blockwise
    from napari_objclass.workflow.classes import Classes, ObjectClass
    from napari_objclass.workflow.export import Export, ExportChanges
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.object_classification import Classifier, Prediction, TrainedForest
    from napari_objclass.workflow.thresholding import Thresholding


class Session(WithExchange):
    """Annotate objects of images, and classify all of them.

    Every change is durable when the call that made it returns: it is in a journal beside the project or, before the
    first save, in the user's recovery folder.

    A lane is named by its position or its uuid, a class by its number, its name or its uuid: a uuid means the same
    lane or class when others come and go.

    Parameters
    ----------
    recover
        False to keep no journal until the first save, for scripts.
    memory
        How much of it the images of one image set may take, such as ``"4GB"`` or a number of bytes: those that take
        more, with a label image of theirs, are read and worked on block by block, with the same result. Default: half
        of what is left when they are opened.
    """

    # --------------------------------------------------------------------------------------------- annotations

    def annotate(
        self,
        lane: int | str,
        object_id: int | None = None,
        *,
        at: Sequence[float] | None = None,
        cls: int | str,
        t: int = 0,
    ) -> None:
        """Say of which class an object is; what was said of it before is replaced.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        object_id
            The object; or
        at
            a position in it, in array order without t and c: (y, x) or (z, y, x).
        cls
            Number, name or uuid of the class; 0 clears.
        t
            Frame.

        Raises
        ------
        ParameterError
            When there is no such object or class.
        """
        ids = None if object_id is None else [object_id]
        self.annotate_many(lane, ids=ids, at=None if at is None else [at], classes=[cls], t=t)

    def annotate_many(
        self,
        lane: int | str,
        *,
        ids: Sequence[int] | None = None,
        at: Sequence[Sequence[float]] | None = None,
        classes: Sequence[int | str],
        t: int | Sequence[int] = 0,
    ) -> None:
        """Annotate n objects of a lane as one change; of two rows for one object the later counts.

        Parameters
        ----------
        ids, at
            (n,) objects, or (n, 2 or 3) positions in them, as in :meth:`annotate`.
        classes
            (n,) number, name or uuid of the class of each.
        t
            Frame, or (n,) frames.
        """
        if (ids is None) == (at is None):
            raise ParameterError("name the objects by exactly one of ids and positions")
        places = ids if at is None else at
        assert places is not None
        if len(classes) != len(places):
            raise ParameterError(f"{len(places)} objects need as many classes, got {len(classes)}")
        frames = [int(frame) for frame in np.broadcast_to(t, len(places))]
        lane = self.lane(lane).uuid  # its position may be another by then:
        self.objects(lane)  # may take long, and must not keep others waiting
        with self._changing:
            chain, record = self._at(lane)
            problem = chain.images(record).problem
            if problem:
                raise ObjClassError(problem)
            objects = chain.objects(record)
            keys = objects.keys(frames, ids=ids, at=at)
            wanted = dict(zip(keys, (self._class_uuid(cls) for cls in classes), strict=True))
            add = marks.make(record.uuid, objects, {key: cls for key, cls in wanted.items() if cls is not None})
            claiming = chain.claims(record).claiming
            remove = tuple((record.uuid, mark.uuid) for key in wanted for mark in claiming.get(key, ()))
            if add or remove:
                self._do(AnnotationsChanged(add, remove))

    def claims(self, lane: int | str) -> Claims:
        """What the annotations of a lane mean for its objects; all are parked while its image cannot be read."""
        chain, record = self._at(lane)
        return chain.present_claims(record)

    def remove_annotations(self, uuids: Collection[str]) -> None:
        """Take annotations away as one change, in whatever state they are; those that are not there are passed over."""
        wanted = set(uuids)
        with self._changing:
            found = tuple((lane, mark) for lane, marks in self._state.marks.items() for mark in marks if mark in wanted)
            if found:
                self._do(AnnotationsChanged(remove=found))

    @property
    def annotations(self) -> list[Annotation]:
        """All annotations with what they mean at present, by lane, frame and place; those without image last."""
        chain, found = self._chain, []
        state = chain.state
        for position, lane in enumerate(state.lanes):
            if state.marks_of(lane.uuid):
                found += marks.describe(chain.present_claims(lane), position, state.classes, lane.offset)
        present = {lane.uuid for lane in state.lanes}
        for uuid in state.marks:
            if uuid not in present:
                parked = Claims.parked(state.marks_of(uuid), "its image was removed")
                offset = state.removed[uuid].offset if uuid in state.removed else (0, 0, 0)
                found += marks.describe(parked, None, state.classes, offset)
        return found

    @property
    def n_annotated_classes(self) -> int:
        """Number of classes with any annotations, in whatever state; nothing is read or computed for it."""
        state = self._state
        present = {each.uuid for each in state.classes}
        return len({mark.cls for lane in state.lanes for mark in state.marks_of(lane.uuid)} & present)

    @property
    def can_classify(self) -> bool:
        """Whether objects of two classes are labelled, or a forest that came from ilastik is in force."""
        forest = self._chain.forest
        return self.n_annotated_classes >= 2 or (forest is not None and self._chain.keeps(forest))

    def object_classes(self, lane: int | str, t: int = 0) -> dict[int, int]:
        """Class number of every object of a frame with active annotations, by id."""
        chain, record = self._at(lane)
        numbers = {each.uuid: number for number, each in enumerate(chain.state.classes, 1)}
        active = chain.present_claims(record).active
        return {object_id: numbers[uuid] for (frame, object_id), uuid in active.items() if frame == t}

    def _class_uuid(self, cls: int | str) -> str | None:
        return None if cls == 0 else self._state.classes[classes.number(self._state.classes, cls) - 1].uuid

    # ----------------------------------------------------------------------------------------------- prediction

    def train(self, **run: Unpack[RunOptions]) -> TrainedForest:
        """Grow a forest from the active annotations of all lanes, unless the last one stands for just these.

        Parameters
        ----------
        **run
            ``threads``, ``progress`` and ``cancel``; the forest does not depend on them.

        Raises
        ------
        ObjClassError
            When nothing is annotated.
        """
        return self._chain.train(**run)

    @property
    def forest(self) -> TrainedForest | None:
        """The forest that was trained last; :meth:`train` brings it up to date.

        One that came with a project of ilastik stays until labels, classes or features change.
        """
        return self._chain.forest

    def predict(
        self, lane: int | str, *, retrain: bool = True, rows: ArrayLike | None = None, **run: Unpack[RunOptions]
    ) -> Prediction:
        """Classify every object of a lane, or only some, such as those on the screen.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        retrain
            Bring the forest up to date with annotations and settings first; False to use the stored one as it is.
        rows
            (k,) rows of :meth:`objects`, rising: predict these alone, each as among all.
        **run
            ``threads``, ``progress`` and ``cancel``; the result does not depend on them.

        Raises
        ------
        ObjClassError
            When nothing is annotated; a ParameterError for rows that do not exist.
        """
        chain, record = self._at(lane)
        return chain.predict(record, retrain=retrain, rows=rows, **run)

    def export(
        self,
        lane: int | str,
        images: str | Sequence[str] | None = None,
        *,
        retrain: bool = True,
        threads: int | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        **changes: Unpack[ExportChanges],
    ) -> list[Path]:
        """Classify the objects of a lane and write images and a table, as :attr:`export_settings` say.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        images
            What to write, as :attr:`Export.images`; what the settings say if not given.
        retrain
            As in :meth:`predict`.
        threads, progress, cancel
            As in :meth:`predict`.
        **changes
            Other fields of :class:`Export` in place of those of the settings, for this call.

        Returns
        -------
        list of Path
            The files that were written.
        """
        chain, record = self._at(lane)
        settings = replace(self.export_settings, **changes)
        if images is not None:
            settings = replace(settings, images=(images,) if isinstance(images, str) else tuple(images))
        files = settings.files(record.name, record.folder)
        export.check_overwriting([files.all], [file for each in chain.state.lanes for file in each.files])
        run: RunOptions = {"threads": threads, "progress": progress, "cancel": cancel}
        return list(exporting.write(chain, record, settings, files, retrain=retrain, **run).files)

    def table_to_export(self, lane: int | str, **run: Unpack[RunOptions]) -> FeatureTable:
        """Feature table of a lane: the features of the exported table, and those that every such table has."""
        return results.table_to_export(*self._at(lane), self.export_settings, **run)

    def predictor(self) -> Predictor:
        """What it takes to classify other images just as this session does, apart from the session.

        Raises
        ------
        ObjClassError
            If no forest was trained.
        """
        return Predictor.of(self._chain)

    # ------------------------------------------------------------------------------------- classes and settings

    @property
    def classes(self) -> list[ObjectClass]:
        """The classes; class 1 is the first."""
        return list(self._state.classes)

    def add_class(self, name: str | None = None, color: str | None = None, *, ignore: bool = False) -> int:
        """Add a class and return its number; name and colour are the next free ones if not given."""
        with self._changing:
            self._change_classes(classes.added, name, color, ignore=ignore)
            return len(self._state.classes)

    def rename_class(self, cls: int | str, name: str) -> None:
        """Give a class another name."""
        self._change_classes(classes.changed, cls, name=name)

    def recolour_class(self, cls: int | str, color: str) -> None:
        """Give a class another colour, ``"#rrggbb"``."""
        self._change_classes(classes.changed, cls, color=color)

    def ignore_class(self, cls: int | str, *, ignore: bool = True) -> None:
        """Leave a class out of summaries, or take it in again."""
        self._change_classes(classes.changed, cls, ignore=ignore)

    def delete_class(self, cls: int | str) -> None:
        """Delete a class; higher numbers fall by one, its annotations are parked, and undo brings all back."""
        self._change_classes(classes.deleted, cls)

    def _change_classes(self, change: Callable[..., Classes], *how: object, **values: object) -> None:
        with self._changing:
            self._do(ClassesChanged(change(self._state.classes, *how, **values)))

    @property
    def thresholding(self) -> Thresholding:
        """How objects are found in probabilities, or in raw alone; assign another to change it."""
        return self._state.thresholding

    @thresholding.setter
    def thresholding(self, settings: Thresholding) -> None:
        self._set(thresholding.ID, settings)

    @property
    def feature_selection(self) -> FeatureSelection:
        """Which features are measured; assign another to change it."""
        return self._state.feature_selection

    @feature_selection.setter
    def feature_selection(self, selection: FeatureSelection) -> None:
        chain = self._chain
        lanes = chain.state.lanes if isinstance(selection.features, str) else chain.state.lanes[:1]
        if lanes:
            selection = feature_selection.explicit(selection, *chain.extents(lanes))
        self._set(feature_selection.ID, selection)

    @property
    def classifier(self) -> Classifier:
        """How the forest is grown; assign another to change it."""
        return self._state.classifier

    @classifier.setter
    def classifier(self, settings: Classifier) -> None:
        known = {spec.id for n_dims in (2, 3) for n in (1, 2) for spec in feature_catalog(n_dims, n)}
        refuse_unknown(settings.features or (), known)
        self._set(object_classification.ID, settings)

    @property
    def export_settings(self) -> Export:
        """What is written of every image; assign another to change it, which is not a matter of undo."""
        return self._state.export

    @export_settings.setter
    def export_settings(self, settings: Export) -> None:
        self._set_lasting(export.ID, settings)

    @property
    def blockwise_settings(self) -> Blockwise:
        """How images are classified block by block; assign another to change it, which is not a matter of undo."""
        return self._state.blockwise

    @blockwise_settings.setter
    def blockwise_settings(self, settings: Blockwise) -> None:
        self._set_lasting(blockwise_settings.ID, settings)

    def _set_lasting(self, applet: str, settings: Settings) -> None:
        with self._changing:
            if settings != self._state.settings[applet]:
                self._commit(SettingsChanged(applet, settings))

    def _set(self, applet: str, settings: Settings) -> None:
        with self._changing:
            changed = SettingsChanged(applet, settings)
            state, _ = changed.apply(self._state)
            if not isinstance(state.feature_selection.features, str):
                object_classification.refuse_unusable(state.classifier, state.feature_selection.features)
            if settings != self._state.settings[applet]:
                self._do(changed)
