"""The session of a viewer: what all our widgets in it share, and the one way in which they change anything.

Widgets read snapshots (:class:`~napari_objclass.widgets.viewer.shown.Shown`, ``session.classes``, ...) and listen to
signals, which are all emitted on the GUI thread. Changes are made on a thread of their own, in the order they were
asked for (:meth:`ViewerSession.do`); outputs follow on another (:mod:`~napari_objclass.widgets.viewer.live`).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from psygnal import Signal

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets.viewer.display import Display
from napari_objclass.widgets.viewer.guide import Guide
from napari_objclass.widgets.viewer.hand import Hand
from napari_objclass.widgets.viewer.keys import Keys
from napari_objclass.widgets.viewer.live import Live, Request
from napari_objclass.widgets.viewer.shown import Shown
from napari_objclass.widgets.viewer.tool import Tool
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import annotations as marks, input_data, object_classification, object_features
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from napari.components import ViewerModel

    from napari_objclass.widgets.viewer.live import Activity
    from napari_objclass.widgets.viewer.worker import Post

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Ids of the steps that change something from elsewhere.
CLASSIFY, PROJECT = "object_classification", "project"

#: The step in which the user can act on what goes wrong in an applet.
STEP_OF = {
    input_data.ID: "input_data",
    marks.ID: "object_classification",
    object_features.ID: "feature_selection",
    object_classification.ID: "object_classification",
}


class ViewerSession:
    """Session, image shown, tool and problems of one viewer.

    Attributes
    ----------
    viewer
        The viewer.
    session
        What is annotated and classified; another one after opening a project.
    shown
        The image that is shown; None while there is none.
    tool
        What a click does.
    live
        Whether forest and predictions follow every change.
    display, hand, keys, guide
        Layers, mouse, keys, and the way to the next object.
    activity
        What is being computed; None when nothing is.
    replaced
        Emitted when ``session`` is another one.
    changed
        ``Session.changed``, on the GUI thread.
    shown_changed
        Emitted with the names of the parts of ``shown`` that are new.
    menu_asked
        Emitted with frame and id of the object whose menu the user wants, after the mouse button is up.
    tool_changed, live_changed, show_changed, activity_changed, problems_changed, saved
        Emitted after what their names say.
    """

    replaced = Signal()
    changed = Signal(set)
    shown_changed = Signal(set)
    tool_changed = Signal()
    live_changed = Signal()
    show_changed = Signal()
    activity_changed = Signal()
    problems_changed = Signal()
    saved = Signal()
    menu_asked = Signal(int, int)

    def __init__(self, viewer: ViewerModel, post: Post) -> None:
        self.viewer = viewer
        self.shown: Shown | None = None
        self.tool = Tool()
        self.live = True
        self.activity: Activity | None = None
        self._problems: dict[str, str | None] = {}
        self._halted: tuple[str, str] | None = None  # applet at which the live loop stopped, and why
        self._post = post
        self._changes, self._files = Worker("objclass-changes", post), Worker("objclass-files", post)
        self._live = Live(post, self._deliver, self._stage_failed, self._set_activity)
        self.display, self.hand, self.keys, self.guide = Display(self, post), Hand(self), Keys(self), Guide(self)
        self._take(Session())

    # ------------------------------------------------------------------------------------------------- changes

    def do(self, step: str, change: Callable[[Session], T], done: Callable[[T], object] | None = None) -> None:
        """Change the session; ``done`` gets the result on the GUI thread.

        What goes wrong becomes the problem of ``step``, and is forgotten when the next change there succeeds.
        """
        session = self.session

        def succeed(result: T) -> None:
            self.set_problem(step, None)
            if done is not None:
                done(result)

        self._changes.do(lambda: change(session), succeed, lambda error: self.set_problem(step, error))

    def annotate(self, t: int, object_ids: list[int], cls: int) -> None:
        """Label objects of the image that is shown; class 0 clears."""
        if self.shown is not None:
            lane, classes = self.shown.lane, [cls] * len(object_ids)
            self.do(CLASSIFY, lambda s: s.annotate_many(lane, ids=object_ids, classes=classes, t=t))

    def undo(self) -> None:
        """Take back the latest change."""
        self.do(CLASSIFY, Session.undo)

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self.do(CLASSIFY, Session.redo)

    def set_problem(self, step: str, problem: Exception | None) -> None:
        """Tell the user what went wrong with a change made in a step; None when nothing is any more."""
        sentence = None if problem is None else _sentence(problem)
        if self._problems.get(step) != sentence:
            self._problems[step] = sentence
            self.problems_changed.emit()

    def problem(self, step: str) -> str | None:
        """What stands in the way in a step, in one sentence; None if nothing does."""
        halted = self._halted if self._halted and STEP_OF[self._halted[0]] == step else None
        return self._problems.get(step) or (halted and halted[1])

    # ------------------------------------------------------------------------------------------ sessions, files

    def open(self, load: Callable[[], Session], step: str = PROJECT) -> None:
        """Go on with another session, which ``load`` opens: ``Session.open``, ``Session.recover`` or ``Session``."""

        def succeed(session: Session) -> None:
            self.set_problem(step, None)
            self._take(session)

        self._changes.do(load, succeed, lambda error: self.set_problem(step, error))

    def save(self, path: str | os.PathLike[str] | None = None, *, store_raw: bool = False) -> None:
        """Save the project as it is after all changes that were asked for; more can be made meanwhile."""
        session = self.session

        def succeed(_: None) -> None:
            self.set_problem(PROJECT, None)
            self.saved.emit()

        def write(_: None) -> None:
            self._files.do(lambda: session.save(path, store_raw=store_raw), succeed, failed)

        def failed(error: Exception) -> None:
            self.set_problem(PROJECT, error)

        self._changes.do(lambda: None, write)

    def _take(self, session: Session) -> None:
        """Go on with a session, and close the one before."""
        before = getattr(self, "session", None)
        self.session = session
        self.shown = None
        self._problems, self._halted = {}, None
        session.changed.connect(self._session_changed)
        if before is not None:
            before.changed.disconnect(self._session_changed)
            self._live.stop()
            self._files.do(before.close)
        self.tool = replace(self.tool, cls=1)
        self.replaced.emit()
        if session.lanes:
            self.show(0)

    # ---------------------------------------------------------------------------------------------- image shown

    def show(self, lane: int | None) -> None:
        """Show an image of the session, or none."""
        self.shown = None if lane is None else Shown(lane)
        self.shown_changed.emit({"lane"})
        self.update()

    def update(self) -> None:
        """Bring what is shown up to date."""
        if self.shown is not None:
            seen, before = self.display.seen(), self.shown.prediction
            self._live.request(Request(self.session, self.shown.lane, classify=self.live, seen=seen, before=before))

    def set_live(self, *, live: bool) -> None:
        """Let forest and predictions follow every change, or stand still."""
        self.live = live
        self.live_changed.emit()
        self.update()

    def stop(self) -> None:
        """Stop what is being computed."""
        self._live.stop()

    def set_tool(self, **values: Any) -> None:
        """Take another tool: ``active``, ``mode``, ``cls``."""
        self.tool = replace(self.tool, **values)
        self.tool_changed.emit()

    def wake(self) -> None:
        """Listen to the viewer: a widget was opened."""
        for part in (self.display, self.hand, self.keys):
            part.wake()

    def rest(self) -> None:
        """Leave the viewer alone and end the threads: no widget is open. Session and layers stay as they are."""
        for part in (self.display, self.hand, self.keys):
            part.rest()
        self._live.rest()
        self._changes.rest()
        self._files.rest()

    def close(self) -> None:
        """End the session with its viewer; what was not saved stays in its journal."""
        self.session.changed.disconnect(self._session_changed)
        self._changes.do(self.session.close)
        self.rest()

    def _session_changed(self, stale: set[tuple[str, int | None]]) -> None:
        """Take note of a change, on the thread that made it."""
        self._live.gone_stale(stale)
        self._post(lambda: self._announce(stale))

    def _announce(self, stale: set[tuple[str, int | None]]) -> None:
        n_lanes = len(self.session.lanes)
        if self.shown is not None and self.shown.lane >= n_lanes:
            self.show(n_lanes - 1 if n_lanes else None)
        elif self.shown is None and n_lanes:
            self.show(0)
        self.changed.emit(stale)
        self.update()

    def _deliver(self, request: Request, applet: str, parts: dict[str, Any]) -> None:
        shown = self.shown
        if shown is None or (request.session, request.lane) != (self.session, shown.lane):
            return
        if self._halted and self._halted[0] == applet:
            self._halted = None
            self.problems_changed.emit()
        new = {name: part for name, part in parts.items() if getattr(shown, name) is not part}
        if "objects" in new:  # nothing that was known of others holds for them
            new |= {name: None for name in ("claims", "table", "prediction") if getattr(shown, name) is not None}
        if new:
            self.shown = replace(shown, **new)
            self.shown_changed.emit(set(new))

    def _stage_failed(self, request: Request, applet: str, error: Exception) -> None:
        if self.shown is None or (request.session, request.lane) != (self.session, self.shown.lane):
            return
        self._halted = (applet, _sentence(error))
        self.problems_changed.emit()

    def _set_activity(self, activity: Activity | None) -> None:
        if activity != self.activity:
            self.activity = activity
            self.activity_changed.emit()


def _sentence(error: Exception) -> str:
    if isinstance(error, ObjClassError):
        return str(error)
    log.error("unexpected error", exc_info=error)
    return f"something unexpected went wrong ({type(error).__name__}: {error}); the log has more"
