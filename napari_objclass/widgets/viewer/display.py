"""What the viewer shows of the session: five layers and an overlay over the objects of the image shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.widgets.viewer import painting
from napari_objclass.widgets.viewer.adopted import Adopted
from napari_objclass.widgets.viewer.easel import Easel
from napari_objclass.widgets.viewer.first_layers import make_first_layers, read_units
from napari_objclass.widgets.viewer.layer_set import LayerSet
from napari_objclass.widgets.viewer.our_layers import (
    ANNOTATIONS,
    LAYERS,
    OBJECTS,
    ORDER,
    OVERLAID,
    OVERLAY,
    PAINTED,
    PAINTED_BY,
    PREDICTIONS,
    RAW,
    SEEN_WITH,
    UNCERTAINTY,
)
from napari_objclass.widgets.viewer.overlay import Overlay
from napari_objclass.widgets.viewer.painter import Painter
from napari_objclass.widgets.viewer.painting import Kind, Show
from napari_objclass.widgets.viewer.pointing import Pointing
from napari_objclass.widgets.viewer.status import Source, Status
from napari_objclass.widgets.viewer.stepwise import Stepwise
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import annotations as marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari.layers import Image, Labels, Layer

    from napari_objclass.widgets.viewer.live import Stale
    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.scene import Scene
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.sheet import Sheet
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.classes import ObjectClass

__all__ = ["LAYERS", "OBJECTS", "OVERLAID", "OVERLAY", "PREDICTIONS", "RAW", "UNCERTAINTY", "Display", "Kind", "Show"]


class Display:
    """Our layers in the viewer, kept in line with the session; the only way to them.

    What follows from a change is done by others: layers are pointed at another image
    (:mod:`~napari_objclass.widgets.viewer.pointing`), painted (:mod:`~napari_objclass.widgets.viewer.painter`) with
    values per object (:mod:`~napari_objclass.widgets.viewer.painting`) where napari looks
    (:mod:`~napari_objclass.widgets.viewer.lookup`), and covered (:mod:`~napari_objclass.widgets.viewer.overlay`).
    """

    def __init__(self, shared: ViewerSession, post: Post) -> None:
        self._shared = shared
        self._worker = Worker("objclass-display", post)
        self._steps = Stepwise(post, self._worker, self._failed)
        self._layers = LayerSet(shared.viewer, ORDER, self._forget_removed)
        self._adopted = Adopted()
        self._easel = easel = Easel(shared, self._layers)
        self._overlay = Overlay(easel, self._steps, self._go_on)
        self._painter = Painter(shared, easel, self._overlay, self._steps, self._worker, self._failed)
        self._pointing = Pointing(shared, easel, self._adopted, self._painter, self._steps, self._pointed)
        self._status = Status(post, self._status_source)
        shared.shown_changed.connect(self._shown_changed)
        shared.changed.connect(self._session_changed)
        shared.replaced.connect(self._replaced)

    # ---------------------------------------------------------------------------------------- what the user wants

    @property
    def show(self) -> Show:
        """What is painted."""
        return self._easel.show

    def set_show(self, **values: Any) -> None:
        """Paint something else: ``kind``, ``cls``, ``column``, ``only_labelled``; emits ``show_changed``."""
        before, self._easel.show = self.show, replace(self.show, **values)
        if self.show == before:
            return
        self._layers.lost.discard(OVERLAY)
        if self.show.kind is not before.kind:
            for name, kinds in SEEN_WITH.items():
                self._easel.see(name, visible=self.show.kind in kinds)
        if self.show.kind not in OVERLAID and not self._overlay.has_sheet:
            self._layers.park(OVERLAY)
        self._painter.paint(PAINTED if self.show.only_labelled != before.only_labelled else {OVERLAY})
        self._shared.show_changed.emit()

    def adopt(self, lane_uuid: str, raw: Sequence[Image], objects: Labels | None) -> None:
        """Use the user's own layers as Raw and Objects of an image, as long as they are in the viewer."""
        self._adopted.adopt(lane_uuid, raw, objects)
        if self._easel.scene is not None and self._easel.scene.uuid == lane_uuid:
            self._pointing.point_again()

    def lay_over(self, sheet: Sheet) -> None:
        """Show a sheet over the objects, or in their place, or its pixels as they are now."""
        self._overlay.lay(sheet)

    def lift(self, sheet: Sheet | None) -> None:
        """Show a sheet no more, if it is shown."""
        if sheet is not None and self._overlay.lift(sheet):
            self._painter.paint({OVERLAY})

    @property
    def lost(self) -> list[str]:
        """Names of our layers that the user deleted."""
        wanted = {OVERLAY} if self.show.kind in OVERLAID else set()
        return [name for name in LAYERS if name in self._layers.lost and (name != OVERLAY or name in wanted)]

    def restore(self) -> None:
        """Add again what the user deleted."""
        self._layers.lost.clear()
        self._pointing.point_again()
        self._shared.show_changed.emit()

    def make_way(self) -> None:
        """Hide what would cover objects that are edited: all but the pixels, and what is labelled."""
        self._easel.make_way()

    def come_back(self) -> None:
        """Show again what made way, and let the user work in the layer of objects."""
        self._easel.come_back()

    def give_up_waiting(self) -> None:
        """Show no values of before any more: nothing is being computed that would bring new ones."""
        self._painter.give_up_waiting()

    def when_pointed(self, call: Callable[[], object]) -> None:
        """Run a call when no layers are on their way to another image: now or, in the order given, later."""
        self._steps.when_done(call)

    @property
    def is_busy(self) -> bool:
        """Whether layers are on their way to an image, or what they show is."""
        return self._painter.is_busy

    # ------------------------------------------------------------------------------------------------- where it is

    def owns(self, layer: Layer) -> bool:
        """Whether a layer is one of ours, and no user's own."""
        return layer in self._layers

    @property
    def objects_layer(self) -> Labels | None:
        """The layer that has the ids of the image shown: the user's own or ours; None when it is not there."""
        return self._easel.objects_layer

    def object_at(
        self,
        position: Sequence[float],
        view_direction: Any = None,
        dims_displayed: Sequence[int] | None = None,
    ) -> tuple[int, int] | None:
        """Frame and id of the object at a world position (in 3D rendering: along the ray); None for background."""
        scene, grid = self.scene, self._easel.grid
        if scene is None or grid is None:
            return None
        return grid.object_at(scene.objects.labels, position, view_direction, dims_displayed)

    def go_to(self, t: int, object_id: int) -> None:
        """Bring an object into view: its frame and slice, and its middle into the middle of the canvas."""
        scene = self.scene
        if scene is None:
            return
        row = scene.objects.rows(np.array([t]), np.array([object_id], np.uint64))[0]
        if row >= 0:
            self.look_at(t, scene.objects.boxes[row].tolist())

    def look_at(self, t: int, box: Sequence[int]) -> None:
        """Bring a box (z0, y0, x0, z1, y1, x1) of a frame into view, whether there is an object or not."""
        grid = self._easel.grid
        if grid is not None:
            grid.look_at(self._shared.viewer, t, box)

    def seen(self) -> Region | None:
        """What of the image shown is on the screen."""
        grid = self._easel.grid
        return None if grid is None else grid.seen(self._shared.viewer)

    def slice_shown(self) -> Region | None:
        """The slice of the image shown that is on the screen, whole."""
        grid = self._easel.grid
        return None if grid is None else grid.slice_shown(self._shared.viewer)

    @property
    def scene(self) -> Scene | None:
        """The image that our layers are on, if it is the image shown."""
        return self._easel.current

    # ---------------------------------------------------------------------------------------------------- listening

    def wake(self) -> None:
        """Listen to the viewer."""
        if not self._easel.awake:
            self._easel.awake = True
            read_units()
            self._worker.do(make_first_layers)
            self._layers.wake()
            self._shared.viewer.dims.events.current_step.connect(self._step_changed)
            self._pointing.wake()
            self._follow_classes()
            self._shown_changed(PAINTED_BY)

    def rest(self) -> None:
        """Stop listening to the viewer; the layers stay as they are."""
        if self._easel.awake:
            self._easel.awake = False
            self._pointing.rest()
            self._layers.rest()
            self._shared.viewer.dims.events.current_step.disconnect(self._step_changed)
            self._status.rest()

    def _shown_changed(self, parts: Iterable[str]) -> None:
        shown = self._shared.shown
        if not self._easel.awake:
            return
        if shown is None:
            self._clear()
            return
        self._pointing.follow_shown(shown)
        names = set().union(*(PAINTED_BY.get(part, set()) for part in parts))
        self._painter.paint(PAINTED if ANNOTATIONS in names and self.show.only_labelled else names)
        self._status.ask()

    def _session_changed(self, stale: Stale) -> None:
        if self._easel.awake and (marks.ID, None) in stale:
            self._follow_classes()

    def _replaced(self) -> None:
        self._adopted.clear()
        self._easel.forget_room()
        self._easel.classes = self._shared.session.classes
        if self.show.kind is Kind.PROBABILITY:
            self.set_show(kind=Kind.CLASS, cls=1)
        self._clear()

    def _clear(self) -> None:
        self._overlay.forget()
        self._painter.keep_nothing()
        self._pointing.stop()
        self._easel.clear()

    def _forget_removed(self) -> None:
        """Let go of layers that the user removed, and tell."""
        self._adopted.keep(self._shared.viewer.layers)
        self._easel.forget(self._layers.lost)
        self._shared.show_changed.emit()

    def _follow_classes(self) -> None:
        """Take the present classes: other colours are another colormap, other numbers are painted."""
        before, self._easel.classes = self._easel.classes, self._shared.session.classes
        classes, scene = self._easel.classes, self.scene
        self._follow_probability(before, classes)
        if scene is None or before == classes:
            return
        if painting.class_dtype(len(classes)) != painting.class_dtype(scene.n_classes):
            self._pointing.point()
            return
        self._easel.colour()
        if [each.uuid for each in before] != [each.uuid for each in classes]:
            self._painter.paint(PAINTED)
        self._status.ask()

    def _follow_probability(self, before: Sequence[ObjectClass], classes: Sequence[ObjectClass]) -> None:
        """Go on showing the probability of the class that is shown, whatever its number is now, while there is one."""
        if self.show.kind is Kind.PROBABILITY and before != classes:
            uuids = [each.uuid for each in classes]
            shown = before[self.show.cls - 1].uuid
            self.set_show(**({"cls": uuids.index(shown) + 1} if shown in uuids else {"kind": Kind.CLASS, "cls": 1}))

    def _step_changed(self, _: object) -> None:
        if self._easel.scene is not None and "t" in self._easel.scene.axes:
            self._status.ask()

    def _status_source(self) -> Source | None:
        layer, shown, grid = self.objects_layer, self._shared.shown, self._easel.grid
        if not self._easel.awake or layer is None or shown is None or shown.objects is None or grid is None:
            return None
        return Source(shown, self._easel.classes, grid.seen(self._shared.viewer).start[0], layer)

    def _pointed(self) -> None:
        """Paint layers that have come to an image, and cover them."""
        self._painter.paint(PAINTED)
        self._steps.when_done(self._overlay.put_sheet)
        self._status.ask()

    def _go_on(self) -> None:
        self._painter.go_on()

    def _failed(self, error: Exception) -> None:
        self._shared.set_problem("object_classification", error)
