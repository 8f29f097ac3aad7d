"""A project of ilastik as a session: images, settings, labels, and its forest, which stays in force.

What is in the file is told in :mod:`napari_objclass.io.ilp`. Labels become places, so that they outlive other
thresholds, and features come in the order of ilastik's columns, so that its forest fits them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.forest import RandomForest
from napari_objclass.io.formats import ILASTIK_SUFFIX, split
from napari_objclass.io.image import Stack
from napari_objclass.io.stack import open_files
from napari_objclass.thresholding import AS_IS
from napari_objclass.workflow import (
    export,
    feature_selection,
    ilastik_labels,
    ilastik_settings,
    input_data,
    object_classification,
    thresholding,
)
from napari_objclass.workflow.chain import Chain, Memory
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.lane import PROBABILITIES, RAW, ROLES, UNKNOWN, LaneRecord, Source
from napari_objclass.workflow.object_classification import Classifier, TrainedForest
from napari_objclass.workflow.session import Session
from napari_objclass.workflow.state import State

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from napari_objclass.features import FeatureSpec
    from napari_objclass.io.ilp import IlpDataset, IlpLane, IlpProject
    from napari_objclass.workflow.applet import Settings

    Known = Mapping[tuple[str, str], FeatureSpec]


def import_ilp(path: str | os.PathLike[str], *, recover: bool = True) -> Session:
    """Make a session of a project of ilastik's object classification; the file is only read.

    Images, thresholds, features, classes, labels and export settings come over. The trained forest predicts as it did
    in ilastik until a label, a class or the features change; then a new one is grown. What does not come over is told
    in :attr:`Session.notes`, one sentence each. Labels of images that are missing wait for them.

    Parameters
    ----------
    path
        The project, ``*.ilp``.
    recover
        False to keep no journal until the first save, for scripts.

    Raises
    ------
    FileError
        If the file cannot be read, or is not a project of object classification.
    """
    from napari_objclass.io import ilp

    project = ilp.read(Path(path))
    notes = list(project.notes)
    project = replace(project, lanes=_complete(project, notes))
    folder = project.path.parent
    opened = [_lane(lane, number, folder, notes) for number, lane in enumerate(project.lanes, 1)]
    extent = next((extent for _, extent in opened if extent is not None), None) or _declared_extent(project)
    known = ilastik_settings.known_features(extent or ilastik_settings.fitting_extent(project))
    state = State(
        settings=_settings(project, known, notes),
        lanes=tuple(record for record, _ in opened),
        classes=ilastik_settings.object_classes(project, notes),
    )
    chain = Chain(state, Memory(None), {})
    unread = [lane for lane, extent in opened if extent is None]
    notes += [sentence for lane in unread if (sentence := _missing(chain, lane))]
    state = replace(state, marks=_marks(project, chain, notes))
    forest = _forest(project, known, state, notes)
    notes += [sentence for sentence in [ilastik_settings.blockwise_note(project)] if sentence]
    return Session.starting_from(state, forest, notes, recover=recover)


# ------------------------------------------------------------------------------------------------------- images


def _complete(project: IlpProject, notes: list[str]) -> tuple[IlpLane, ...]:
    """The images that have what objects come from."""
    complete = tuple(lane for lane in project.lanes if project.variant in lane.datasets)
    if len(complete) < len(project.lanes):
        n_left = len(project.lanes) - len(complete)
        notes.append(f"{n_left} of {len(project.lanes)} images were left out: they have no {project.variant} image")
    return complete


def _lane(lane: IlpLane, number: int, folder: Path, notes: list[str]) -> tuple[LaneRecord, tuple[int, int] | None]:
    """Record of an image with its dimensions and channels; of unknown content if it cannot be opened."""
    if "atlas" in lane.datasets:
        notes.append("the atlas was left out: values of an atlas are not measured here")
    datasets = {role: lane.datasets[role] for role in ROLES if role in lane.datasets}
    name = next((each.nickname for each in datasets.values() if each.nickname), f"image {number}")
    try:
        sources = {role: _found(dataset) for role, dataset in datasets.items()}
        axes = {role: letters for role, dataset in datasets.items() if (letters := _letters(dataset))}
        dranges = {role: _drange(role, dataset) for role, dataset in datasets.items()}
        record, _, images = input_data.describe(sources, axes=axes, name=name, dranges=dranges)
    except ObjClassError:
        unknown = {role: _unknown(role, dataset, folder) for role, dataset in datasets.items()}
        return LaneRecord(uuid4().hex, name, unknown), None
    stored = {role: replace(source, stored=_is_inside(source)) for role, source in record.sources.items()}
    return replace(record, sources=stored), images.extent


def _missing(chain: Chain, lane: LaneRecord) -> str | None:
    """Why an image cannot be seen; None if it can."""
    try:
        chain.images(lane)
    except FileError as error:
        return str(error)
    return None


def _found(dataset: IlpDataset) -> str | Stack:
    """What to open.

    Raises
    ------
    FileError
        If it is not where the project says, nor beside the project.
    """
    if not dataset.found:
        raise FileError(f"{' and '.join(dataset.sought or dataset.files)} cannot be found")
    return dataset.found[0] if len(dataset.found) == 1 else Stack(dataset.found, dataset.along)


def _letters(dataset: IlpDataset) -> str:
    """Axes of the array in the file: ilastik names a channel axis where there is none, too."""
    n_dims = open_files(_found(dataset)).data.ndim
    letters = dataset.axes
    if len(letters) == n_dims + 1:
        letters = letters.replace("c", "")
    return letters if len(letters) == n_dims else ""


def _unknown(role: str, dataset: IlpDataset, folder: Path) -> Source:
    """Pixels that are awaited where the project says they are, or in its folder if this system has no such place."""
    places = [(path if path.is_absolute() else folder / path.name, inner) for path, inner in map(split, dataset.files)]
    parts = [Source("", UNKNOWN, str(path), inner) for path, inner in places]
    whole = replace(parts[0], axes=dataset.axes, drange=dataset.drange if role == PROBABILITIES else None)
    return whole if len(parts) == 1 else replace(whole, parts=tuple(parts), along=dataset.along)


def _drange(role: str, dataset: IlpDataset) -> tuple[float, float] | None:
    """Values that count as 0 and 1 in what is thresholded: ilastik takes integers as they are if nothing says more."""
    return dataset.drange or open_files(_found(dataset)).drange or AS_IS if role == PROBABILITIES else None


def _is_inside(source: Source) -> bool:
    """Whether the project itself holds the pixels; they are then stored beside ours when that is saved."""
    return source.path is not None and Path(source.path).suffix.lower() == ILASTIK_SUFFIX


def _declared_extent(project: IlpProject) -> tuple[int, int] | None:
    """Spatial dimensions and channels of the raw images as the project says; None if it does not."""
    for lane in project.lanes:
        raw = lane.datasets.get(RAW)
        if raw is not None and raw.shape and len(raw.shape) == len(raw.axes):
            lengths = dict(zip(raw.axes, raw.shape, strict=True))
            return 3 if lengths.get("z", 1) > 1 else 2, lengths.get("c", 1)
    return None


# ----------------------------------------------------------------------------------------------------- settings


def _settings(project: IlpProject, known: Known, notes: list[str]) -> dict[str, Settings]:
    features = tuple(known[each].id for each in project.features if each in known)
    selected = tuple(known[each].id for each in project.selected if each in known)
    unknown = dict.fromkeys(each for each in (*project.features, *project.selected) if each not in known)
    notes += [f"the feature {name!r} of {plugin!r} does not exist here and was left out" for plugin, name in unknown]
    return {
        **State().settings,
        thresholding.ID: ilastik_settings.thresholding(project, notes),
        feature_selection.ID: FeatureSelection(features, project.margin),
        object_classification.ID: Classifier(features=selected if selected and selected != features else None),
        export.ID: ilastik_settings.export(project, known, notes),
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
