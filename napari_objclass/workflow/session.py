"""A session: images, annotations and settings, wired through the applets from pixels to predictions.

The chain, each step a pure function of what stands left of it::

    input_data ── objects ─┬─ object_features ─┬─ training ── prediction
      (lanes)              │  (feature_selection)│  (classifier)
                           └─ annotations ───────┘

What the user does is an event: it is written to the journal, then applied, then announced.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast
from uuid import uuid4

import numpy as np
from psygnal import Signal

from napari_objclass import axes as axis_letters
from napari_objclass.errors import FileError, ObjClassError, ParameterError
from napari_objclass.workflow import (
    annotations,
    classes,
    events,
    feature_selection,
    input_data,
    object_classification,
    object_features,
)
from napari_objclass.workflow.annotations import Annotation, Claims, Mark
from napari_objclass.workflow.applet import Outputs
from napari_objclass.workflow.events import AnnotationsChanged, ClassesChanged, Event, LanesChanged, SettingsChanged
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.history import History
from napari_objclass.workflow.lane import LABELS, RAW, SEGMENTATION, LaneRecord, Source, location, open_source
from napari_objclass.workflow.object_classification import Classifier, Prediction, Samples, TrainedForest
from napari_objclass.workflow.objects import Objects
from napari_objclass.workflow.project import ProjectStore, store_data
from napari_objclass.workflow.state import State

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.workflow.applet import Key, RunOptions, Settings
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.project import Opened

OBJECTS = "objects"

#: Pixels of so many lanes are held; those of other lanes are read again when needed.
LANES_HELD = 4


class Session:
    """Annotate objects of images, and classify all of them.

    Every change is durable when the call that made it returns: it is in a journal beside the project or, before the
    first save, in the user's recovery folder.

    Parameters
    ----------
    recover
        False to keep no journal until the first save, for scripts.

    Attributes
    ----------
    changed
        Signal, emitted after every change on the thread that made it, with the set of (applet id, lane) whose output
        is another one; lane is None for what belongs to no single lane.
    notes
        Sentences that the user should read once.
    """

    changed = Signal(set)

    def __init__(self, *, recover: bool = True) -> None:
        self._begin(ProjectStore.new(recover=recover), None)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False) -> Self:
        """Open a project, with all that was done after it was last saved.

        Parameters
        ----------
        path
            The project file.
        read_only
            Leave the file and its journal as they are; changes live in this session only.
        """
        session = cls.__new__(cls)
        session._begin(*ProjectStore.open(Path(path), read_only=read_only), detached=read_only)
        return session

    @classmethod
    def recovered(cls, recovery_id: str) -> Self:
        """Go on with a session that was never saved; see ``ProjectStore.recoverable()`` for the ids."""
        session = cls.__new__(cls)
        session._begin(*ProjectStore.recover(recovery_id))
        return session

    def _begin(self, store: ProjectStore, opened: Opened | None, *, detached: bool = False) -> None:
        self._store = store
        self._detached = detached
        self._given: dict[str, input_data.Given] = {}
        self._links: Counter[str] = Counter()
        self._outputs = Outputs(limits={input_data.ID: LANES_HELD, OBJECTS: LANES_HELD})
        self.notes: list[str] = []
        self._restore(opened)

    def _restore(self, opened: Opened | None) -> None:
        self._history = History()
        self._state, self._forest = State(), None
        if opened is not None:
            folder = self._store.path.parent if self._store.path else None
            self._state = State.from_document(opened.document, opened.arrays, folder)
            self._forest = TrainedForest.from_document(opened.document, opened.arrays)
            for entry in opened.events:
                events.from_json(entry).apply(self._state)
            for note in opened.notes:
                self._note(note)
        self._known = self._keys()

    # ------------------------------------------------------------------------------------------------ the chain

    def _keys(self) -> dict[tuple[str, str | None], Key]:
        """What every output depends on; an output is stale when its key is another one."""
        state = self._state
        selection = state.settings[feature_selection.ID]
        class_uuids = tuple(each.uuid for each in state.classes)
        marks = {lane.uuid: tuple((mark.uuid, mark.cls) for mark in state.marks_of(lane.uuid)) for lane in state.lanes}
        training = (state.settings[object_classification.ID], selection, class_uuids)
        keys: dict[tuple[str, str | None], Key] = {
            (input_data.ID, None): tuple(lane.uuid for lane in state.lanes),
            (feature_selection.ID, None): (selection,),
            (annotations.ID, None): state.classes,
            (object_classification.ID, None): (*training, tuple(self._pixels(lane) for lane in state.lanes), *marks),
        }
        for lane in state.lanes:
            pixels = self._pixels(lane)
            keys[input_data.ID, lane.uuid] = (pixels, lane.name, lane.offset)
            keys[object_features.ID, lane.uuid] = (pixels, lane.spacing, selection)
            keys[annotations.ID, lane.uuid] = (pixels, marks[lane.uuid], class_uuids)
        trained_on = tuple(key for (applet, _), key in keys.items() if applet == annotations.ID)
        keys[object_classification.ID, None] = (*training, trained_on)
        for lane in state.lanes:
            features = keys[object_features.ID, lane.uuid]
            keys[object_classification.ID, lane.uuid] = (features, keys[object_classification.ID, None])
        return keys

    def _pixels(self, lane: LaneRecord) -> Key:
        return (lane.uuid, lane.content, self._links[lane.uuid])
