"""Adding images to a session, one after another: what cannot be added is told, and the rest goes on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets.viewer.from_layers import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

log = logging.getLogger(__name__)


def add(session: Session, **arguments: Any) -> str:
    """Add an image as ``Session.add_lane`` does, under a name that no other has, and return its uuid."""
    before = {lane.uuid for lane in session.lanes}
    position = session.add_lane(**arguments)
    lanes = session.lanes
    names = [lane.name for lane in lanes]
    if lanes[position].uuid not in before and names.count(names[position]) > 1:
        session.rename_lane(position, distinct(names)[position])
    return lanes[position].uuid


def position_of(session: Session, uuid: str) -> int:
    """Position of an image at the time of a change; others may have been removed since it was asked for.

    Raises
    ------
    ObjClassError
        If it was removed itself.
    """
    for position, lane in enumerate(session.lanes):
        if lane.uuid == uuid:
            return position
    raise ObjClassError("this image was removed; undo brings it back")


@dataclass
class Progress:
    """How far adding is.

    Attributes
    ----------
    total, done
        Number of images asked for, and of those that were looked at.
    failures
        One sentence for each that could not be added.
    stopped
        Whether those that are left shall be left out.
    """

    total: int
    done: int = 0
    failures: tuple[str, ...] = ()
    stopped: bool = False


def add_all(
    shared: ViewerSession, step: str, images: Sequence[dict[str, Any]], told: Callable[[Progress], object]
) -> Progress:
    """Add images by the arguments of ``Session.add_lane``, each as a change of its own, so that others get between.

    ``told`` is called on the GUI thread after each; failures become the problem of ``step``.
    """
    progress = Progress(len(images))

    def attempt(arguments: dict[str, Any], session: Session) -> str | None:
        if progress.stopped:
            return None
        try:
            add(session, **arguments)
        except ObjClassError as error:
            return str(error)
        except Exception as error:  # one bad image must not keep the others out
            log.exception("unexpected error")
            return f"something unexpected went wrong ({type(error).__name__}: {error}); the log has more"
        return None

    def note(failure: str | None) -> None:
        progress.done += 1
        if failure:
            progress.failures += (failure,)
        if progress.failures:
            shared.set_problem(step, ObjClassError("\n".join(progress.failures)))
        told(progress)

    for each in images:
        shared.do(step, partial(attempt, each), note)
    return progress
