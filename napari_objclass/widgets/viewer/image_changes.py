"""What a user changes of one image: each is told apart by uuid, for its position may be another by then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from psygnal import Signal

from napari_objclass.io.formats import split
from napari_objclass.widgets.viewer.layer_files import level_0
from napari_objclass.widgets.viewer.moved import gone, moved
from napari_objclass.workflow.lane import RAW, location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari.layers import Labels

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.lane import LaneRecord, Source
    from napari_objclass.workflow.session import Session


T = TypeVar("T")


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

    def relink(self, uuid: str, found: dict[str, str], lacks: Callable[[str], object] = lambda role: None) -> None:
        """Take the pixels of roles from files, as they are there now.

        Other files that are gone are looked for beside them, those of other images too. ``lacks`` gets a role of this
        image whose file is not there either; nothing is changed then.
        """

        def change(session: Session) -> str | None:
            own, folders = session.lane(uuid), [split(place)[0].parent for place in found.values()]
            beside: dict[str, Any] = moved(own, folders)
            given = {**beside, **{role: place for role, place in found.items() if not own.sources[role].parts}}
            missing = next((role for role in gone(own) if role not in given), None)
            if missing is None:
                session.relink_lane(uuid, **given)
                _relink_others(session, folders)
            return missing

        self._do(change, lambda missing: None if missing is None else lacks(missing))

    def take_painted(self, uuid: str, layer: Labels) -> None:
        """Take the objects that a layer has now."""

        def change(session: Session) -> None:
            role, source = _objects(session.lane(uuid))
            given: dict[str, Any] = {role: np.array(level_0(layer))}
            session.relink_lane(uuid, **given, axes={role: source.axes})

        self._do(change)

    def _do(self, change: Callable[[Session], T], done: Callable[[T], object] = lambda _: None) -> None:
        def tell(result: T) -> None:
            self.made.emit()
            done(result)

        self._shared.do(self._step, change, tell)


def _relink_others(session: Session, folders: Sequence[Path]) -> None:
    """Find images all missing files of which are in some folders."""
    for lane in session.lanes:
        found: dict[str, Any] = moved(lane, folders)
        if found and found.keys() == set(gone(lane)):
            session.relink_lane(lane.uuid, **found)


def _objects(record: LaneRecord) -> tuple[str, Source]:
    """Role and source of the objects."""
    return next(each for each in record.sources.items() if each[0] != RAW)
