"""What the viewer shows of the session: five layers and an overlay over the objects of the image shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_objclass import axes as axis_letters
from napari_objclass.widgets.viewer import colors, layer_set, painting
from napari_objclass.widgets.viewer.layer_set import LayerSet, Wanted
from napari_objclass.widgets.viewer.lookup import Fill, Lookup, levels, plane_steps
from napari_objclass.widgets.viewer.painting import Kind, Show
from napari_objclass.widgets.viewer.places import Grid
from napari_objclass.widgets.viewer.status import Source, Status
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import annotations as marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari.layers import Layer

    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.classes import ObjectClass

__all__ = ["LAYERS", "Display", "Kind", "Show"]

#: Names of our layers.
RAW, OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY, OVERLAY = LAYERS = (
    "Raw", "Objects", "Annotations", "Predictions", "Uncertainty", "Overlay",
)  # fmt: skip

#: From the bottom up.
ORDER = (RAW, OBJECTS, PREDICTIONS, UNCERTAINTY, OVERLAY, ANNOTATIONS)
#: Labels are in full colour over the lighter colour of predictions.
OPACITY = {OBJECTS: 0.5, ANNOTATIONS: 0.8, PREDICTIONS: 0.4, UNCERTAINTY: 0.8, OVERLAY: 0.8}
#: Kinds that the overlay shows.
OVERLAID = (Kind.PROBABILITY, Kind.FEATURE)
#: What of an image has to be painted anew when a part of it is new.
PAINTED_BY = {
    "claims": {ANNOTATIONS},
    "table": {OVERLAY},
    "prediction": {PREDICTIONS, UNCERTAINTY, OVERLAY},
}
PAINTED = {ANNOTATIONS, PREDICTIONS, UNCERTAINTY, OVERLAY}


@dataclass(frozen=True, eq=False)
class Scene:
    """The image that our layers are on.

    Attributes
    ----------
    shown
        The image as it was when the layers were pointed at it.
    axes
        Of its layers.
    steps
        Of the levels of lookups, along z, y and x.
    place
        Where layers with these axes lie in the world.
    n_classes
        That class numbers have room for.
    """

    shown: Shown
    axes: str
    steps: list[tuple[int, int, int]]
    place: dict[str, Any]
    n_classes: int


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
        self._overlaid: tuple[Scene, Show] | None = None
        self._classes: list[ObjectClass] = []
        self._made_room: set[str] = set()
        self._awake = self._painting = False
        self._stale: set[str] = set()
        self._worker = Worker("objclass-display", post)
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
            for name, kind in ((PREDICTIONS, Kind.CLASS), (UNCERTAINTY, Kind.UNCERTAINTY)):
                layer = self._layers[name]
                if layer is not None:
                    layer.visible = self.show.kind is kind
        if self.show.kind not in OVERLAID:
            self._layers.park(OVERLAY)
        self._paint(PAINTED if self.show.only_labelled != before.only_labelled else {OVERLAY})
        self._shared.show_changed.emit()

    def adopt(self, lane_uuid: str, raw: Sequence[Image], objects: Labels | None) -> None:
        """Use the user's own layers as Raw and Objects of an image, as long as they are in the viewer."""
        self._adopted[lane_uuid] = {RAW: list(raw), OBJECTS: [] if objects is None else [objects]}
        if self._scene is not None and self._current() is self._scene:
            self._point_at(self._scene.shown)
            self._paint(PAINTED)

    @property
    def lost(self) -> list[str]:
        """Names of our layers that the user deleted."""
        wanted = {OVERLAY} if self.show.kind in OVERLAID else set()
        return [name for name in LAYERS if name in self._layers.lost and (name != OVERLAY or name in wanted)]

    def restore(self) -> None:
        """Add again what the user deleted."""
        self._layers.lost.clear()
        scene = self._current()
        if scene is not None:
            self._point_at(scene.shown)
            self._paint(PAINTED)
        self._shared.show_changed.emit()

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
        if scene is None or grid is None or scene.shown.objects is None:
            return None
        return grid.object_at(scene.shown.objects.labels, position, view_direction, dims_displayed)

    def go_to(self, t: int, object_id: int) -> None:
        """Bring an object into view: its frame and slice, and its middle into the middle of the canvas."""
        scene, grid = self._current(), self._grid()
        if scene is None or grid is None or scene.shown.objects is None:
            return
        objects = scene.shown.objects
        row = objects.rows(np.array([t]), np.array([object_id], np.uint64))[0]
        if row >= 0:
            grid.look_at(self._shared.viewer, t, objects.boxes[row].tolist())

    def seen(self) -> Region | None:
        """What of the image shown is on the screen."""
        grid = self._grid()
        return None if grid is None else grid.seen(self._shared.viewer)

    def _grid(self) -> Grid | None:
        scene = self._current()
        if scene is None or scene.shown.objects is None:
            return None
        found = (self._layers[name] for name in (OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY))
        layer = next((each for each in found if each is not None and each.ndim == len(scene.axes)), None)
        return None if layer is None else Grid(layer, scene.axes, scene.shown.objects.labels.shape)

    # ---------------------------------------------------------------------------------------------------- listening

    def wake(self) -> None:
        """Listen to the viewer."""
        if not self._awake:
            self._awake = True
            self._layers.wake()
            self._shared.viewer.dims.events.current_step.connect(self._step_changed)
            self._follow_classes()
            self._shown_changed({"objects"})

    def rest(self) -> None:
        """Stop listening to the viewer; the layers stay as they are."""
        if self._awake:
            self._awake = False
            self._layers.rest()
            self._shared.viewer.dims.events.current_step.disconnect(self._step_changed)
            self._status.rest()

    def _shown_changed(self, parts: Iterable[str]) -> None:
        shown = self._shared.shown
        if not self._awake:
            return
        if shown is None:
            self._clear()
        elif shown.objects is not None and shown.images is not None:
            if self._current() is None:
                self._point_at(shown)
                parts = PAINTED_BY
            names = set().union(*(PAINTED_BY.get(part, set()) for part in parts))
            self._paint(PAINTED if ANNOTATIONS in names and self.show.only_labelled else names)
            self._status.ask()

    def _session_changed(self, stale: set[tuple[str, int | None]]) -> None:
        if self._awake and (marks.ID, None) in stale:
            self._follow_classes()

    def _replaced(self) -> None:
        self._adopted.clear()
        self._made_room.clear()
        self._classes = self._shared.session.classes
        self._clear()

    def _forget_removed(self) -> None:
        """Let go of layers that the user removed, and tell."""
        present = self._shared.viewer.layers
        for roles in self._adopted.values():
            for layers in roles.values():
                layers[:] = [layer for layer in layers if layer in present]
        self._shared.show_changed.emit()

    def _follow_classes(self) -> None:
        """Take the present classes: other colours are another colormap, other numbers are painted."""
        before, self._classes = self._classes, self._shared.session.classes
        scene = self._current()
        if scene is None or before == self._classes:
            return
        if painting.class_dtype(len(self._classes)) != painting.class_dtype(scene.n_classes):
            self._point_at(scene.shown)
            self._paint(PAINTED)
            return
        for name in (ANNOTATIONS, PREDICTIONS):
            layer = self._layers[name]
            if isinstance(layer, Labels):
                layer.colormap = colors.of_classes(self._classes)
                layer.features = _meanings(self._classes)
        if [each.uuid for each in before] != [each.uuid for each in self._classes]:
            self._paint(PAINTED)
        self._status.ask()

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
        if scene is None or shown is None:
            return None
        same = (scene.shown.lane, scene.shown.objects, scene.shown.images) == (shown.lane, shown.objects, shown.images)
        return scene if same else None

    def _clear(self) -> None:
        self._scene, self._overlaid = None, None
        self._lookups.clear()
        self._layers.drop()

    def _point_at(self, shown: Shown) -> None:
        """Point our layers at an image; the objects are empty until they are painted."""
        assert shown.images is not None
        assert shown.objects is not None
        record = self._shared.session.lanes[shown.lane]
        users = self._adopted.get(record.uuid, {})
        for name in (RAW, OBJECTS):
            self._layers.use(name, users.get(name, []))
        before, axes, labels = self._scene, shown.images.axes, shown.objects.labels
        objects = self._adopted_objects(record.uuid)
        on = next((each for layers in reversed(users.values()) for each in layers if each.ndim == len(axes)), None)
        place = layer_set.spaced(axes, record.spacing) if on is None else layer_set.place_of(on)
        steps = plane_steps(labels.shape) if objects is None or not objects.multiscale else _steps_of(objects, axes)
        self._scene = scene = Scene(shown, axes, steps, place, len(self._classes))
        self._layers.put(RAW, _raw(shown, axes, place))
        data = [axis_letters.from_canonical(labels[:, ::z, ::y, ::x], axes) for z, y, x in steps]
        look: dict[str, Any] = {"opacity": OPACITY[OBJECTS]}
        self._layers.put(OBJECTS, Wanted(Labels, _levels_or_one(data), place, look))
        self._layers.park(OVERLAY)  # put again when it is painted
        class_dtype = painting.class_dtype(len(self._classes))
        for name, dtype in ((PREDICTIONS, class_dtype), (UNCERTAINTY, np.uint8), (ANNOTATIONS, class_dtype)):
            self._layers.put(name, Wanted(Labels, self._lookup(name, Fill.nothing(dtype)), place, self._look(name)))
            layer = self._layers[name]
            if isinstance(layer, Labels) and name != UNCERTAINTY:
                layer.colormap = colors.of_classes(self._classes)
                layer.features = _meanings(self._classes)
        if not self._shared.viewer.layers.selection and self.objects_layer is not None:
            self._layers.select({self.objects_layer}, self.objects_layer)  # the status bar is about it
        if on is None and (before is None or _extent(before) != _extent(scene)):
            self._shared.viewer.reset_view()

    def _lookup(self, name: str, fill: Fill) -> Any:
        """Make the lazy image of a layer: data for napari."""
        assert self._scene is not None
        assert self._scene.shown.objects is not None
        labels = self._scene.shown.objects.labels
        self._lookups[name] = levels(labels, self._scene.axes, fill, self._scene.steps)
        return _levels_or_one(self._lookups[name])

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
        if not self._painting:
            self._paint_stale()

    def _adopted_objects(self, lane_uuid: str) -> Image | Labels | None:
        return next(iter(self._adopted.get(lane_uuid, {}).get(OBJECTS, [])), None)

    def _paint_stale(self) -> None:
        scene, shown, show, classes = self._current(), self._shared.shown, self.show, self._classes
        names, self._stale = self._stale, set()
        if show.kind not in OVERLAID:
            names.discard(OVERLAY)
        if scene is None or shown is None or not names or not self._awake:
            return
        self._painting = True
        self._worker.do(
            lambda: {name: PAINTERS[name](shown, classes, show) for name in names},
            lambda fills: self._painted(scene, show, fills),
            self._failed,
        )

    def _painted(self, scene: Scene, show: Show, fills: dict[str, Fill]) -> None:
        self._painting = False
        if scene is self._current():
            for name, fill in fills.items():
                if name == OVERLAY:
                    self._fill_overlay(scene, show, fill)
                else:
                    self._fill(name, fill)
            if PREDICTIONS in fills and len(fills[PREDICTIONS].ids):
                self._make_room(scene)
        self._paint_stale()

    def _failed(self, error: Exception) -> None:
        self._painting = False
        self._shared.set_problem("object_classification", error)

    def _fill(self, name: str, fill: Fill) -> None:
        for lookup in self._lookups[name]:
            lookup.fill = fill
        layer = self._layers[name]
        if layer is not None:
            layer.refresh(extent=False, thumbnail=False)

    def _fill_overlay(self, scene: Scene, show: Show, fill: Fill) -> None:
        if self.show.kind not in OVERLAID:
            return
        limits = (0.0, 1.0) if show.kind is Kind.PROBABILITY else painting.limits(fill)
        if self._layers[OVERLAY] is None:
            look = {"opacity": OPACITY[OVERLAY], "contrast_limits": limits, "blending": "translucent"}
            self._layers.put(OVERLAY, Wanted(Image, self._lookup(OVERLAY, fill), scene.place, look))
        else:
            self._fill(OVERLAY, fill)
        layer = self._layers[OVERLAY]
        if isinstance(layer, Image) and self._overlaid != (scene, replace(show, only_labelled=False)):
            layer.contrast_limits_range = limits
            layer.contrast_limits = limits
            layer.colormap = colors.OVERLAY_COLORS
            if hasattr(layer, "colorbar"):
                layer.colorbar.visible = True
        self._overlaid = (scene, replace(show, only_labelled=False))

    def _make_room(self, scene: Scene) -> None:
        """Show ids no more, but for the selected one, when the first prediction of an image comes.

        Their colours would mix with those of classes; hidden altogether, the layer would not tell values of objects.
        """
        uuid, layer = self._shared.session.lanes[scene.shown.lane].uuid, self.objects_layer
        if uuid not in self._made_room and layer is not None:
            self._made_room.add(uuid)
            if layer is not self._adopted_objects(uuid):
                layer.selected_label = 0
            layer.show_selected_label = True


