"""Reading a project of ilastik's object classification: what is in the file, as plain data.

Nothing is executed: pickles in the file are read by a reader of their own that knows text, numbers, lists and
dictionaries. What it means for a session is told in :mod:`napari_objclass.workflow.ilastik_project`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class IlpDataset:
    """One role of one image.

    Attributes
    ----------
    files
        Files that may be meant, best guess first: each a list of places (with inner path), several for a stack.
    found
        The places that exist, () if none do.
    axes
        Letters, "" if the project does not say.
    shape
        () if unknown.
    nickname
        What ilastik calls it.
    along
        Axis along which several files lie.
    drange
        Range of values.
    """

    files: tuple[str, ...]
    found: tuple[str, ...]
    axes: str = ""
    shape: tuple[int, ...] = ()
    nickname: str = ""
    along: str = "z"
    drange: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class IlpLane:
    """One image.

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
