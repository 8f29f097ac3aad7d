"""Bringing images into a session, one after another: what cannot be added is told, and the rest goes on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets.viewer.found import Found, look
from napari_objclass.widgets.viewer.from_layers import distinct
from napari_objclass.workflow.lane import LABELS, RAW, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class Intake:
    """Looks at files, and adds images of a session, on other threads.

    Attributes
    ----------
    progress
        Of adding; None while nothing is added.
    looked
        Emitted on the GUI thread with what files hold.
    progressed
        Emitted there when ``progress`` is another.
    """

    looked = Signal(list)
    progressed = Signal()

    def __init__(self, shared: ViewerSession, step: str) -> None:
        self._shared, self._step = shared, step
        self.progress: Progress | None = None

    def look(self, paths: Sequence[str]) -> None:
        """Look at files and folders; ``looked`` tells what is in them."""
        self._shared.aside(lambda: look(paths), self.looked.emit, lambda error: self._looked_in_vain(paths, error))

    def add(self, images: Sequence[dict[str, Any]]) -> None:
        """Add images by the arguments of ``Session.add_lane``, each as a change of its own, so that others get between.

        What cannot be added becomes the problem of the step, and the rest goes on.
        """
        progress = self.progress = Progress(len(images))
        for each in images:
            self._shared.do(self._step, partial(_attempt, progress, each), partial(self._note, progress))
        self.progressed.emit()

    def stop(self) -> None:
        """Leave out the images that are not added yet."""
        if self.progress is not None:
            self.progress.stopped = True

    def _note(self, progress: Progress, failure: str | None) -> None:
        progress.done += 1
        if failure:
            progress.failures += (failure,)
        if progress.failures:
            self._shared.set_problem(self._step, ObjClassError("\n".join(progress.failures)))
        if progress.done == progress.total and self.progress is progress:
            self.progress = None
        self.progressed.emit()

    def _looked_in_vain(self, paths: Sequence[str], error: Exception) -> None:
        log.error("unexpected error", exc_info=error)
        self.looked.emit([Found(each, Path(each).name, problem=f"{each} cannot be read ({error})") for each in paths])


def _attempt(progress: Progress, arguments: dict[str, Any], session: Session) -> str | None:
    """Add an image, or return why it cannot be added."""
    if progress.stopped:
        return None
    try:
        add(session, **arguments)
    except ObjClassError as error:
        return f"{_name(arguments)} was not added: {error}"
    except Exception as error:  # one bad image must not keep the others out
        log.exception("unexpected error")
        reason = f"something unexpected went wrong ({type(error).__name__}: {error}); the log has more"
        return f"{_name(arguments)} was not added: {reason}"
    return None


def _name(arguments: dict[str, Any]) -> str:
    """File that an image is known by."""
    raw = arguments.get(RAW)
    first = raw[0] if isinstance(raw, list) else raw
    return Path(first or arguments.get(LABELS) or arguments[SEGMENTATION]).name
