"""What a user changes of one image: each is told apart by uuid, for its position may be another by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_objclass.widgets.viewer.layer_files import level_0
from napari_objclass.workflow.lane import RAW, location

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.lane import LaneRecord, Source
    from napari_objclass.workflow.session import Session


class ImageChanges:
    """Changes of images, made as changes of a step.

    Attributes
    ----------
    made
        Emitted on the GUI thread after each; a new name makes no output stale, and is announced by nobody else.
    """

    made = Signal()

    def __init__(self, shared: ViewerSession, step: str) -> None:
        self._shared, self._step = shared, step

    def rename(self, uuid: str, name: str) -> None:
        """Call it otherwise."""
        self._do(lambda session: session.rename_lane(uuid, name))

    def remove(self, uuid: str) -> None:
        """Take it out of the project; its annotations are kept."""
        self._do(lambda session: session.remove_lane(uuid))

    def set_axes(self, uuid: str, axes: dict[str, str]) -> None:
        """Read its pixels with other axes, by role."""
        self._do(lambda session: session.relink_lane(uuid, axes=axes))

    def set_size(self, uuid: str, spacing: tuple[float, ...], units: str) -> None:
        """Set the size of a voxel (z, y, x) and its unit, "" for none."""
        self._do(lambda session: session.set_spacing(uuid, spacing, units=units or None))

    def set_role(self, uuid: str, role: str) -> None:
        """Take its label image as a mask, or the other way round."""

        def change(session: Session) -> None:
            old, source = _objects(session.lane(uuid))
            if old != role:
                pixels = session.source(uuid, old).data if source.path is None else location(source)
                given: dict[str, Any] = {role: pixels}
                session.relink_lane(uuid, **given, axes={role: source.axes})

        self._do(change)

    def relink(self, uuid: str, role: str, place: str) -> None:
        """Take the pixels of one role from a file, as they are there now."""
        given: dict[str, Any] = {role: place}
        self._do(lambda session: session.relink_lane(uuid, **given))

    def take_painted(self, uuid: str, layer: Labels) -> None:
        """Take the objects that a layer has now."""

        def change(session: Session) -> None:
            role, source = _objects(session.lane(uuid))
            given: dict[str, Any] = {role: np.array(level_0(layer))}
            session.relink_lane(uuid, **given, axes={role: source.axes})

        self._do(change)

    def _do(self, change: Callable[[Session], Any]) -> None:
        self._shared.do(self._step, change, self._tell)

    def _tell(self, _: object) -> None:
        self.made.emit()


def _objects(record: LaneRecord) -> tuple[str, Source]:
    """Role and source of the objects."""
    return next(each for each in record.sources.items() if each[0] != RAW)
