"""The preview: what settings that are not applied yet find in the slice on the screen, and stages on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_objclass.errors import ObjClassError
from napari_objclass.thresholding import OBJECTS
from napari_objclass.widgets.viewer.problems import STEP_OF
from napari_objclass.widgets.viewer.sheet import Sheet
from napari_objclass.widgets.viewer.slice_finder import Look, Seen, SliceFinder
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import thresholding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.thresholding import Thresholding


class Preview:
    """Looks at the slice on the screen, on a thread of its own, whenever it or the settings are others.

    Only the newest look counts: while the thread is busy, all but the last are dropped.

    Attributes
    ----------
    seen
        What was found last in the image shown; None before.
    problem
        Why nothing could be found, in one sentence; "" if nothing stood in the way.
    changed
        Emitted after either is another.
    """

    changed = Signal()

    def __init__(self, shared: ViewerSession, post: Post) -> None:
        self._shared = shared
        self.seen: Seen | None = None
        self.problem = ""
        self._draft: Thresholding | None = None
        self._stage: str | None = None
        self._sheet: Sheet | None = None
        self._wanted: Look | None = None
        self._watchers: set[object] = set()  # steps on the screen
        self._busy = self._holding = False
        self._worker, self._finder = Worker("objclass-preview", post), SliceFinder()

    # ------------------------------------------------------------------------------------------ what the user wants

    def begin(self, watcher: object) -> None:
        """Look from now on: a step is on the screen."""
        if not self._watchers:
            for signal, slot in self._signals():
                signal.connect(slot)
        self._watchers.add(watcher)
        self._look()

    def end(self, watcher: object) -> None:
        """Look no more once no step is on the screen, and show nothing of it."""
        self._watchers.discard(watcher)
        if not self._watchers:
            self.rest()

    def rest(self) -> None:
        """Look no more."""
        for signal, slot in self._signals():
            signal.disconnect(slot)
        self._watchers.clear()
        self._wanted, self._holding = None, False
        self._show(None)

    def _signals(self) -> list[tuple[Any, Callable[..., None]]]:
        shared, dims = self._shared, self._shared.viewer.dims.events
        return [
            (shared.shown_changed, self._follow),
            (shared.changed, self._look),
            (shared.replaced, self._forget_all),
            (shared.problems_changed, self._release),
            *((event, self._look) for event in (dims.current_step, dims.order, dims.ndisplay)),
        ]

    def draft(self, settings: Thresholding | None) -> None:
        """Show what settings would find; None when none are waiting to be applied."""
        self._draft = settings
        self._holding &= settings is None
        self._look()

    def applied(self) -> None:
        """Keep what is shown until the objects are there that the session finds with the same settings."""
        before, draft = self._shared.session.thresholding, self._draft
        is_other = draft is not None and draft.effective != before.effective
        self._holding = is_other and self._sheet is not None and self._stage is None

    def show_stage(self, stage: str | None) -> None:
        """Show a stage on the way to the objects, of the whole image when all settings are applied; None for none."""
        self._stage = stage
        self._look()

    @property
    def is_of_slice(self) -> bool:
        """Whether objects are cut off at the slice that is looked at."""
        return self.seen is not None and not self.seen.look.has_whole_objects

    # ----------------------------------------------------------------------------------------------- looking at it

    def _follow(self, parts: Iterable[str]) -> None:
        if "lane" in parts:
            self._forget()
        elif {"images", "objects"} & set(parts):
            self._holding &= "objects" not in parts
            # The layers are still those of the image before, and point at it after this.
            self._shared.display.when_pointed(self._look)

    def _release(self) -> None:
        """Keep nothing when no other objects come."""
        if self._holding and self._shared.problem(STEP_OF[thresholding.ID]):
            self._holding = False
            self._look()

    def _forget_all(self) -> None:
        self._draft = None
        self._forget()

    def _forget(self) -> None:
        self.seen, self.problem, self._holding = None, "", False
        self._show(None)
        self.changed.emit()

    def _look(self, *_: object) -> None:
        """Look at the slice, soon."""
        shown, record = self._shared.shown, self._shared.record
        region = self._shared.display.slice_shown()
        if not self._watchers or self._holding or shown is None or record is None or region is None:
            return
        if shown.images is None or not record.is_thresholded:
            return
        applied = self._shared.session.thresholding
        settings = self._draft or applied
        is_applied = settings == applied
        stage = self._stage or (None if is_applied else OBJECTS)
        self._wanted = Look(shown.images, settings, region, stage, record.spacing, is_applied)
        if stage is None:
            self._show(None)
        self._see_wanted()

    def _see_wanted(self) -> None:
        look, self._wanted = (None, self._wanted) if self._busy else (self._wanted, None)
        if look is not None:
            self._busy = True
            self._worker.do(lambda: self._finder.see(look), self._take, lambda error: self._fail(look, error))

    def _take(self, seen: Seen) -> None:
        self._busy = False
        if self._is_of_shown(seen.look):
            self.seen, self.problem = seen, ""
            if self._wanted is None or self._wanted.stage is not None:
                self._show(seen)
            self.changed.emit()
        self._see_wanted()

    def _fail(self, look: Look, error: Exception) -> None:
        self._busy = False
        if self._is_of_shown(look):
            self.problem = str(error) if isinstance(error, ObjClassError) else f"{type(error).__name__}: {error}"
            self.changed.emit()
        self._see_wanted()

    def _is_of_shown(self, look: Look) -> bool:
        shown = self._shared.shown
        return bool(self._watchers) and not self._holding and shown is not None and shown.images is look.images

    def _show(self, seen: Seen | None) -> None:
        """Lay what was found over the image."""
        display = self._shared.display
        scene = display.scene
        if seen is None or seen.pixels is None or scene is None:
            display.lift(self._sheet)
            self._sheet = None
            return
        dtype = np.dtype(seen.pixels.dtype)
        if self._sheet is None or not self._sheet.fits(scene, dtype):
            self._sheet = Sheet(scene, dtype)
        if seen.distribution is not None:
            self._sheet.limits = seen.distribution.low, seen.distribution.high
        self._sheet.write(None if seen.look.is_whole else seen.look.region, seen.pixels)
        display.lay_over(self._sheet)
