"""Our layers on their way to the image shown, to other objects of it, and after a layer of the user that is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.widgets.viewer import layer_set, painting
from napari_objclass.widgets.viewer.lookup import Fill
from napari_objclass.widgets.viewer.our_layers import (
    ANNOTATIONS,
    OBJECTS,
    OVERLAY,
    PAINTED,
    PREDICTIONS,
    RAW,
    UNCERTAINTY,
)
from napari_objclass.widgets.viewer.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image, Labels
    from numpy.typing import DTypeLike

    from napari_objclass.widgets.viewer.adopted import Adopted, Users
    from napari_objclass.widgets.viewer.easel import Easel
    from napari_objclass.widgets.viewer.painter import Painter
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.widgets.viewer.stepwise import Steps, Stepwise


class Pointing:
    """Points our layers at the image shown.

    Parameters
    ----------
    shared
        Whose image is shown.
    easel, adopted
        Our layers, and those of the user that take their place.
    painter
        Paints them.
    steps
        By which layers are made.
    pointed
        Called after layers were pointed at an image, empty until they are painted.
    """

    def __init__(
        self,
        shared: ViewerSession,
        easel: Easel,
        adopted: Adopted,
        painter: Painter,
        steps: Stepwise,
        pointed: Callable[[], object],
    ) -> None:
        self._shared, self._easel, self._layers = shared, easel, easel.layers
        self._adopted, self._painter, self._steps, self._pointed = adopted, painter, steps, pointed
        self._followed: Image | Labels | None = None

    def wake(self) -> None:
        """Lie where the layer of the user lies, from now on."""
        scene = self._easel.scene
        self._follow(scene.on if scene else None)

    def rest(self) -> None:
        """Stay where we are; layers on their way are pointed anew when it wakes."""
        if self._steps.is_busy:
            self._easel.scene = None
            self._steps.stop()
        self._follow(None)

    def stop(self) -> None:
        """Point at nothing."""
        self._steps.stop()
        self._follow(None)

    def follow_shown(self, shown: Shown) -> None:
        """Point our layers at what is shown now, if they are not."""
        if self._easel.current is None and not self._go_on_with(shown):
            self.point()

    def point_again(self) -> None:
        """Point our layers at the image shown anew: now or, while it is not known, as soon as it is."""
        if self._easel.current is None:
            self._easel.scene = None
        self.point()

    # ------------------------------------------------------------------------------------------------ another image

    def point(self) -> None:
        """Point our layers at the image shown.

        One after another, each in a call of its own: napari takes its time for every one.
        """
        shown, record, easel = self._shared.shown, self._shared.record, self._easel
        if shown is None or record is None:
            return
        users = self._adopted.of(record.uuid)
        scene = Scene.of(shown, record, users[RAW], users[OBJECTS], len(easel.classes))
        if scene is None:
            return
        before, easel.scene = easel.scene, scene
        self._painter.keep_nothing()
        self._steps.begin(self._point_all(scene, before, self._adopted.in_use(record.uuid)))

    def _point_all(self, scene: Scene, before: Scene | None, users: Users) -> Steps:
        """Point our layers at an image; yields how to make the next layer where there is to be a new one."""
        easel = self._easel
        self._follow(scene.on)
        self._layers.park(OVERLAY)  # put again when it is painted
        for name, fill in easel.fills.items():  # soon there are other pixels below
            easel.fill(before or scene, name, Fill.nothing(fill.values.dtype))
        class_dtype = painting.class_dtype(scene.n_classes)
        dtypes: dict[str, DTypeLike] = {PREDICTIONS: class_dtype, UNCERTAINTY: np.uint8, ANNOTATIONS: class_dtype}
        easel.prime_all(scene, dtypes)
        for name, layers in users.items():
            self._layers.use(name, layers)
        for name in (RAW, OBJECTS, *dtypes):
            wanted = easel.wanted(scene, name)
            made = yield self._layers.maker(name, wanted)
            easel.put(name, wanted, made)
        yield None
        easel.colour()
        if not self._shared.viewer.layers.selection:
            easel.select_objects()  # the status bar is about it
        if scene.on is None and (before is None or before.extent != scene.extent):
            self._shared.viewer.reset_view()
        self._steps.stop()
        self._pointed()

    # ------------------------------------------------------------------------------ other objects of the same image

    def _go_on_with(self, shown: Shown) -> bool:
        """Go on with other objects on the same voxels, in the layers that there are; False where that cannot be."""
        easel = self._easel
        scene = None if easel.scene is None or self._steps.is_busy else easel.scene.with_objects(shown)
        if scene is None or easel.scene is None:
            return False
        before, easel.scene = easel.scene.objects, scene
        self._outgrow(scene.uuid)
        wanted = easel.wanted(scene, OBJECTS)
        make = self._layers.maker(OBJECTS, wanted)
        self._painter.keep(before, scene, make, lambda made: easel.put(OBJECTS, wanted, made))
        return True

    def _outgrow(self, lane_uuid: str) -> None:
        """Leave the user's own layer of the objects as it is, hidden: it has not the objects that there are now."""
        users = self._adopted.outgrow(lane_uuid)
        if users:
            self._easel.forget_room(lane_uuid)  # in the layer that takes its place
            self._layers.use(OBJECTS, [])
            for layer in users:
                layer.visible = False

    # -------------------------------------------------------------------------------------------- a layer that moves

    def _follow(self, layer: Image | Labels | None) -> None:
        """Lie where a layer of the user lies, wherever it is moved."""
        for name in layer_set.MOVES:
            if self._followed is not None:
                getattr(self._followed.events, name).disconnect(self._moved)
            if layer is not None:
                getattr(layer.events, name).connect(self._moved)
        self._followed = layer

    def _moved(self, _: object) -> None:
        scene = self._easel.current
        if scene is not None:
            for name in PAINTED:
                self._layers.place(name, scene.place)
