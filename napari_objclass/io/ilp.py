"""Reading a project of ilastik's object classification: what is in the file, as plain data.

Nothing is executed: pickles in the file are read by a reader of their own that knows text, numbers, lists and
dictionaries. What it means for a session is told in :mod:`napari_objclass.workflow.ilastik_project`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import FileError
from napari_objclass.io import ilp_cache, ilp_settings
from napari_objclass.io.ilp_data import IlpDataset, read_datasets
from napari_objclass.io.ilp_forest import read_forest
from napari_objclass.io.ilp_settings import Features
from napari_objclass.io.ilp_values import Notes, numbered, reading, text
from napari_objclass.io.ilp_workflow import variant_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import h5py
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IlpDataset", "IlpLane", "IlpProject", "read"]


@dataclass(frozen=True, eq=False)
class IlpLane:
    """One image. What ilastik computed is read from the file when a frame of it is asked for.

    Attributes
    ----------
    datasets
        By our role: ``raw``, and one of ``labels``, ``segmentation``, ``probabilities``; ``atlas`` if there is one.
    labels
        Class number of every object by frame: index = ilastik's id of the object, 0 = none.
    label_image
        Frame → label image ``zyx`` with ilastik's ids, as far as the project holds it.
    original_ids
        Frame → (n, 2) ilastik's id and the id in the given label image.
    features
        Frame → {(plug-in, feature id): (n_objects + 1, n_values)} cached values.
    probabilities
        Frame → (n_objects + 1, n_classes) cached probabilities.
    """

    datasets: Mapping[str, IlpDataset]
    labels: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    label_image: Mapping[int, NDArray[Any]] = field(default_factory=dict)
    original_ids: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    features: Mapping[int, Mapping[tuple[str, str], NDArray[np.float32]]] = field(default_factory=dict)
    probabilities: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class IlpProject:
    """What an ilastik project of object classification holds.

    Attributes
    ----------
    path
        The file.
    version, workflow
        As the file says.
    variant
        Role that objects come from: ``labels``, ``segmentation`` or ``probabilities``.
    lanes
        The images.
    thresholds
        Settings of the thresholding applet by ilastik's names (``CurOperator``, ``MinSize``, ``SmootherSigma/x``, …).
    features, selected
        (plug-in, feature id) of those computed, and of those the classifier uses, in the order of its columns.
    margin
        Of the neighbourhood in array order, (z, y, x) or (y, x); None if no feature has one.
    class_names, label_colors, prediction_colors
        The classes, and ``"#rrggbb"`` of each.
    forest
        Arrays of :meth:`napari_objclass.RandomForest.from_arrays`; None without a trained one.
    export
        Settings of the export applet by ilastik's names.
    table
        Settings of the table export by ilastik's names; ``features`` has the ids that were chosen.
    blockwise
        ``block`` and ``halo``, each (z, y, x).
    notes
        What was left out or is not supported, one sentence each.
    """

    path: Path
    version: str
    workflow: str
    variant: str
    lanes: tuple[IlpLane, ...]
    thresholds: Mapping[str, Any]
    features: tuple[tuple[str, str], ...]
    selected: tuple[tuple[str, str], ...]
    margin: tuple[int, ...] | None
    class_names: tuple[str, ...]
    label_colors: tuple[str, ...]
    prediction_colors: tuple[str, ...]
    forest: Mapping[str, NDArray[Any]] | None
    export: Mapping[str, Any]
    table: Mapping[str, Any]
    blockwise: Mapping[str, tuple[int, int, int]]
    notes: tuple[str, ...] = ()


def read(path: str | os.PathLike[str]) -> IlpProject:
    """Read a project; the file is never changed, and what was computed for its images is read only when asked for.

    Raises
    ------
    FileError
        If it is not a project of object classification with its own segmentation, or cannot be read.
    """
    path = Path(path).expanduser().absolute()
    with reading(path) as file:
        if "workflowName" not in file:
            raise FileError(f"{path} is not a project of ilastik 1.0 or later: it names no workflow")
        workflow = text(file["workflowName"][()])
        variant = variant_of(workflow, path)
        notes = Notes()
        lanes = _lanes(file, path, notes)
        class_names, forest = _classes(file, lanes, notes)
        computed = _features(file, "ObjectExtraction/Features", Features(), notes)
        selected = _features(file, "ObjectClassification/SelectedFeatures", computed, notes)
        return IlpProject(
            path=path,
            version=text(file["ilastikVersion"][()]) if "ilastikVersion" in file else "",
            workflow=workflow,
            variant=variant,
            lanes=lanes,
            thresholds=notes.attempt("Thresholds were", {}, ilp_settings.thresholds, file),
            features=computed.ids,
            selected=selected.ids,
            margin=computed.margin or selected.margin,
            class_names=class_names,
            label_colors=notes.attempt("Colors were", (), ilp_settings.colors, file, "LabelColors"),
            prediction_colors=notes.attempt("Colors were", (), ilp_settings.colors, file, "PmapColors"),
            forest=forest,
            export=notes.attempt("Settings of the export were", {}, ilp_settings.export, file),
            table=notes.attempt("Settings of the table were", {}, ilp_settings.table, file),
            blockwise=notes.attempt("Settings of blocks were", {}, ilp_settings.blockwise, file),
            notes=tuple(notes),
        )


def _classes(
    file: h5py.File, lanes: tuple[IlpLane, ...], notes: Notes
) -> tuple[tuple[str, ...], dict[str, NDArray[Any]] | None]:
    """Names of all classes, those that only labels or the forest know included; and the forest."""
    names: tuple[str, ...] = notes.attempt("Names of classes were", (), ilp_settings.class_names, file)
    labelled = max((int(each.max(initial=0)) for lane in lanes for each in lane.labels.values()), default=0)
    n_classes = max(labelled, len(names))
    stored = file.get("ObjectClassification/ClassifierForests")
    forest = None
    if stored:
        forest = notes.attempt("The trained classifier was", None, read_forest, stored, n_classes)
    if forest is not None:
        n_classes = len(forest["classes"])
    return names + tuple(f"Label {i + 1}" for i in range(len(names), n_classes)), forest


def _features(file: h5py.File, name: str, default: Features, notes: Notes) -> Features:
    return notes.attempt(f"{name.rpartition('/')[2]} were", default, ilp_settings.features, file, name, default)


def _lanes(file: h5py.File, path: Path, notes: Notes) -> tuple[IlpLane, ...]:
    lanes = file.get("Input Data/infos", {})
    return tuple(_lane(file, lanes[name], number, path, notes) for number, name in numbered(lanes).items())


def _lane(file: h5py.File, lane: h5py.Group, number: int, path: Path, notes: Notes) -> IlpLane:
    title = f"image {number + 1}"
    of = f"of {title} were"
    return IlpLane(
        datasets=read_datasets(lane, title, path, notes),
        labels=notes.attempt(f"Labels {of}", {}, ilp_cache.labels, file, number),
        label_image=notes.attempt(f"Stored objects {of}", {}, ilp_cache.label_images, file, path, number),
        original_ids=notes.attempt(f"Stored ids {of}", {}, ilp_cache.original_ids, file, path, number),
        features=notes.attempt(f"Stored features {of}", {}, ilp_cache.features, file, path, number),
        probabilities=notes.attempt(f"Stored probabilities {of}", {}, ilp_cache.probabilities, file, path, number),
    )
