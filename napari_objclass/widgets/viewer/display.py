"""What the viewer shows of the session: five layers and an overlay over the objects of the image shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_objclass.widgets.viewer import colors, layer_set, painting
from napari_objclass.widgets.viewer.first_layers import make_first_layers, read_units
from napari_objclass.widgets.viewer.layer_set import LayerSet, Wanted
from napari_objclass.widgets.viewer.lookup import Fill, Lookup
from napari_objclass.widgets.viewer.our_layers import (
    ANNOTATIONS,
    LAYERS,
    OBJECTS,
    OPACITY,
    ORDER,
    OVERLAID,
    OVERLAY,
    PAINTED,
    PAINTED_BY,
    PAINTERS,
    PREDICTIONS,
    RAW,
    SEEN_WITH,
    UNCERTAINTY,
)
from napari_objclass.widgets.viewer.painting import Kind, Show
from napari_objclass.widgets.viewer.places import Grid
from napari_objclass.widgets.viewer.scene import Scene
from napari_objclass.widgets.viewer.status import Source, Status
from napari_objclass.widgets.viewer.stepwise import Stepwise
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import annotations as marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.live import Stale
    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.sheet import Sheet
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.widgets.viewer.stepwise import Steps
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.input_data import Images

    #: Values, and the whole image where it was painted with them already.
    Painted = tuple[Fill, NDArray[Any] | None]

__all__ = ["LAYERS", "OBJECTS", "OVERLAID", "OVERLAY", "PREDICTIONS", "RAW", "UNCERTAINTY", "Display", "Kind", "Show"]


class Display:
    """Our layers in the viewer, kept in line with the session.

    Values per object are computed on a thread of their own (:mod:`~napari_objclass.widgets.viewer.painting`) and
    painted where napari looks (:mod:`~napari_objclass.widgets.viewer.lookup`).

    Attributes
    ----------
    show
        What is painted; assign by :meth:`set_show`, which emits ``show_changed``.
    """

    def __init__(self, shared: ViewerSession, post: Post) -> None:
        self._shared = shared
        self.show = Show()
        self._layers = LayerSet(shared.viewer, ORDER, self._forget_removed)
        self._adopted: dict[str, dict[str, list[Image | Labels]]] = {}
        self._scene: Scene | None = None
        self._lookups: dict[str, list[Lookup]] = {}
        self._overlaid: tuple[Images, Show] | None = None
        self._sheet: Sheet | None = None
        self._covered: set[str] = set()
        self._classes: list[ObjectClass] = []
        self._made_room: set[str] = set()
        self._followed: Image | Labels | None = None
        self._awake = self._painting = False
        self._stale: set[str] = set()
        self._kept: set[str] = set()  # what shows values of before until there are new ones
        self._outgrown: set[str] = set()  # images whose objects are not those of the user's own layer any more
        self._away: list[str] = []
        self._worker = Worker("objclass-display", post)
        self._pointing = Stepwise(post, self._worker, self._failed)
        self._status = Status(post, self._status_source)
        shared.shown_changed.connect(self._shown_changed)
        shared.changed.connect(self._session_changed)
        shared.replaced.connect(self._replaced)

    # ---------------------------------------------------------------------------------------- what the user wants

    def set_show(self, **values: Any) -> None:
        """Paint something else: ``kind``, ``cls``, ``column``, ``only_labelled``."""
        before, self.show = self.show, replace(self.show, **values)
        if self.show == before:
            return
        self._layers.lost.discard(OVERLAY)
        if self.show.kind is not before.kind:
            for name, kinds in SEEN_WITH.items():
                self._see(name, visible=self.show.kind in kinds)
        if self.show.kind not in OVERLAID and self._sheet is None:
            self._layers.park(OVERLAY)
        self._paint(PAINTED if self.show.only_labelled != before.only_labelled else {OVERLAY})
        self._shared.show_changed.emit()

    def adopt(self, lane_uuid: str, raw: Sequence[Image], objects: Labels | None) -> None:
        """Use the user's own layers as Raw and Objects of an image, as long as they are in the viewer."""
        self._adopted[lane_uuid] = {RAW: list(raw), OBJECTS: [] if objects is None else [objects]}
        self._outgrown.discard(lane_uuid)
        if self._scene is not None and self._scene.uuid == lane_uuid:
            self._point_again()

    def lay_over(self, sheet: Sheet | None) -> None:
        """Show a sheet in the place of all objects, or its pixels as they are now; None shows the objects again."""
        if sheet is self._sheet is None:
            return
        self._sheet = sheet
        if sheet is None:
            self._layers.park(OVERLAY)
            self._uncover()
            self._paint({OVERLAY})
        else:
            self._layers.lost.discard(OVERLAY)
            self._pointing.when_done(self._put_sheet)

    @property
    def lost(self) -> list[str]:
        """Names of our layers that the user deleted."""
        wanted = {OVERLAY} if self.show.kind in OVERLAID else set()
        return [name for name in LAYERS if name in self._layers.lost and (name != OVERLAY or name in wanted)]

    def restore(self) -> None:
        """Add again what the user deleted."""
        self._layers.lost.clear()
        self._point_again()
        self._shared.show_changed.emit()

    def make_way(self) -> None:
        """Hide what would cover objects that are edited: all but the pixels, and what is labelled."""
        names = (OBJECTS, PREDICTIONS, UNCERTAINTY, OVERLAY)
        self._away = [name for name in names if (layer := self._layers[name]) is not None and layer.visible]
        for name in self._away:
            self._see(name, visible=False)

    def come_back(self) -> None:
        """Show again what made way, and let the user work in the layer of objects."""
        away, self._away = self._away, []
        for name in away:
            self._see(name, visible=self.show.kind in SEEN_WITH.get(name, Kind))
        if self.objects_layer is not None:
            self._layers.select({self.objects_layer}, self.objects_layer)

    def _see(self, name: str, *, visible: bool) -> None:
        layer = self._layers[name]
        if layer is not None:
            layer.visible = visible

    def when_pointed(self, call: Callable[[], object]) -> None:
        """Run a call when no layers are on their way to another image: now or, in the order given, later."""
        self._pointing.when_done(call)

    @property
    def is_busy(self) -> bool:
        """Whether layers are on their way to an image, or what they show is."""
        return self._painting or self._pointing.is_busy

    # ------------------------------------------------------------------------------------------------- where it is

    def owns(self, layer: Layer) -> bool:
        """Whether a layer is one of ours, and no user's own."""
        return layer in self._layers

    @property
    def objects_layer(self) -> Labels | None:
        """The layer that has the ids of the image shown: the user's own or ours; None when it is not there."""
        layer = self._layers[OBJECTS] if self._current() else None
        return layer if isinstance(layer, Labels) else None

    def object_at(
        self,
        position: Sequence[float],
        view_direction: Any = None,
        dims_displayed: Sequence[int] | None = None,
    ) -> tuple[int, int] | None:
        """Frame and id of the object at a world position (in 3D rendering: along the ray); None for background."""
        scene, grid = self._current(), self._grid()
        if scene is None or grid is None:
            return None
        return grid.object_at(scene.objects.labels, position, view_direction, dims_displayed)

    def go_to(self, t: int, object_id: int) -> None:
        """Bring an object into view: its frame and slice, and its middle into the middle of the canvas."""
        scene = self._current()
        if scene is None:
            return
        row = scene.objects.rows(np.array([t]), np.array([object_id], np.uint64))[0]
        if row >= 0:
            self.look_at(t, scene.objects.boxes[row].tolist())

    def look_at(self, t: int, box: Sequence[int]) -> None:
        """Bring a box (z0, y0, x0, z1, y1, x1) of a frame into view, whether there is an object or not."""
        grid = self._grid()
        if grid is not None:
            grid.look_at(self._shared.viewer, t, box)

    def seen(self) -> Region | None:
        """What of the image shown is on the screen."""
        grid = self._grid()
        return None if grid is None else grid.seen(self._shared.viewer)

    def slice_shown(self) -> Region | None:
        """The slice of the image shown that is on the screen, whole."""
        grid = self._grid()
        return None if grid is None else grid.slice_shown(self._shared.viewer)

    @property
    def scene(self) -> Scene | None:
        """The image that our layers are on, if it is the image shown."""
        return self._current()

    def _grid(self) -> Grid | None:
        scene = self._current()
        if scene is None:
            return None
        found = (self._layers[name] for name in (OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY))
        layer = next((each for each in found if each is not None and each.ndim == len(scene.axes)), None)
        return None if layer is None else Grid(layer, scene.axes, scene.shape)

    # ---------------------------------------------------------------------------------------------------- listening

    def wake(self) -> None:
        """Listen to the viewer."""
        if not self._awake:
            self._awake = True
            read_units()
            self._worker.do(make_first_layers)
            self._layers.wake()
            self._shared.viewer.dims.events.current_step.connect(self._step_changed)
            self._follow(self._scene.on if self._scene else None)
            self._follow_classes()
            self._shown_changed(PAINTED_BY)

    def rest(self) -> None:
        """Stop listening to the viewer; the layers stay as they are."""
        if self._awake:
            self._awake = False
            if self._pointing.is_busy:
                self._scene = None  # pointed anew when it wakes
                self._pointing.stop()
            self._layers.rest()
            self._follow(None)
            self._shared.viewer.dims.events.current_step.disconnect(self._step_changed)
            self._status.rest()

    def _shown_changed(self, parts: Iterable[str]) -> None:
        shown = self._shared.shown
        if not self._awake:
            return
        if shown is None:
            self._clear()
            return
        if self._current() is None and not self._go_on_with(shown):
            self._point_at_shown()
        names = set().union(*(PAINTED_BY.get(part, set()) for part in parts))
        self._paint(PAINTED if ANNOTATIONS in names and self.show.only_labelled else names)
        self._status.ask()

    def _session_changed(self, stale: Stale) -> None:
        if self._awake and (marks.ID, None) in stale:
            self._follow_classes()

    def _replaced(self) -> None:
        self._adopted.clear()
        self._outgrown.clear()
        self._made_room.clear()
        self._classes = self._shared.session.classes
        if self.show.kind is Kind.PROBABILITY:
            self.set_show(kind=Kind.CLASS, cls=1)
        self._clear()

    def _forget_removed(self) -> None:
        """Let go of layers that the user removed, and tell."""
        present = self._shared.viewer.layers
        for roles in self._adopted.values():
            for layers in roles.values():
                layers[:] = [layer for layer in layers if layer in present]
        for name in self._layers.lost:  # they may live on, as layers of another type
            self._lookups.pop(name, None)
        self._shared.show_changed.emit()

    def _follow(self, layer: Image | Labels | None) -> None:
        """Lie where a layer of the user lies, wherever it is moved."""
        for name in layer_set.MOVES:
            if self._followed is not None:
                getattr(self._followed.events, name).disconnect(self._moved)
            if layer is not None:
                getattr(layer.events, name).connect(self._moved)
        self._followed = layer

    def _moved(self, _: object) -> None:
        scene = self._current()
        if scene is not None:
            for name in PAINTED:
                self._layers.place(name, scene.place)

    def _follow_classes(self) -> None:
        """Take the present classes: other colours are another colormap, other numbers are painted."""
        before, self._classes = self._classes, self._shared.session.classes
        self._follow_probability(before)
        scene = self._current()
        if scene is None or before == self._classes:
            return
        if painting.class_dtype(len(self._classes)) != painting.class_dtype(scene.n_classes):
            self._point_at_shown()
            return
        self._colour()
        if [each.uuid for each in before] != [each.uuid for each in self._classes]:
            self._paint(PAINTED)
        self._status.ask()

    def _follow_probability(self, before: Sequence[ObjectClass]) -> None:
        """Go on showing the probability of the class that is shown, whatever its number is now, while there is one."""
        if self.show.kind is Kind.PROBABILITY and before != self._classes:
            uuids = [each.uuid for each in self._classes]
            shown = before[self.show.cls - 1].uuid
            self.set_show(**({"cls": uuids.index(shown) + 1} if shown in uuids else {"kind": Kind.CLASS, "cls": 1}))

    def _step_changed(self, _: object) -> None:
        if self._scene is not None and "t" in self._scene.axes:
            self._status.ask()

    def _status_source(self) -> Source | None:
        layer, shown = self.objects_layer, self._shared.shown
        grid = self._grid()
        if not self._awake or layer is None or shown is None or shown.objects is None or grid is None:
            return None
        return Source(shown, self._classes, grid.seen(self._shared.viewer).start[0], layer)

    # ------------------------------------------------------------------------------------------- pointing at images

    def _current(self) -> Scene | None:
        """The scene, if it is that of the image shown."""
        scene, shown = self._scene, self._shared.shown
        return scene if scene is not None and scene.is_of(shown) else None

    def _clear(self) -> None:
        self._scene, self._overlaid = None, None
        self._kept.clear()
        self._pointing.stop()
        self._follow(None)
        self._lookups.clear()
        self._layers.drop()

    def _point_again(self) -> None:
        """Point our layers at the image shown anew: now or, while it is not known, as soon as it is."""
        if self._current() is None:
            self._scene = None
        self._point_at_shown()

    def _point_at_shown(self) -> None:
        """Point our layers at the image shown, empty until they are painted.

        One after another, each in a call of its own: napari takes its time for every one.
        """
        shown, record = self._shared.shown, self._shared.record
        if shown is None or record is None:
            return
        users: Mapping[str, list[Image | Labels]] = self._adopted.get(record.uuid, {RAW: [], OBJECTS: []})
        scene = Scene.of(shown, record, users[RAW], users[OBJECTS], len(self._classes))
        if scene is None:
            return
        before, self._scene = self._scene, scene
        self._kept.clear()
        if record.uuid in self._outgrown:
            users = {**users, OBJECTS: []}
        self._pointing.begin(self._steps(scene, before, users))

    def _steps(self, scene: Scene, before: Scene | None, users: Mapping[str, list[Image | Labels]]) -> Steps:
        """Point our layers at an image; yields how to make the next layer where there is to be a new one."""
        self._follow(scene.on)
        self._layers.park(OVERLAY)  # put again when it is painted
        for name, lookups in self._lookups.items():
            self._fill(before or scene, name, Fill.nothing(lookups[0].dtype), None)  # soon there are other pixels below
        class_dtype = painting.class_dtype(scene.n_classes)
        dtypes = {PREDICTIONS: class_dtype, UNCERTAINTY: np.dtype(np.uint8), ANNOTATIONS: class_dtype}
        self._lookups = {name: scene.lookups(Fill.nothing(dtype)) for name, dtype in dtypes.items()}
        for name, layers in users.items():
            self._layers.use(name, layers)
        for name in (RAW, OBJECTS, *dtypes):
            wanted = self._wanted(scene, name)
            made = yield self._layers.maker(name, wanted)
            if name == OBJECTS and wanted is not None:
                self._put_ids(wanted, made)
            else:
                self._layers.put(name, wanted, made)
        yield None
        self._colour()
        if not self._shared.viewer.layers.selection and self.objects_layer is not None:
            self._layers.select({self.objects_layer}, self.objects_layer)  # the status bar is about it
        if scene.on is None and (before is None or before.extent != scene.extent):
            self._shared.viewer.reset_view()
        self._pointing.stop()
        self._paint(PAINTED)
        self._pointing.when_done(self._put_sheet)
        self._status.ask()

    def _go_on_with(self, shown: Shown) -> bool:
        """Go on with other objects on the same voxels, in the layers that there are; False where that cannot be.

        Those that are as before keep their values until they have new ones.
        """
        scene = None if self._scene is None or self._pointing.is_busy else self._scene.with_objects(shown)
        if scene is None or self._scene is None:
            return False
        before, self._scene, self._kept = self._scene.objects, scene, set(PAINTED)
        self._outgrow(scene.uuid)
        wanted = scene.ids(self._look_of_ids)
        make, ahead = self._layers.maker(OBJECTS, wanted), self._painted_ahead()
        fills = {name: lookups[0].fill for name, lookups in self._lookups.items()}

        def keep() -> tuple[Image | Labels | None, dict[str, Painted]]:
            labels, kept = scene.objects.labels, {}
            for name, fill in fills.items():
                values = fill.kept(before, scene.objects)
                kept[name] = values, ahead[name].painted(values, labels) if name in ahead else None
            return None if make is None else make(), kept

        def went_on(made: tuple[Image | Labels | None, dict[str, Painted]]) -> None:
            self._painting = False
            if scene is self._current():
                self._put_ids(wanted, made[0])
                for name, (fill, whole) in made[1].items():
                    self._fill(scene, name, fill, whole)
            self._paint_stale()

        self._painting = True
        self._worker.do(keep, went_on, self._failed)
        return True

    def _put_ids(self, wanted: Wanted, made: Image | Labels | None) -> None:
        """Put the layer of objects, which may have been made while it was to be out of the way."""
        self._layers.put(OBJECTS, wanted, made)
        if not wanted.look["visible"] and OBJECTS not in self._away:
            self._see(OBJECTS, visible=True)

    def _outgrow(self, lane_uuid: str) -> None:
        """Leave the user's own layer of the objects as it is, hidden: it has not the objects that there are now."""
        users = self._adopted.get(lane_uuid, {}).get(OBJECTS, [])
        if users and lane_uuid not in self._outgrown:
            self._outgrown.add(lane_uuid)
            self._made_room.discard(lane_uuid)  # in the layer that takes its place
            self._layers.use(OBJECTS, [])
            for layer in users:
                layer.visible = False

    def give_up_waiting(self) -> None:
        """Show no values of before any more: nothing is being computed that would bring new ones."""
        kept, self._kept = self._kept, set()
        self._paint(name for name in kept if not self._is_known(name))

    def _is_known(self, name: str) -> bool:
        """Whether there is what a layer is painted with."""
        shown = self._shared.shown
        needs_table = name == OVERLAY and self.show.kind is Kind.FEATURE
        part = "claims" if name == ANNOTATIONS else "table" if needs_table else "prediction"
        return shown is not None and getattr(shown, part) is not None

    def _wanted(self, scene: Scene, name: str) -> Wanted | None:
        """What a layer is to be, before it is painted."""
        if name == RAW:
            return scene.raw()
        if name == OBJECTS:
            return scene.ids(self._look_of_ids)
        return scene.layer(Labels, self._lookups[name], self._look(name))

    @property
    def _look_of_ids(self) -> dict[str, Any]:
        return {"opacity": OPACITY[OBJECTS], "visible": OBJECTS not in self._away}

    def _look(self, name: str) -> dict[str, Any]:
        look: dict[str, Any] = {"opacity": OPACITY[name]}
        if name == UNCERTAINTY:
            return look | {"colormap": colors.of_uncertainty(), "visible": self.show.kind is Kind.UNCERTAINTY}
        visible = name == ANNOTATIONS or self.show.kind is Kind.CLASS
        return look | {"colormap": colors.of_classes(self._classes), "visible": visible}

    # ----------------------------------------------------------------------------------------------------- painting

    def _paint(self, names: Iterable[str]) -> None:
        """Paint layers soon; what is asked for meanwhile is painted together."""
        self._stale |= set(names)
        self._paint_stale()

    def _colour(self) -> None:
        """Give layers of classes the colours of these, and what their numbers mean."""
        for name in (ANNOTATIONS, PREDICTIONS):
            layer = self._layers[name]
            if isinstance(layer, Labels):
                self._layers.colour(name, colors.of_classes(self._classes))
                layer.features = painting.meanings(self._classes)

    def _paint_stale(self) -> None:
        if self.is_busy:
            return
        scene, shown, show, classes = self._current(), self._shared.shown, self.show, self._classes
        names, self._stale = self._stale - {name for name in self._kept if not self._is_known(name)}, set()
        if show.kind not in OVERLAID or self._sheet is not None:
            names.discard(OVERLAY)
        if scene is None or shown is None or not names or not self._awake:
            return
        ahead = self._painted_ahead()

        def paint() -> dict[str, Painted]:
            fills = {name: PAINTERS[name](shown, classes, show) for name in names}
            return {name: (fill, ahead[name].painted(fill) if name in ahead else None) for name, fill in fills.items()}

        self._painting = True
        self._worker.do(paint, lambda fills: self._painted(scene, show, fills), self._failed)

    def _painted_ahead(self) -> dict[str, Lookup]:
        """Lazy images that napari will read as a whole, for 3D rendering: volumes take too long for the GUI thread."""
        if self._shared.viewer.dims.ndisplay == 2:
            return {}
        found = {name: self._layers[name] for name, lookups in self._lookups.items() if len(lookups) == 1}
        return {name: self._lookups[name][0] for name, layer in found.items() if layer is not None and layer.visible}

    def _painted(self, scene: Scene, show: Show, fills: dict[str, Painted]) -> None:
        self._painting = False
        if scene is self._current():
            for name, (fill, whole) in fills.items():
                if name == OVERLAY:
                    self._fill_overlay(scene, show, fill, whole)
                else:
                    self._fill(scene, name, fill, whole)
            if PREDICTIONS in fills and len(fills[PREDICTIONS][0].ids):
                self._make_room(scene)
        self._paint_stale()

    def _failed(self, error: Exception) -> None:
        self._painting = False
        self._shared.set_problem("object_classification", error)

    def _fill(self, scene: Scene, name: str, fill: Fill, whole: NDArray[Any] | None) -> None:
        lookups, layer = self._lookups.get(name, []), self._layers[name]
        for lookup, labels in zip(lookups, scene.level_labels, strict=False):  # none of a layer that is gone
            lookup.take(fill, whole, labels)
        if layer is None:
            return
        if self._layers.shows(name, lookups):
            layer.refresh(extent=False, thumbnail=False)
        else:  # the user assigned other data
            self._layers.put(name, scene.layer(Labels, lookups, self._look(name)))

    def _fill_overlay(self, scene: Scene, show: Show, fill: Fill, whole: NDArray[Any] | None) -> None:
        if self.show.kind not in OVERLAID or self._sheet is not None:
            return
        limits = (0.0, 1.0) if show.kind is Kind.PROBABILITY else painting.limits(fill)
        if not self._layers.shows(OVERLAY, self._lookups.get(OVERLAY, [])):
            self._pointing.begin(self._add_overlay(scene, show, fill, limits))
        else:
            self._fill(scene, OVERLAY, fill, whole)
            self._dress_overlay(scene, show, limits)

    def _add_overlay(self, scene: Scene, show: Show, fill: Fill, limits: tuple[float, float]) -> Steps:
        self._lookups[OVERLAY] = scene.lookups(fill)
        look = {"opacity": OPACITY[OVERLAY], "contrast_limits": limits, "blending": "translucent"}
        wanted = scene.layer(Image, self._lookups[OVERLAY], look)
        made = yield self._layers.maker(OVERLAY, wanted)
        if self.show.kind in OVERLAID and self._sheet is None:
            self._layers.put(OVERLAY, wanted, made)
            yield None
            self._dress_overlay(scene, show, limits)
        self._pointing.stop()
        self._paint_stale()

    def _dress_overlay(self, scene: Scene, show: Show, limits: tuple[float, float]) -> None:
        """Give the overlay the colours and limits of what it shows; later they are the user's own choice."""
        layer = self._layers[OVERLAY]
        shows = (scene.images, replace(show, only_labelled=False))
        if isinstance(layer, Image) and (self._overlaid != shows or not _holds(layer.contrast_limits_range, limits)):
            layer.contrast_limits_range = limits
            layer.contrast_limits = limits
            self._layers.colour(OVERLAY, colors.OVERLAY_COLORS)
            if hasattr(layer, "colorbar"):
                layer.colorbar.visible = True
        self._overlaid = shows

    def _put_sheet(self) -> None:
        """Show the sheet as it is now."""
        sheet, layer = self._sheet, self._layers[OVERLAY]
        if sheet is None:
            return
        if layer is None or not self._layers.shows(OVERLAY, sheet.levels):
            self._pointing.begin(self._add_sheet(sheet))
        elif isinstance(layer, Image) and layer.contrast_limits_range != list(sheet.limits):
            layer.contrast_limits_range = layer.contrast_limits = sheet.limits
        else:
            layer.refresh(extent=False, thumbnail=False)

    def _add_sheet(self, sheet: Sheet) -> Steps:
        look: dict[str, Any] = {"opacity": OPACITY[OVERLAY], "blending": "translucent"}
        if not sheet.is_labels:
            look |= {"contrast_limits": sheet.limits, "opacity": 1.0}
        wanted = sheet.scene.layer(Labels if sheet.is_labels else Image, sheet.levels, look)
        made = yield self._layers.maker(OVERLAY, wanted)
        if sheet is self._sheet:
            self._layers.put(OVERLAY, wanted, made)
            self._overlaid = None
            self._cover()
        self._pointing.stop()
        self._paint_stale()

    def _cover(self) -> None:
        """Hide what lies on the objects: what is laid over them may be others."""
        for name in (OBJECTS, PREDICTIONS, UNCERTAINTY, ANNOTATIONS):
            layer = self._layers[name]
            if layer is not None and layer.visible:
                self._covered.add(name)
                layer.visible = False

    def _uncover(self) -> None:
        covered, self._covered = self._covered, set()
        for layer in filter(None, map(self._layers.__getitem__, covered)):
            layer.visible = True

    def _make_room(self, scene: Scene) -> None:
        """Show ids no more, but for the selected one, when the first prediction of an image comes.

        Their colours would mix with those of classes; hidden altogether, the layer would not tell values of objects.
        """
        layer = self.objects_layer
        if scene.uuid not in self._made_room and layer is not None:
            self._made_room.add(scene.uuid)
            if layer is not scene.on:
                layer.selected_label = 0
            layer.show_selected_label = True


def _holds(span: Sequence[float], other: Sequence[float]) -> bool:
    return bool(span[0] <= other[0] and other[1] <= span[1])
