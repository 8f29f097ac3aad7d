"""Editing objects by hand: a layer that all of napari's tools work on, and whose changes become edits of the session.

The layer has a copy of the label image; layers and files of the user are never written. Whatever changes the copy, be
it a tool, undo in napari or a plug-in, is found by comparing it with the objects of the session, on the thread of all
changes: in the region that the layer tells at the end of a stroke, else in the whole image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_objclass.widgets.viewer.draft import Difference, Draft
from napari_objclass.widgets.viewer.edited_region import painted_region

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.worker import Post

#: The step that edits are made in.
STEP = "objects"


class Editing:
    """Lets the user edit the objects of the image shown.

    Attributes
    ----------
    changed
        Emitted when editing begins or ends, and when :attr:`hint` may be another.
    """

    changed = Signal()

    def __init__(self, shared: ViewerSession, post: Post) -> None:
        self._shared, self._post = shared, post
        self._draft: Draft | None = None
        self._beginning: object = None
        self._in_stroke = self._writing = False
        self._painted_ids: set[int] = set()
        self._step: tuple[int, ...] = ()
        self._tool_was_active = False
        shared.shown_changed.connect(self._follow)

    @property
    def layer(self) -> Labels | None:
        """The layer that is edited; None while none is."""
        return None if self._draft is None else self._draft.layer

    @property
    def is_possible(self) -> bool:
        """Whether there are objects to edit, with layers that show them."""
        shown = self._shared.shown
        return shown is not None and shown.objects is not None and self._shared.display.scene is not None

    @property
    def is_on(self) -> bool:
        """Whether objects are being edited, or are about to be."""
        return self._beginning is not None or self._draft is not None

    @property
    def hint(self) -> str:
        """What the tool in the user's hand does, in one sentence or two; "" while nothing is edited."""
        layer, shown = self.layer, self._shared.shown
        if layer is None or shown is None or shown.objects is None:
            return ""
        is_new = layer.selected_label not in self._ids()
        name = f"object {layer.selected_label}" + (" (new)" if is_new else "")
        return WORDS.get(str(layer.mode), CHOOSE_A_TOOL).format(name) if layer.selected_label else BACKGROUND

    # ----------------------------------------------------------------------------------------------- what a user does

    def begin(self) -> None:
        """Edit the objects of the image shown: with the brush, and as a new object, to begin with."""
        shown, scene = self._shared.shown, self._shared.display.scene
        if self.is_on or shown is None or shown.objects is None or scene is None:
            return
        session, image, objects = self._shared.session, shown.uuid, shown.objects
        self._beginning = token = object()
        self._shared.aside(
            lambda: Draft(session, image, objects, scene.axes, scene.place),
            lambda draft: self._begin_with(draft) if token is self._beginning else None,
            self._fail,
        )
        self.changed.emit()

    def end(self, *, with_viewer: bool = False) -> None:
        """Keep all that was done, and show the objects as the session has them; if none are edited, do nothing.

        Parameters
        ----------
        with_viewer
            Whether the viewer ends, too, and its layers are left as they are.
        """
        draft, self._draft, self._beginning = self._draft, None, None
        if draft is not None:
            for name, slot in self._slots.items():
                getattr(draft.layer.events, name).disconnect(slot)
            self._shared.viewer.layers.events.removed.disconnect(self._removed)
            draft.note(None)
            self._send(draft)
        if draft is not None and not with_viewer:
            if draft.layer in self._shared.viewer.layers:
                self._shared.viewer.layers.remove(draft.layer)
            self._shared.display.come_back()
            self._shared.set_tool(active=self._tool_was_active)
        self.changed.emit()

    def new_object(self) -> None:
        """Paint an object with an id that none has."""
        draft = self._draft
        if draft is not None:
            draft.layer.selected_label = draft.free_id(self._ids())
            draft.layer.mode = "paint"

    def merge(self) -> None:
        """Make what is clicked part of the object that was painted or picked last."""
        if self.layer is not None:
            self.layer.mode = "fill"

    def _begin_with(self, draft: Draft) -> None:
        self._beginning, self._draft, self._in_stroke, self._painted_ids = None, draft, False, set()
        viewer, layer = self._shared.viewer, draft.layer
        self._tool_was_active = self._shared.tool.active
        self._shared.set_tool(active=False)
        self._shared.display.make_way()
        viewer.layers.append(layer)
        viewer.layers.selection = {layer}
        layer.mode = "paint"
        layer.n_edit_dimensions = draft.n_edit_dimensions  # only now: the layer's controls begin with 2
        self._step = viewer.dims.current_step
        for name, slot in self._slots.items():
            getattr(layer.events, name).connect(slot)
        viewer.layers.events.removed.connect(self._removed)
        self._match(draft)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._beginning = None
        self._shared.set_problem(STEP, error)
        self.changed.emit()

    def _removed(self, _: object) -> None:
        if self.layer not in self._shared.viewer.layers:
            self.end()

    def _ids(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """Ids that objects have, or had while these were edited."""
        shown = self._shared.shown
        painted = np.array(sorted(self._painted_ids), np.uint64)
        return painted if shown is None or shown.objects is None else np.append(shown.objects.ids, painted)

    # --------------------------------------------------------------------------------- from the layer to the session

    @property
    def _slots(self) -> dict[str, Callable[..., object]]:
        """What is done at which event of the layer.

        A stroke is ``labels_update`` many times, then ``paint``; what a plug-in paints is ``paint``, before it is
        done, then ``labels_update``; undo and redo are ``set_data`` only, as is looking at another plane.
        """
        return {
            "paint": self._painted,
            "labels_update": self._stroked,
            "set_data": self._drawn,
            "data": self._replaced,
            "selected_label": self._tell,
            "mode": self._tell,
        }

    def _stroked(self, _: object) -> None:
        self._in_stroke = True

    def _painted(self, event: Any) -> None:
        if self._draft is not None:
            self._painted_ids.add(int(self._draft.layer.selected_label))
            self._note(painted_region(event.value, self._draft.axes))

    def _drawn(self, _: object) -> None:
        before, self._step = self._step, self._shared.viewer.dims.current_step
        if before == self._step and not self._writing:
            self._note(None)

    def _replaced(self, _: object) -> None:
        self._note(None)

    def _tell(self, _: object) -> None:
        self.changed.emit()

    def _note(self, region: Region | None) -> None:
        """Send a change to the session when all that the layer does now is over."""
        draft = self._draft
        if draft is not None and not (region is None and draft.is_whole_waiting):
            draft.note(region)
            self._post(lambda: self._send(draft) if draft is self._draft else None)

    def _send(self, draft: Draft) -> None:
        self._in_stroke = False
        self._shared.do(STEP, lambda _: draft.commit(), lambda _: self._match(draft))

    # --------------------------------------------------------------------------------- from the session to the layer

    def _follow(self, parts: set[str]) -> None:
        """Have the objects in the layer that the session has, whoever changed them; end with the image shown."""
        draft, shown = self._draft, self._shared.shown
        if self.is_on and "lane" in parts:
            self.end()
        elif draft is not None and shown is not None and shown.objects is not None and "objects" in parts:
            self._match(draft)
            self.changed.emit()

    def _match(self, draft: Draft) -> None:
        """Write into the layer what only the session has, unless there is something to commit, which leads here."""
        n_commits = draft.n_commits

        def is_free() -> bool:
            return draft is self._draft and draft.is_behind and not self._in_stroke and not draft.waits

        def write(found: Difference) -> None:
            if is_free() and n_commits == draft.n_commits:
                self._writing = True
                draft.take(found)
                self._writing = False
            elif is_free():
                self._match(draft)

        if is_free():
            self._shared.aside(draft.difference, write, self._fail)


#: What each tool of napari does to an object.
WORDS = {
    "paint": "Painting {}. The picker chooses another object.",
    "erase": "Erasing: what you paint over becomes background.",
    "fill": "Click an object to merge it into {}.",
    "polygon": "Draw around {}; a double-click closes the outline.",
    "pick": "Click the object that you want to go on with.",
}
CHOOSE_A_TOOL = "Choose a tool in the layer controls: brush, eraser, bucket or picker."
BACKGROUND = "Id 0 is chosen: what you paint or fill becomes background."
