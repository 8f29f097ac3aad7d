"""The image that a viewer shows, with all that is known about its objects at the moment: an immutable snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_objclass.features import FeatureTable
    from napari_objclass.workflow.claims import Claims
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.object_classification import Prediction, TrainedForest
    from napari_objclass.workflow.objects import Objects


@dataclass(frozen=True, eq=False)
class Shown:
    """What is known about one image of the session; outputs that are not there yet are None.

    Rows of ``table`` and ``prediction`` are the rows of ``objects``.

    Attributes
    ----------
    uuid
        Of the image: its position in the session changes when others come and go.
    images, objects
        Its pixels and objects.
    claims
        What annotations mean for the objects.
    table
        Features of all objects.
    forest
        The classifier.
    prediction
        Class, probabilities and uncertainty of every object.
    """

    uuid: str
    images: Images | None = None
    objects: Objects | None = None
    claims: Claims | None = None
    table: FeatureTable | None = None
    forest: TrainedForest | None = None
    prediction: Prediction | None = None
