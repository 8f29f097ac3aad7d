"""What the viewer shows of the session: five layers and an overlay over the objects of the image shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels, Layer

    from napari_objclass.widgets.viewer.session import ViewerSession

#: Names of our layers.
RAW, OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY, OVERLAY = LAYERS = (
    "Raw", "Objects", "Annotations", "Predictions", "Uncertainty", "Overlay",
)  # fmt: skip


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


class Display:
    """Our layers in the viewer, kept in line with the session.

    Attributes
    ----------
    show
        What is painted; assign by :meth:`set_show`, which emits ``show_changed``.
    """

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self.show = Show()

    def set_show(self, **values: Any) -> None:
        """Paint something else: ``kind``, ``cls``, ``column``, ``only_labelled``."""

    def adopt(self, lane_uuid: str, raw: Sequence[Image], objects: Labels | None) -> None:
        """Use the user's own layers as Raw and Objects of an image, as long as they are in the viewer."""

    def owns(self, layer: Layer) -> bool:
        """Whether a layer is one of ours, and no user's own."""
        return False

    @property
    def objects_layer(self) -> Labels | None:
        """The layer that has the ids of the image shown: the user's own or ours; None when it is not there."""
        return None

    def object_at(
        self,
        position: Sequence[float],
        view_direction: Any = None,
        dims_displayed: Sequence[int] | None = None,
    ) -> tuple[int, int] | None:
        """Frame and id of the object at a world position (in 3D rendering: along the ray); None for background."""
        return None

    def go_to(self, t: int, object_id: int) -> None:
        """Bring an object into view: its frame and slice, and its middle into the middle of the canvas."""

    @property
    def lost(self) -> list[str]:
        """Names of our layers that the user deleted."""
        return []

    def restore(self) -> None:
        """Add again what the user deleted."""

    def wake(self) -> None:
        """Listen to the viewer."""

    def rest(self) -> None:
        """Stop listening to the viewer; the layers stay as they are."""
