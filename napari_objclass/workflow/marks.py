"""Marks of the user: places, not ids.

A mark keeps the voxels of the object as it was when it was clicked, and nothing but the user takes it away. What it
means for the objects of today is derived, see :mod:`napari_objclass.workflow.claims`.

Marks lie in the coordinates of the whole image, so that those made on a crop are found in the image, and the other way
round. Everywhere else a position is a pixel of the image set at hand, crop or not: pixel + offset = place of a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


#: What the journal calls a change of marks: ``add`` has new ones, ``remove`` pairs of lane and mark uuid.
CHANGE = "annotations"


class AnnotationState(StrEnum):
    """What an annotation means for the present label image; only active ones train."""

    #: Its object is of its class.
    ACTIVE = "active"
    #: It claims an object of which marks cover less than half; a click confirms.
    CHANGED = "changed"
    #: Its object is claimed by marks of other classes too; a click decides.
    CONFLICT = "conflict"
    #: It claims nothing at present.
    PARKED = "parked"


@dataclass(frozen=True, eq=False)
class Mark:
    """One mark of the user: this place, in this image and frame, is of this class.

    Attributes
    ----------
    runs
        Mask of the object as it was when clicked: (n, 4) rows z, y, x, length in raster order, whole image.
    anchor
        A voxel (z, y, x) of the mask.
    time
        Seconds since 1970; for the user only, no result depends on it.
    """

    uuid: str
    lane: str
    t: int
    cls: str
    runs: NDArray[np.int64]
    anchor: tuple[int, int, int]
    time: float

    def to_json(self) -> dict[str, Any]:
        """Values by field name, but for the mask."""
        return {
            "uuid": self.uuid,
            "lane": self.lane,
            "t": self.t,
            "class": self.cls,
            "anchor": list(self.anchor),
            "time": self.time,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], runs: NDArray[np.int64]) -> Mark:
        """Inverse of :meth:`to_json`."""
        z, y, x = values["anchor"]
        return cls(
            uuid=values["uuid"],
            lane=values["lane"],
            t=int(values["t"]),
            cls=values["class"],
            runs=runs,
            anchor=(int(z), int(y), int(x)),
            time=float(values["time"]),
        )
