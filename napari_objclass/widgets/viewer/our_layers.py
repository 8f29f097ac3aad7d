"""Our layers: their names and order, and with what they are painted when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer import painting
from napari_objclass.widgets.viewer.painting import Kind, Show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_objclass.widgets.viewer.lookup import Fill
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass

#: Names of our layers.
RAW, OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY, OVERLAY = LAYERS = (
    "Raw", "Objects", "Annotations", "Predictions", "Uncertainty", "Overlay",
)  # fmt: skip

#: From the bottom up.
ORDER = (RAW, OBJECTS, PREDICTIONS, UNCERTAINTY, OVERLAY, ANNOTATIONS)
#: Labels are in full colour over the lighter colour of predictions.
OPACITY = {OBJECTS: 0.5, ANNOTATIONS: 0.8, PREDICTIONS: 0.4, UNCERTAINTY: 0.8, OVERLAY: 0.8}
#: Kinds that the overlay shows.
OVERLAID = (Kind.PROBABILITY, Kind.FEATURE)
#: What of an image has to be painted anew when a part of it is new.
PAINTED_BY = {
    "claims": {ANNOTATIONS},
    "table": {OVERLAY},
    "prediction": {PREDICTIONS, UNCERTAINTY, OVERLAY},
}
PAINTED = {ANNOTATIONS, PREDICTIONS, UNCERTAINTY, OVERLAY}


#: With what each layer is seen; the colour of its class would cover the value of an object that is labelled.
SEEN_WITH = {
    PREDICTIONS: {Kind.CLASS},
    UNCERTAINTY: {Kind.UNCERTAINTY},
    ANNOTATIONS: {Kind.CLASS, Kind.NOTHING},
}

PAINTERS: dict[str, Callable[[Shown, Sequence[ObjectClass], Show], Fill]] = {
    ANNOTATIONS: lambda shown, classes, _: painting.labels(shown, classes),
    PREDICTIONS: painting.predictions,
    UNCERTAINTY: painting.uncertainty,
    OVERLAY: painting.overlay,
}
