"""What each object is filled with: from all that is known about an image to a value per object, without napari."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.widgets.viewer import answers
from napari_objclass.widgets.viewer.lookup import Fill
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass

#: Uncertainty 0…1 is shown in so many steps, numbered from 1.
N_LEVELS = 255
#: Numbers beyond those of the classes, for labels that wait for a click.
CHANGED, CONFLICT = 1, 2


class Kind(StrEnum):
    """What is painted on the objects."""

    CLASS = "class"
    UNCERTAINTY = "uncertainty"
    PROBABILITY = "probability"
    FEATURE = "feature"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Show:
    """What is painted on the objects, besides annotations.

    Attributes
    ----------
    kind
        Of the five.
    cls
        Number of the class whose probability is shown.
    column
        Column of the feature table that is shown.
    only_labelled
        Paint only the objects that are labelled.
    """

    kind: Kind = Kind.CLASS
    cls: int = 1
    column: str = ""
    only_labelled: bool = False


def class_dtype(n_classes: int) -> np.dtype[Any]:
    """Dtype that has room for the numbers of all classes and the two beyond."""
    return np.dtype(np.uint8 if n_classes + CONFLICT < 256 else np.uint16)


def labels(shown: Shown, classes: Sequence[ObjectClass]) -> Fill:
    """Class number of every labelled object; ``len(classes)`` + CHANGED or CONFLICT where a click has to confirm."""
    beyond = {AnnotationState.CHANGED: CHANGED, AnnotationState.CONFLICT: CONFLICT}
    numbers = _numbers(classes)
    found = {}
    for mark, object_id, state, _ in shown.claims.rows() if shown.claims else ():
        if object_id:
            number = len(classes) + beyond[state] if state in beyond else numbers.get(mark.cls, 0)
            found[mark.t, object_id] = number
    keys = sorted(found)
    return Fill(
        np.array([t for t, _ in keys], np.int64),
        np.array([object_id for _, object_id in keys], np.uint64),
        np.array([found[key] for key in keys], class_dtype(len(classes))),
    )


def predictions(shown: Shown, classes: Sequence[ObjectClass], show: Show) -> Fill:
    """Number of the predicted class of every object, 0 where it is none of the present classes."""
    dtype = class_dtype(len(classes))
    if shown.prediction is None:
        return Fill.nothing(dtype)
    return _filled(shown, classes, show, answers.predicted(shown, classes), dtype)


def uncertainty(shown: Shown, classes: Sequence[ObjectClass], show: Show) -> Fill:
    """Level of the uncertainty of every object, from 1 (sure) to N_LEVELS; 0 where it is not known."""
    if shown.prediction is None:
        return Fill.nothing(np.uint8)
    values = shown.prediction.uncertainty
    levels = np.rint(np.nan_to_num(values) * (N_LEVELS - 1)) + 1
    return _filled(shown, classes, show, np.where(np.isnan(values), 0, levels), np.uint8)


def overlay(shown: Shown, classes: Sequence[ObjectClass], show: Show) -> Fill:
    """Probability of a class or value of a feature of every object, NaN where it is missing."""
    if show.kind is Kind.PROBABILITY and shown.prediction is not None:
        columns = np.flatnonzero(answers.class_numbers(shown, classes) == show.cls)
        values: NDArray[Any] = np.zeros(len(shown.prediction.ids))
        if len(columns):
            values = shown.prediction.probabilities[:, columns[0]]
    elif show.kind is Kind.FEATURE and shown.table is not None and show.column in shown.table.columns:
        values = shown.table.values[:, shown.table.columns.index(show.column)]
    else:
        return Fill.nothing(np.float32)
    return _filled(shown, classes, show, values, np.float32, nothing=np.nan)


def limits(fill: Fill) -> tuple[float, float]:
    """Least and largest finite value, apart from each other."""
    finite = fill.values[np.isfinite(fill.values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    return (low, high) if low < high else (low, low + max(abs(low), 1.0))


def meanings(classes: Sequence[ObjectClass]) -> dict[str, list[Any]]:
    """What the numbers in a layer of classes mean, for the status bar."""
    names = [each.name for each in classes] + ["object changed - please confirm", "two classes here - please confirm"]
    return {"index": list(range(1, len(names) + 1)), "class": names}


def _filled(
    shown: Shown,
    classes: Sequence[ObjectClass],
    show: Show,
    values: NDArray[Any],
    dtype: DTypeLike,
    nothing: float = 0,
) -> Fill:
    """Fill of all objects, or, if ``show`` says so, of the labelled ones."""
    assert shown.objects is not None
    frames, ids = shown.objects.frames, shown.objects.ids
    if len(values) != len(ids):  # of a label image that was there before
        return Fill.nothing(dtype)
    values = values.astype(dtype)
    if show.only_labelled:
        values[answers.labels(shown, classes) == 0] = nothing
    return Fill(frames, ids, values)


def _numbers(classes: Sequence[ObjectClass]) -> dict[str, int]:
    return {each.uuid: number for number, each in enumerate(classes, 1)}
