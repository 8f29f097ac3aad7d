"""What was found block by block, as a layer over the image, to be compared by eye with the predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer import colors
from napari_objclass.widgets.viewer.painting import Kind
from napari_objclass.widgets.viewer.places import Region
from napari_objclass.widgets.viewer.sheet import Sheet

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.blockwise.check import Comparison


class BlockSheet:
    """Lays the classes of a comparison over the image it is of, in the colours of the classes."""

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self._sheet: Sheet | None = None

    @property
    def is_laid(self) -> bool:
        """Whether they are shown."""
        return self._sheet is not None

    def lay(self, comparison: Comparison) -> None:
        """Show the classes as found block by block, over those of the whole image."""
        self._shared.display.when_pointed(lambda: self._lay(comparison))

    def lift(self) -> None:
        """Show them no more."""
        sheet, self._sheet = self._sheet, None
        self._shared.display.lift(sheet)

    def _lay(self, comparison: Comparison) -> None:
        display = self._shared.display
        scene = display.scene
        if scene is None or scene.uuid != comparison.lane:
            return
        colormap = colors.of_classes(self._shared.session.classes)
        self._sheet = Sheet(scene, comparison.classes.dtype, colormap=colormap, covers=False)
        self._sheet.write(_region(comparison), comparison.classes)
        display.set_show(kind=Kind.CLASS)
        display.lay_over(self._sheet)


def _region(comparison: Comparison) -> Region | None:
    if comparison.part is None:
        return None
    (t0, z0, y0, x0), (t1, z1, y1, x1) = zip(*((each.start, each.stop) for each in comparison.part), strict=True)
    return Region((t0, z0, y0, x0), (t1, z1, y1, x1))
