"""A trained classifier apart from the session that it comes from: it classifies one image after another.

It has the settings by which objects are found and measured, and the forest; not the images it was trained on, and no
project file. Every image goes through a chain of its own, the same as in a session.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass.errors import ObjClassError
from napari_objclass.workflow import blockwise_settings, export, exporting, input_data
from napari_objclass.workflow.chain import OUTDATED, Arrival, Chain, Memory
from napari_objclass.workflow.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import TrainedForest
    from napari_objclass.workflow.results import Written

# Settings of how and where results are written.
_OF_WRITING = {blockwise_settings.ID, export.ID}
# Arrays of a forest that only tell how it was grown.
_OF_TRAINING = {"importances", "oob_classes", "oob_confusion", "seed"}


@dataclass(frozen=True, eq=False)
class Predictor:
    """Classifies images.

    Attributes
    ----------
    state
        Settings and classes; no images, no annotations.
    forest
        The trained forest.
    notes
        Sentences that the user should read once.
    """

    state: State
    forest: TrainedForest
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, chain: Chain) -> Predictor:
        """Take what is needed from a session's chain.

        Raises
        ------
        ObjClassError
            If no forest was trained.
        """
        forest = chain.forest
        if forest is None:
            raise ObjClassError("there is no trained classifier; annotate objects, call train() and save the project")
        state = State(settings=chain.state.settings, classes=chain.state.classes)
        notes = () if chain.is_current(forest) else (OUTDATED,)
        return cls(state, replace(forest, trained_on=state.training_digest(), without=(), imported=False), notes)

    @property
    def goes_on(self) -> bool:
        """Whether an image that was interrupted is not begun anew."""
        return False

    @cached_property
    def digest(self) -> str:
        """Text that changes with everything that the class of an object depends on beside its image."""
        arrays = self.forest.forest.to_arrays()
        hashed = hashlib.sha256()
        for name in sorted(set(arrays) - _OF_TRAINING):
            array = arrays[name]
            hashed.update(f"{name} {array.shape} {array.dtype.str}".encode() + array.tobytes())
        described = [
            self.forest.features,
            self.forest.margin,
            [each.to_json() for each in self.classes],
            {
                applet: settings.to_json()
                for applet, settings in self.state.settings.items()
                if applet not in _OF_WRITING
            },
        ]
        hashed.update(json.dumps(described).encode())
        return hashed.hexdigest()

    @property
    def classes(self) -> Classes:
        """The classes that it knows, in order, as they are called now."""
        current = {each.uuid: each for each in self.state.classes}
        return tuple(current.get(each.uuid, each) for each in self.forest.classes)

    def open(self, images: Mapping[str, Any], **described: Any) -> tuple[Chain, LaneRecord]:
        """Open an image set, given as the arguments of :meth:`Session.add_lane`.

        Raises
        ------
        ObjClassError
            When it cannot be read, or its images do not fit together.
        """
        arrival = Arrival(*input_data.describe(images, recognizable=False, **described))
        chain = Chain(self.state, Memory(self.forest), {})
        return chain.after(replace(self.state, lanes=(arrival.lane,)), arrival), arrival.lane

    def export(
        self,
        chain: Chain,
        lane: LaneRecord,
        settings: Export,
        files: Files,
        carried: Mapping[str, str] | None = None,
        **run: Unpack[RunOptions],
    ) -> Written:
        """Classify the objects of an opened image set and write what is asked for, see :func:`exporting.write`."""
        return exporting.write(chain, lane, settings, files, retrain=False, carried=carried, **run)

    def classify(
        self,
        images: Mapping[str, Any],
        described: Mapping[str, Any],
        settings: Export,
        files: Files,
        carried: Mapping[str, str] | None = None,
        **run: Unpack[RunOptions],
    ) -> Written:
        """Classify the objects of an image set, given as for :meth:`open`, and write what is asked for."""
        chain, lane = self.open(images, **described)
        return self.export(chain, lane, settings, files, carried, **run)

    def forget(self, name: str, files: Files) -> None:
        """Remove what was kept of an image to go on with, once it is known that it is done."""
