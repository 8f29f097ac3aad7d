"""What a click in the viewer does: the tool in the user's hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.components import ViewerModel


class Mode(StrEnum):
    """What a click on an object does."""

    #: Labels it with the chosen class.
    ANNOTATE = "annotate"
    #: Takes its label away.
    ERASE = "erase"
    #: Labels all objects that a drag passes over.
    SWEEP = "sweep"


@dataclass(frozen=True)
class Tool:
    """The tool in the user's hand.

    Attributes
    ----------
    active
        Whether clicks and keys are ours; if not, napari is as without us.
    mode
        What a click does.
    cls
        Number of the chosen class; 0 clears.
    """

    active: bool = False
    mode: Mode = Mode.ANNOTATE
    cls: int = 1

    @property
    def labels_with(self) -> int:
        """Number of the class that a click gives an object; 0 clears."""
        return 0 if self.mode is Mode.ERASE else self.cls

    def works_in(self, viewer: ViewerModel) -> bool:
        """Whether clicks and keys are ours now: the tool is active, and the layer chosen is not being edited."""
        return self.active and pans(viewer.layers.selection.active)


def pans(layer: object) -> bool:
    """Whether a layer is in pan/zoom mode; no layer, and a layer without modes, are."""
    return getattr(layer, "mode", "pan_zoom") == "pan_zoom"
