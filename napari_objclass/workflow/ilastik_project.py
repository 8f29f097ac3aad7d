"""A project of ilastik as a session: images, settings, labels, and its forest, which stays in force.

What is in the file is told in :mod:`napari_objclass.io.ilp`. Labels become places, so that they outlive other
thresholds, and features come in the order of ilastik's columns, so that its forest fits them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_objclass.errors import FileError
from napari_objclass.forest import RandomForest
from napari_objclass.workflow import (
    blockwise_settings,
    export,
    feature_selection,
    ilastik_images,
    ilastik_labels,
    ilastik_settings,
    object_classification,
    thresholding,
)
from napari_objclass.workflow.chain import Chain, Memory
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier, TrainedForest
from napari_objclass.workflow.session import Session
from napari_objclass.workflow.state import State

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from napari_objclass.features import FeatureSpec
    from napari_objclass.io.ilp import IlpLane, IlpProject
    from napari_objclass.workflow.applet import Settings
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.lane import LaneRecord

    Known = Mapping[tuple[str, str], FeatureSpec]


def import_ilp(path: str | os.PathLike[str], *, recover: bool = True, look: bool = True) -> Session:
    """Make a session of a project of ilastik's object classification; the file is only read.

    Images, thresholds, features, classes, labels, export settings and blocks come over. The trained forest predicts as
    it did in ilastik until a label, a class or the features change; then a new one is grown. What does not come over is
    told in :attr:`Session.notes`, one sentence each. Labels of images that are missing wait for them.

    Parameters
    ----------
    path
        The project, ``*.ilp``.
    recover
        False to keep no journal until the first save, for scripts.
    look
        False for predicting other images: those of the project are left unread until they are asked for, and taken
        for those that were labelled; and results without a folder go where the program runs, not beside their image.

    Raises
    ------
    FileError
        If the file cannot be read, or is not a project of object classification.
    """
    from napari_objclass.io import ilp

    project = ilp.read(Path(path))
    notes = list(project.notes)
    project = replace(project, lanes=_complete(project, notes))
    lanes, extent = ilastik_images.lanes(project, notes, look=look)
    known = ilastik_settings.known_features(extent or ilastik_settings.fitting_extent(project))
    settings = _settings(project, known, notes)
    if look:
        settings[export.ID] = ilastik_settings.beside_images(cast("Export", settings[export.ID]))
    state = State(
        settings=settings,
        lanes=lanes,
        classes=ilastik_settings.object_classes(project, notes),
    )
    chain = Chain(state, Memory(None), {})
    notes += [sentence for lane in lanes if look and (sentence := _missing(chain, lane))]
    state = replace(state, marks=_marks(project, chain, notes))
    forest = _forest(project, known, state, notes)
    return Session.starting_from(state, forest, notes, recover=recover)


def _complete(project: IlpProject, notes: list[str]) -> tuple[IlpLane, ...]:
    """The images that have what objects come from."""
    complete = tuple(lane for lane in project.lanes if project.variant in lane.datasets)
    if len(complete) < len(project.lanes):
        n_left = len(project.lanes) - len(complete)
        notes.append(f"{n_left} of {len(project.lanes)} images left out: no {project.variant} were given for them")
    return complete


def _missing(chain: Chain, lane: LaneRecord) -> str | None:
    """Why an image cannot be seen; None if it can, or was."""
    try:
        if any(source.is_unknown for source in lane.sources.values()):
            chain.images(lane)
    except FileError as error:
        return str(error)
    return None


# ----------------------------------------------------------------------------------------------------- settings


def _settings(project: IlpProject, known: Known, notes: list[str]) -> dict[str, Settings]:
    everything = sorted({*project.features, *project.selected})
    features = tuple(known[each].id for each in everything if each in known)
    selected = tuple(known[each].id for each in project.selected if each in known)
    unknown = [each for each in everything if each not in known]
    notes += [f"the feature {name!r} of {plugin!r} does not exist here and was left out" for plugin, name in unknown]
    return {
        **State().settings,
        thresholding.ID: ilastik_settings.thresholding(project, notes),
        feature_selection.ID: FeatureSelection(features, project.margin),
        object_classification.ID: Classifier(features=selected if selected and selected != features else None),
        export.ID: ilastik_settings.export(project, known, notes),
        blockwise_settings.ID: ilastik_settings.blockwise(project, notes),
    }


# ------------------------------------------------------------------------------------------- labels and forest


def _marks(project: IlpProject, chain: Chain, notes: list[str]) -> dict[str, Any]:
    """Marks by lane uuid and their own uuid."""
    marks = {}
    for lane, record in zip(project.lanes, chain.state.lanes, strict=True):
        own = ilastik_labels.marks_of(lane, record, chain.state.classes, partial(chain.objects, record), notes)
        if own:
            marks[record.uuid] = {mark.uuid: mark for mark in own}
    return marks


def _forest(project: IlpProject, known: Known, state: State, notes: list[str]) -> TrainedForest | None:
    """The stored forest, if what it needs can be measured."""
    if project.forest is None:
        return None
    used = {each: known[each] for each in project.selected if each in known}
    n_columns = sum(spec.n_values for spec in used.values())
    n_needed = len(project.forest["importances"])
    if len(used) < len(project.selected) or n_columns != n_needed:
        notes.append(
            f"the classifier of the project cannot be used: it needs {n_needed} feature columns, and its features "
            f"have {n_columns} here; a new one is grown from the labels"
        )
        return None
    forest = RandomForest.from_arrays(project.forest)
    return TrainedForest(
        forest=forest,
        samples=ilastik_labels.samples(project.lanes, state.lanes, used),
        classes=tuple(state.classes[number - 1] for number in np.ravel(forest.classes).tolist()),
        features=tuple(spec.id for spec in used.values()),
        margin=state.feature_selection.margin,
        trained_on=state.teaching_digest(),
        imported=True,
    )
