"""What a click in the viewer does: the tool in the user's hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
        Number of the chosen class.
    """

    active: bool = False
    mode: Mode = Mode.ANNOTATE
    cls: int = 1
