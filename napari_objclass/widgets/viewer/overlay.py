"""The layer over the objects: a value of each of them, or a sheet in the place of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels

from napari_objclass.widgets.viewer import colors, painting
from napari_objclass.widgets.viewer.our_layers import (
    ANNOTATIONS,
    OBJECTS,
    OPACITY,
    OVERLAID,
    OVERLAY,
    PREDICTIONS,
    UNCERTAINTY,
)
from napari_objclass.widgets.viewer.painting import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.easel import Easel
    from napari_objclass.widgets.viewer.lookup import Fill
    from napari_objclass.widgets.viewer.painting import Show
    from napari_objclass.widgets.viewer.scene import Scene
    from napari_objclass.widgets.viewer.sheet import Sheet
    from napari_objclass.widgets.viewer.stepwise import Steps, Stepwise
    from napari_objclass.workflow.input_data import Images

#: What lies on the objects, and they themselves: what a sheet shows may be others.
COVERED = (OBJECTS, PREDICTIONS, UNCERTAINTY, ANNOTATIONS)


class Overlay:
    """Shows values or a sheet in one layer, which is made when there is something to show.

    Parameters
    ----------
    easel
        All our layers.
    steps
        By which layers are made.
    made
        Called after that.
    """

    def __init__(self, easel: Easel, steps: Stepwise, made: Callable[[], object]) -> None:
        self._easel, self._layers = easel, easel.layers
        self._steps, self._made = steps, made
        self._dressed: tuple[Images, Show] | None = None
        self._sheet: Sheet | None = None
        self._covered: set[str] = set()

    @property
    def has_sheet(self) -> bool:
        """Whether a sheet is shown, or on its way."""
        return self._sheet is not None

    @property
    def has_values(self) -> bool:
        """Whether values are to be shown."""
        return self._easel.show.kind in OVERLAID and not self.has_sheet

    def forget(self) -> None:
        """Give colours and limits anew, whatever is shown next."""
        self._dressed = None

    # ------------------------------------------------------------------------------------------------------- values

    def fill(self, scene: Scene, show: Show, fill: Fill, whole: NDArray[Any] | None) -> None:
        """Show a value of each object."""
        if not self.has_values:
            return
        limits = (0.0, 1.0) if show.kind is Kind.PROBABILITY else painting.limits(fill)
        if not self._easel.is_painted(OVERLAY):
            self._steps.begin(self._add_values(scene, show, fill, limits))
        else:
            self._easel.fill(scene, OVERLAY, fill, whole)
            self._dress(scene, show, limits)

    def _add_values(self, scene: Scene, show: Show, fill: Fill, limits: tuple[float, float]) -> Steps:
        look = {"opacity": OPACITY[OVERLAY], "contrast_limits": limits, "blending": "translucent"}
        wanted = scene.layer(Image, self._easel.prime(scene, OVERLAY, fill), look)
        made = yield self._layers.maker(OVERLAY, wanted)
        if self.has_values:
            self._layers.put(OVERLAY, wanted, made)
            yield None
            self._dress(scene, show, limits)
        self._steps.stop()
        self._made()

    def _dress(self, scene: Scene, show: Show, limits: tuple[float, float]) -> None:
        """Give the layer the colours and limits of what it shows; later they are the user's own choice."""
        layer = self._layers[OVERLAY]
        shows = (scene.images, replace(show, only_labelled=False))
        if isinstance(layer, Image) and (self._dressed != shows or not _holds(layer.contrast_limits_range, limits)):
            layer.contrast_limits_range = limits
            layer.contrast_limits = limits
            self._layers.colour(OVERLAY, colors.OVERLAY_COLORS)
            if hasattr(layer, "colorbar"):
                layer.colorbar.visible = True
        self._dressed = shows

    # ------------------------------------------------------------------------------------------------------ a sheet

    def lay(self, sheet: Sheet) -> None:
        """Show a sheet in the place of all objects, or its pixels as they are now."""
        self._sheet = sheet
        self._layers.lost.discard(OVERLAY)
        self._steps.when_done(self.put_sheet)

    def lift(self, sheet: Sheet) -> bool:
        """Show a sheet no more, but what it covered; returns whether it was shown, and not another one."""
        if sheet is not self._sheet:
            return False
        self._sheet = None
        self._layers.park(OVERLAY)
        covered, self._covered = self._covered, set()
        for name in covered:
            self._easel.see(name, visible=True)
        return True

    def put_sheet(self) -> None:
        """Show the sheet as it is now, if there is one."""
        sheet, layer = self._sheet, self._layers[OVERLAY]
        if sheet is None:
            return
        if layer is None or not self._layers.shows(OVERLAY, sheet.levels):
            self._steps.begin(self._add_sheet(sheet))
        elif isinstance(layer, Image) and layer.contrast_limits_range != list(sheet.limits):
            layer.contrast_limits_range = layer.contrast_limits = sheet.limits
        else:
            layer.refresh(extent=False, thumbnail=False)

    def _add_sheet(self, sheet: Sheet) -> Steps:
        # What may become objects hides no more of the image than objects do.
        look: dict[str, Any] = {"opacity": OPACITY[OBJECTS], "blending": "translucent"}
        if not sheet.covers:  # its colours are compared with those below, so they do not mix
            look["opacity"] = 1.0
        if not sheet.is_labels:
            look |= {"contrast_limits": sheet.limits, "opacity": 1.0}
        elif sheet.colormap is not None:
            look |= {"colormap": sheet.colormap}
        wanted = sheet.scene.layer(Labels if sheet.is_labels else Image, sheet.levels, look)
        made = yield self._layers.maker(OVERLAY, wanted)
        if sheet is self._sheet:
            self._layers.put(OVERLAY, wanted, made)
            self.forget()
            if sheet.covers:
                self._covered |= set(self._easel.hide(COVERED))
        self._steps.stop()
        self._made()


def _holds(span: Sequence[float], other: Sequence[float]) -> bool:
    return bool(span[0] <= other[0] and other[1] <= span[1])
