"""Our layers on one image at a time: lazy images of what is painted, how they look, and what hides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels

from napari_objclass.widgets.viewer import colors, painting
from napari_objclass.widgets.viewer.lookup import Fill
from napari_objclass.widgets.viewer.our_layers import (
    ANNOTATIONS,
    OBJECTS,
    OPACITY,
    OVERLAY,
    PREDICTIONS,
    RAW,
    SEEN_WITH,
    UNCERTAINTY,
)
from napari_objclass.widgets.viewer.painting import Kind, Show
from napari_objclass.widgets.viewer.places import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Image
    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.widgets.viewer.layer_set import LayerSet, Wanted
    from napari_objclass.widgets.viewer.lookup import Lookup
    from napari_objclass.widgets.viewer.scene import Scene
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.classes import ObjectClass


class Easel:
    """What all that points, paints and covers our layers works on.

    Parameters
    ----------
    shared
        Whose image is shown.
    layers
        Our layers.

    Attributes
    ----------
    layers
        As given.
    scene
        The image that they are on, or on their way to.
    show, classes
        What is painted, and whose numbers and colours.
    awake
        Whether anything is painted.
    """

    def __init__(self, shared: ViewerSession, layers: LayerSet) -> None:
        self._shared, self.layers = shared, layers
        self.scene: Scene | None = None
        self.show = Show()
        self.classes: list[ObjectClass] = []
        self.awake = False
        self._lookups: dict[str, list[Lookup]] = {}
        self._away: list[str] = []
        self._made_room: set[str] = set()

    @property
    def current(self) -> Scene | None:
        """The scene, if it is that of the image shown."""
        return self.scene if self.scene is not None and self.scene.is_of(self._shared.shown) else None

    @property
    def objects_layer(self) -> Labels | None:
        """The layer that has the ids of the image shown: the user's own or ours; None when it is not there."""
        layer = self.layers[OBJECTS] if self.current else None
        return layer if isinstance(layer, Labels) else None

    @property
    def grid(self) -> Grid | None:
        """The voxels of the image shown, as our layers place them."""
        scene = self.current
        if scene is None:
            return None
        found = (self.layers[name] for name in (OBJECTS, ANNOTATIONS, PREDICTIONS, UNCERTAINTY))
        layer = next((each for each in found if each is not None and each.ndim == len(scene.axes)), None)
        return None if layer is None else Grid(layer, scene.axes, scene.shape)

    def clear(self) -> None:
        """Take all layers out."""
        self.scene = None
        self._lookups.clear()
        self.layers.drop()

    # ------------------------------------------------------------------------------------------------- lazy images

    @property
    def fills(self) -> dict[str, Fill]:
        """What each layer is painted with."""
        return {name: lookups[0].fill for name, lookups in self._lookups.items()}

    def prime(self, scene: Scene, name: str, fill: Fill) -> list[Lookup]:
        """Make the lazy images of a layer, for each level."""
        self._lookups[name] = scene.lookups(fill)
        return self._lookups[name]

    def prime_all(self, scene: Scene, dtypes: dict[str, DTypeLike]) -> None:
        """Make lazy images that are empty, of these layers and no others."""
        self._lookups = {name: scene.lookups(Fill.nothing(dtype)) for name, dtype in dtypes.items()}

    def forget(self, names: Iterable[str]) -> None:
        """Let go of the lazy images of layers that may live on as others than ours."""
        for name in names:
            self._lookups.pop(name, None)

    def fill(self, scene: Scene, name: str, fill: Fill, whole: NDArray[Any] | None = None) -> None:
        """Paint a layer; ``whole`` is the whole image, where it was painted with the values already."""
        lookups, layer = self._lookups.get(name, []), self.layers[name]
        for lookup, labels in zip(lookups, scene.level_labels, strict=False):  # none of a layer that is gone
            lookup.take(fill, whole, labels)
        if layer is None:
            return
        if self.is_painted(name):
            layer.refresh(extent=False, thumbnail=False)
        else:  # the user assigned other data
            self.layers.put(name, scene.layer(Labels, lookups, self._look(name)))

    def is_painted(self, name: str) -> bool:
        """Whether a layer has its lazy images as data; the user may have assigned others."""
        return self.layers.shows(name, self._lookups.get(name, []))

    def painted_ahead(self) -> dict[str, Lookup]:
        """Lazy images that napari will read as a whole, for 3D rendering: volumes take too long for the GUI thread."""
        if self._shared.viewer.dims.ndisplay == 2:
            return {}
        found = {name: self.layers[name] for name, lookups in self._lookups.items() if len(lookups) == 1}
        return {name: self._lookups[name][0] for name, layer in found.items() if layer is not None and layer.visible}

    # ---------------------------------------------------------------------------------------------- how layers look

    def wanted(self, scene: Scene, name: str) -> Wanted | None:
        """What a layer is to be, before it is painted."""
        if name == RAW:
            return scene.raw()
        if name == OBJECTS:
            return scene.ids({"opacity": OPACITY[OBJECTS], "visible": OBJECTS not in self._away})
        return scene.layer(Labels, self._lookups[name], self._look(name))

    def put(self, name: str, wanted: Wanted | None, made: Image | Labels | None) -> None:
        """Put a layer; that of the objects may have been made while it was to be out of the way."""
        self.layers.put(name, wanted, made)
        if name == OBJECTS and wanted is not None and not wanted.look["visible"] and OBJECTS not in self._away:
            self.see(OBJECTS, visible=True)

    def colour(self) -> None:
        """Give layers of classes the colours of these, and what their numbers mean."""
        for name in (ANNOTATIONS, PREDICTIONS):
            layer = self.layers[name]
            if isinstance(layer, Labels):
                self.layers.colour(name, colors.of_classes(self.classes))
                layer.features = painting.meanings(self.classes)

    def _look(self, name: str) -> dict[str, Any]:
        look: dict[str, Any] = {"opacity": OPACITY[name]}
        if name == UNCERTAINTY:
            return look | {"colormap": colors.of_uncertainty(), "visible": self.show.kind is Kind.UNCERTAINTY}
        visible = name == ANNOTATIONS or self.show.kind is Kind.CLASS
        return look | {"colormap": colors.of_classes(self.classes), "visible": visible}

    # ------------------------------------------------------------------------------------------------ what is seen

    def see(self, name: str, *, visible: bool) -> None:
        """Show or hide a layer, if it is there."""
        layer = self.layers[name]
        if layer is not None:
            layer.visible = visible

    def hide(self, names: Iterable[str]) -> list[str]:
        """Hide layers; returns those that were seen."""
        seen = [name for name in names if (layer := self.layers[name]) is not None and layer.visible]
        for name in seen:
            self.see(name, visible=False)
        return seen

    def make_way(self) -> None:
        """Hide what would cover objects that are edited: all but the pixels, and what is labelled."""
        self._away = self.hide((OBJECTS, PREDICTIONS, UNCERTAINTY, OVERLAY))

    def come_back(self) -> None:
        """Show again what made way, and let the user work in the layer of objects."""
        away, self._away = self._away, []
        for name in away:
            self.see(name, visible=self.show.kind in SEEN_WITH.get(name, Kind))
        self.select_objects()

    def select_objects(self) -> None:
        """Let the user work in the layer of objects."""
        if self.objects_layer is not None:
            self.layers.select({self.objects_layer}, self.objects_layer)

    def make_room(self, scene: Scene) -> None:
        """Show ids no more, but for the selected one, when the first prediction of an image comes.

        Their colours would mix with those of classes; hidden altogether, the layer would not tell values of objects.
        """
        layer = self.objects_layer
        if scene.uuid not in self._made_room and layer is not None:
            self._made_room.add(scene.uuid)
            if layer is not scene.on:
                layer.selected_label = 0
            layer.show_selected_label = True

    def forget_room(self, lane_uuid: str | None = None) -> None:
        """Let ids make room again: those of an image, in a layer that takes the place of another, or of all."""
        self._made_room = self._made_room - {lane_uuid} if lane_uuid else set()