PAINTERS: dict[str, Callable[[Shown, Sequence[ObjectClass], Show], Fill]] = {
    ANNOTATIONS: lambda shown, classes, _: painting.labels(shown, classes),
    PREDICTIONS: painting.predictions,
    UNCERTAINTY: painting.uncertainty,
    OVERLAY: painting.overlay,
}


def _raw(shown: Shown, axes: str, place: dict[str, Any]) -> Wanted | None:
    """Raw as one layer: channels along an axis before all others, or as colours; None without raw."""
    assert shown.images is not None
    raw = shown.images.raw
    if raw is None:
        return None
    n_channels = raw.shape[-1]
    if n_channels == 3 and raw.dtype == np.uint8:
        return Wanted(Image, axis_letters.from_canonical(raw, axes + "c", axis_letters.RAW), place, {"rgb": True})
    letters = axes if n_channels == 1 else "c" + axes
    sample = raw[tuple(slice(None, None, max(1, length // 64)) for length in raw.shape[:-1])]
    finite = sample[np.isfinite(sample)]
    low, high = (float(each) for each in np.percentile(finite, [0.1, 99.9])) if len(finite) else (0.0, 1.0)
    look = {"contrast_limits": (low, max(high, low + 1e-6))}
    whole = axis_letters.from_canonical(raw, letters, axis_letters.RAW)
    return Wanted(Image, whole, place if n_channels == 1 else layer_set.with_channels(place), look)


def _steps_of(layer: Labels, axes: str) -> list[tuple[int, int, int]]:
    """Steps along z, y and x of the levels of the user's own layer."""
    factors = np.rint(layer.downsample_factors).astype(int).clip(min=1).tolist()
    by_letter = [dict(zip(axes, each, strict=True)) for each in factors]
    return [(each.get("z", 1), each["y"], each["x"]) for each in by_letter]


def _levels_or_one(data: list[Any]) -> Any:
    return data if len(data) > 1 else data[0]


def _meanings(classes: Sequence[ObjectClass]) -> dict[str, list[Any]]:
    """What the numbers in a layer of classes mean, for the status bar."""
    names = [each.name for each in classes] + ["object changed - please confirm", "two classes here - please confirm"]
    return {"index": list(range(1, len(names) + 1)), "class": names}


def _extent(scene: Scene) -> tuple[Any, ...]:
    assert scene.shown.objects is not None
    return scene.axes, scene.shown.objects.labels.shape, tuple(scene.place["scale"])
