"""Labels and predictions of the objects that are shown, as numbers of the present classes.

Parts of ``Shown`` arrive one after the other: for a moment, claims and predictions may be those of objects, or classes,
of before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.objects import Objects


def labels(shown: Shown, classes: Sequence[ObjectClass]) -> NDArray[np.int64]:
    """Class of the label of every object, (n,); 0 without one."""
    assert shown.objects is not None
    if shown.claims is None:
        return np.zeros(len(shown.objects.ids), np.int64)
    uuids = [each.uuid for each in classes]
    return shown.claims.class_numbers(shown.objects.frames, shown.objects.ids, uuids)


def prediction(shown: Shown) -> Prediction | None:
    """Prediction of the objects shown; None if there is none, or only one of other objects."""
    objects, found = shown.objects, shown.prediction
    return found if objects is not None and found is not None and _same_objects(objects, found) else None


def class_numbers(shown: Shown, classes: Sequence[ObjectClass]) -> NDArray[np.int64]:
    """Present number of every class of the prediction, (n_classes,); 0 for one that was deleted since."""
    assert shown.prediction is not None
    names, forest = shown.prediction.class_names, shown.forest
    if forest is not None and len(forest.classes) == len(names):
        by_uuid = {each.uuid: number for number, each in enumerate(classes, 1)}
        return np.array([by_uuid.get(each.uuid, 0) for each in forest.classes], np.int64)
    by_name = {each.name: number for number, each in enumerate(classes, 1)}
    return np.array([by_name.get(name, 0) for name in names], np.int64)


def predicted(shown: Shown, classes: Sequence[ObjectClass]) -> NDArray[np.int64]:
    """Predicted class of every object, (n,); 0 for none, and for a class that was deleted since."""
    assert shown.prediction is not None
    return np.append(class_numbers(shown, classes), 0)[shown.prediction.classes - 1]


def _same_objects(objects: Objects, found: Prediction) -> bool:
    return np.array_equal(objects.ids, found.ids) and np.array_equal(objects.frames, found.frames)
