"""The session of a viewer: what all our widgets in it share, and the one way in which they change anything.

Widgets read snapshots (:class:`~napari_objclass.widgets.viewer.shown.Shown`, ``session.classes``, ...) and listen to
signals, which are all emitted on the GUI thread. Changes are made on a thread of their own, in the order they were
asked for (:meth:`ViewerSession.do`); outputs follow on another (:mod:`~napari_objclass.widgets.viewer.live`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from psygnal import Signal

from napari_objclass.errors import ParameterError
from napari_objclass.widgets.viewer import exporting
from napari_objclass.widgets.viewer.activity import Activities
from napari_objclass.widgets.viewer.batching import Batching
from napari_objclass.widgets.viewer.display import Display
from napari_objclass.widgets.viewer.editing import Editing
from napari_objclass.widgets.viewer.errands import Errands
from napari_objclass.widgets.viewer.guide import Guide
from napari_objclass.widgets.viewer.hand import Hand
from napari_objclass.widgets.viewer.keys import Keys
from napari_objclass.widgets.viewer.large_images import LargeImages
from napari_objclass.widgets.viewer.live import Live, Request
from napari_objclass.widgets.viewer.preview import Preview
from napari_objclass.widgets.viewer.problems import Problems
from napari_objclass.widgets.viewer.shown import Shown
from napari_objclass.widgets.viewer.tool import Tool
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import export
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from napari.components import ViewerModel

    from napari_objclass.widgets.viewer.activity import Activity
    from napari_objclass.widgets.viewer.errands import Work
    from napari_objclass.widgets.viewer.live import Stale
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.lane import LaneRecord

T = TypeVar("T")

#: Ids of the steps that change something from elsewhere.
CLASSIFY, PROJECT = "object_classification", "project"


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
    display, hand, keys, guide, editing, preview
        Layers, mouse, keys, the way to the next object, objects in the user's own hands, and those that would be found.
    batching, large_images
        Images that are not in the session, and are classified all the same; and the image shown, block by block.
    replaced
        Emitted when ``session`` is another one.
    changed
        ``Session.changed``, on the GUI thread, with the uuids of images in the place of their positions.
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
        self.session = Session()
        self._origin: Path | None = None
        self.shown: Shown | None = None
        self.tool = Tool()
        self.live = True
        self._is_new = True  # the session never had an image
        self._order: list[str] = []  # uuids of all images,
        self._classes = self.session.classes  # and all classes, at the last announcement
        self._classify_once = False  # asked for, and not there yet
        self._resting = self._closed = False
        self._problems = Problems()
        self._post = post
        self._changes, self._files = Worker("objclass-changes", post), Worker("objclass-files", post)
        self._activities = Activities(self.activity_changed.emit)
        self._live = Live(post, self._deliver, self._halt, self._report)
        self._errands = Errands(post, self._activities.set_errand)
        self._asides = Worker("objclass-asides", post)
        self.display, self.hand, self.keys, self.guide = Display(self, post), Hand(self), Keys(self), Guide(self)
        self.editing, self.preview = Editing(self, post), Preview(self, post)
        self.batching, self.large_images = Batching(self), LargeImages(self)
        self.session.changed.connect(self._session_changed)

    @property
    def origin(self) -> Path | None:
        """Project of ilastik that the session was made of, until it is saved; None if there is none."""
        return self._origin if self.session.path is None else None

    @property
    def activity(self) -> Activity | None:
        """What is being computed, or otherwise done; None when nothing is."""
        return self._activities.current

    # ------------------------------------------------------------------------------------------------- changes

    def do(self, step: str, change: Callable[[Session], T], done: Callable[[T], object] | None = None) -> None:
        """Change the session; ``done`` gets the result on the GUI thread.

        What goes wrong becomes the problem of ``step``, and is forgotten when the next change there succeeds.
        """
        session = self.session
        self._do(self._changes, step, "working", lambda: change(session), done)

    def annotate(self, t: int, object_ids: list[int], cls: int) -> None:
        """Label objects of the image that is shown; class 0 clears."""
        if self.shown is not None:
            image = self.shown.uuid
            classes = [self._classes[cls - 1].uuid if cls else 0] * len(object_ids)
            self.do(CLASSIFY, lambda s: s.annotate_many(image, ids=object_ids, classes=classes, t=t))

    def undo(self) -> None:
        """Take back the latest change."""
        self.do(CLASSIFY, Session.undo)

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self.do(CLASSIFY, Session.redo)

    def aside(
        self, work: Callable[[], T], done: Callable[[T], object], failed: Callable[[Exception], object] | None = None
    ) -> None:
        """Compute something that changes nothing, on a thread beside all others; ``done`` as in :meth:`do`."""
        self._asides.do(work, done, failed)

    def fetch(self, step: str, look: Callable[[Session], T], done: Callable[[T], object]) -> None:
        """Look at files or outputs, which may take a while; ``done`` gets what was found on the GUI thread.

        What goes wrong becomes the problem of ``step``. All changes and savings that were asked for come first.
        """
        session = self.session
        self._files.do(
            lambda: look(session), done, lambda error: self.set_problem(step, error), after=self._changes.all_done()
        )

    def run(
        self,
        step: str,
        what: str,
        work: Work[T],
        done: Callable[[T | None], object],
        failed: Callable[[], object] | None = None,
    ) -> None:
        """Do long work that changes nothing, such as an export, while changes go on.

        Parameters
        ----------
        step
            The step whose problem it is when it goes wrong.
        what
            Shown while it runs.
        work
            Called with ``progress`` and ``cancel`` on a thread of its own, after all changes that were asked for.
        done
            Gets the result on the GUI thread; None if the user stopped it.
        failed
            Called there when it went wrong, which the step tells.
        """

        def succeed(result: T | None) -> None:
            self.set_problem(step, None)
            done(result)

        def fail(error: Exception) -> None:
            self.set_problem(step, error)
            if failed is not None:
                failed()

        self._errands.do(what, work, succeed, fail, after=self._changes.all_done())

    def set_problem(self, step: str, problem: Exception | None) -> None:
        """Tell the user what went wrong with a change made in a step; None when nothing is any more."""
        if self._problems.set(step, problem):
            self.problems_changed.emit()

    def problem(self, step: str) -> str | None:
        """What stands in the way in a step, in one sentence; None if nothing does."""
        return self._problems.of(step)

    # ------------------------------------------------------------------------------------------ sessions, files

    def open(self, load: Callable[[], Session], step: str = PROJECT, *, origin: Path | None = None) -> None:
        """Go on with another session, which ``load`` opens: ``Session.open``, ``Session.recover`` or ``Session``.

        Sessions that were left are closed first: the project of one that is open can only be read. ``origin`` is the
        project of ilastik that the session is made of.
        """

        def take(session: Session) -> None:
            self._take(session, origin)

        self._do(self._changes, step, "opening", load, take, after=self._files.all_done())

    def save(self, path: str | os.PathLike[str] | None = None, *, store_raw: bool = False) -> None:
        """Save the project as it is after all changes that were asked for; more can be made meanwhile."""
        session = self.session
        self._do(
            self._files,
            PROJECT,
            "saving",
            lambda: session.save(path, store_raw=store_raw),
            lambda _: self.saved.emit(),
            after=self._changes.all_done(),
        )

    def _take(self, session: Session, origin: Path | None) -> None:
        """Go on with a session, and close the one before."""
        if self._closed:
            self._files.do(session.close)
            return
        self._leave()
        self.session, self.shown, self._problems, self._origin = session, None, Problems(), origin
        self._is_new = not session.lanes
        session.changed.connect(self._session_changed)
        self._classes = session.classes
        self.set_tool(cls=1)
        self.replaced.emit()
        self.problems_changed.emit()
        self._order = []
        self._show_what_is_there()

    def _leave(self) -> None:
        """Close the session after all changes and savings that were asked for."""
        self.editing.end()
        self.session.changed.disconnect(self._session_changed)
        self.stop()
        self._files.do(self.session.close, after=self._changes.all_done())

    # ---------------------------------------------------------------------------------------------- image shown

    @property
    def record(self) -> LaneRecord | None:
        """What the session has of the image shown; None while there is none."""
        shown = self.shown
        return next((lane for lane in self.session.lanes if shown is not None and lane.uuid == shown.uuid), None)

    @property
    def position(self) -> int | None:
        """Position of the image shown among those of the session."""
        order = [lane.uuid for lane in self.session.lanes]
        return order.index(self.shown.uuid) if self.shown is not None and self.shown.uuid in order else None

    def show(self, image: int | str | None) -> None:
        """Show an image of the session, by its position or uuid, or none; nothing happens if it was removed."""
        try:
            self.shown = None if image is None else Shown(self.session.lane(image).uuid)
        except ParameterError:
            return
        self._classify_once = False
        self.shown_changed.emit({"lane"})
        if self._problems.forget_halt():
            self.problems_changed.emit()
        self.update()

    def _show_what_is_there(self) -> None:
        """Go on showing the image shown; if it is gone, the one that took its place."""
        before, self._order = self._order, [lane.uuid for lane in self.session.lanes]
        shown = None if self.shown is None else self.shown.uuid
        if shown not in self._order and (shown or self._order):
            at = before.index(shown) if shown in before else 0
            self.show(self._order[min(at, len(self._order) - 1)] if self._order else None)

    def update(self, *, classify: bool = False) -> None:
        """Bring what is shown up to date; forest and predictions too if live, or asked for by ``classify``."""
        if self.shown is None or self._resting:
            return
        self._classify_once |= classify
        seen, before = self.display.seen(), self.shown.prediction
        self._live.request(Request(self.session, self.shown.uuid, self.live or self._classify_once, seen, before))

    def set_live(self, *, live: bool) -> None:
        """Let forest and predictions follow every change, or stand still."""
        self.live = live
        self.live_changed.emit()
        self.update()

    def stop(self) -> None:
        """Stop what is being computed."""
        self._classify_once = False
        self._live.stop()
        self._errands.stop()

    def set_tool(self, **values: Any) -> None:
        """Take another tool: ``active``, ``mode``, ``cls``."""
        self.tool = replace(self.tool, **values)
        self.tool_changed.emit()

    def wake(self) -> None:
        """Listen to the viewer: a widget was opened."""
        self._resting = False
        for part in (self.display, self.hand, self.keys):
            part.wake()
        self.update()

    def rest(self) -> None:
        """Leave the viewer alone: no widget is open. Session and layers stay, and an export goes on."""
        self.editing.end()
        self._resting = True
        for part in (self.display, self.hand, self.keys, self.preview):
            part.rest()
        self._live.stop()

    def close(self) -> None:
        """End the session with its viewer; what was not saved stays in its journal."""
        self._closed = True
        self.editing.end(with_viewer=True)
        self._leave()
        self.rest()

    def _session_changed(self, stale: set[tuple[str, int | None]]) -> None:
        """Take note of a change, on the thread that made it."""
        session, lanes = self.session, self.session.lanes
        images = {(applet, None if lane is None else lanes[lane].uuid) for applet, lane in stale}
        self._live.gone_stale(images)
        self._post(lambda: self._announce(session, images))

    def _announce(self, session: Session, stale: Stale) -> None:
        if session is not self.session:
            return
        if self._is_new and session.lanes:
            self._is_new = False
            if session.path is None:
                self.do(export.ID, exporting.begin)
        self._show_what_is_there()
        self._keep_class()
        self.changed.emit(stale)
        self.update()

    def _keep_class(self) -> None:
        """Keep the class in hand that was, whatever its number is now; if it is gone, the one that took its place."""
        before, self._classes = self._classes, self.session.classes
        chosen, uuids = before[self.tool.cls - 1].uuid, [each.uuid for each in self._classes]
        cls = uuids.index(chosen) + 1 if chosen in uuids else min(self.tool.cls, len(uuids))
        if cls != self.tool.cls:
            self.set_tool(cls=cls)

    def _deliver(self, request: Request, applet: str, parts: dict[str, Any]) -> None:
        """Show what was computed, as soon as the layers of its image are there."""
        self.display.when_pointed(lambda: self._take_parts(request, applet, parts))

    def _take_parts(self, request: Request, applet: str, parts: dict[str, Any]) -> None:
        shown = self.shown
        if shown is None or not self._is_shown(request):
            return
        if self._problems.passed(applet):
            self.problems_changed.emit()
        if "prediction" in parts:
            self._classify_once = False
        new = {name: part for name, part in parts.items() if getattr(shown, name) is not part}
        if "objects" in new:  # nothing that was known of others holds for them
            new |= {name: None for name in ("claims", "table", "prediction") if getattr(shown, name) is not None}
        if new:
            self.shown = replace(shown, **new)
            self.shown_changed.emit(set(new))

    def _halt(self, request: Request, applet: str, error: Exception) -> None:
        """Say what stands in the way, after what was computed before."""
        self.display.when_pointed(lambda: self._take_halt(request, applet, error))

    def _take_halt(self, request: Request, applet: str, error: Exception) -> None:
        if not self._is_shown(request):
            return
        self._classify_once = False
        if self._problems.halt(applet, error):
            self.problems_changed.emit()

    def _report(self, activity: Activity | None) -> None:
        self._activities.set_live(activity)
        if activity is None:
            self.display.when_pointed(self.display.give_up_waiting)

    def _is_shown(self, request: Request) -> bool:
        return self.shown is not None and (request.session, request.image) == (self.session, self.shown.uuid)

    def _do(
        self,
        worker: Worker,
        step: str,
        what: str,
        work: Callable[[], T],
        done: Callable[[T], object] | None,
        *,
        after: Event | None = None,
    ) -> None:
        """Do ``work`` in the name of a step, and show that it is being done."""

        def over(problem: Exception | None) -> None:
            self._activities.end(activity)
            self.set_problem(step, problem)

        def succeed(result: T) -> None:
            over(None)
            if done is not None:
                done(result)

        activity = self._activities.begin(what)
        worker.do(work, succeed, over, after=after)
