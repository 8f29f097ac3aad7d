"""Paints our layers with what is known of the objects: on a thread of its own, and all that is asked for together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from napari_objclass.widgets.viewer.our_layers import ANNOTATIONS, OVERLAY, PAINTED, PAINTERS, PREDICTIONS
from napari_objclass.widgets.viewer.painting import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.layers import Image, Labels
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.easel import Easel
    from napari_objclass.widgets.viewer.lookup import Fill
    from napari_objclass.widgets.viewer.overlay import Overlay
    from napari_objclass.widgets.viewer.scene import Scene
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.stepwise import Stepwise
    from napari_objclass.widgets.viewer.worker import Worker
    from napari_objclass.workflow.objects import Objects

    #: Values, and the whole image where it was painted with them already.
    Painted = tuple[Fill, NDArray[Any] | None]

T = TypeVar("T")


class Painter:
    """Paints layers when none are on their way to another image.

    Parameters
    ----------
    shared
        Whose image is shown.
    easel, overlay
        What is painted.
    steps
        By which layers are made.
    worker
        The other thread.
    failed
        Called on the GUI thread with what went wrong there.
    """

    def __init__(
        self,
        shared: ViewerSession,
        easel: Easel,
        overlay: Overlay,
        steps: Stepwise,
        worker: Worker,
        failed: Callable[[Exception], object],
    ) -> None:
        self._shared, self._easel, self._overlay = shared, easel, overlay
        self._steps, self._worker, self._failed = steps, worker, failed
        self._painting = False
        self._stale: set[str] = set()
        self._kept: set[str] = set()  # what shows values of before until there are new ones

    @property
    def is_busy(self) -> bool:
        """Whether layers are on their way to an image, or what they show is."""
        return self._painting or self._steps.is_busy

    def paint(self, names: Iterable[str]) -> None:
        """Paint layers soon; what is asked for meanwhile is painted together."""
        self._stale |= set(names)
        self.go_on()

    def go_on(self) -> None:
        """Paint what was asked for, if nothing stands in the way any more."""
        if self.is_busy:
            return
        easel = self._easel
        scene, shown, show, classes = easel.current, self._shared.shown, easel.show, easel.classes
        names, self._stale = self._stale - {name for name in self._kept if not self._is_known(name)}, set()
        if not self._overlay.has_values:
            names.discard(OVERLAY)
        if scene is None or shown is None or not names or not easel.awake:
            return
        ahead = easel.painted_ahead()

        def paint() -> dict[str, Painted]:
            fills = {name: PAINTERS[name](shown, classes, show) for name in names}
            return {name: (fill, ahead[name].painted(fill) if name in ahead else None) for name, fill in fills.items()}

        def put(fills: dict[str, Painted]) -> None:
            for name, (fill, whole) in fills.items():
                if name == OVERLAY:
                    self._overlay.fill(scene, show, fill, whole)
                else:
                    easel.fill(scene, name, fill, whole)
            if PREDICTIONS in fills and len(fills[PREDICTIONS][0].ids):
                easel.make_room(scene)

        self._do(scene, paint, put)

    # ------------------------------------------------------------------------------------- values of other objects

    def keep(
        self,
        before: Objects,
        scene: Scene,
        make: Callable[[], Image | Labels] | None,
        made: Callable[[Image | Labels | None], object],
    ) -> None:
        """Go on with other objects: those that are as before keep their values until they have new ones.

        Parameters
        ----------
        before
            The objects that the values are of.
        scene
            With the other objects.
        make
            Makes their layer, on the other thread; None for no new one.
        made
            Called with it on the GUI thread before any value is painted.
        """
        easel = self._easel
        self._kept = set(PAINTED)
        ahead, fills = easel.painted_ahead(), easel.fills

        def paint() -> tuple[Image | Labels | None, dict[str, Painted]]:
            labels, kept = scene.objects.labels, {}
            for name, fill in fills.items():
                values = fill.kept(before, scene.objects)
                kept[name] = values, ahead[name].painted(values, labels) if name in ahead else None
            return None if make is None else make(), kept

        def put(painted: tuple[Image | Labels | None, dict[str, Painted]]) -> None:
            layer, kept = painted
            made(layer)
            for name, (fill, whole) in kept.items():
                easel.fill(scene, name, fill, whole)

        self._do(scene, paint, put)

    def give_up_waiting(self) -> None:
        """Show no values of before any more: nothing is being computed that would bring new ones."""
        kept = {name for name in self._kept if not self._is_known(name)}
        self.keep_nothing()
        self.paint(kept)

    def keep_nothing(self) -> None:
        """Forget that there are values of before, which are gone."""
        self._kept.clear()

    def _is_known(self, name: str) -> bool:
        """Whether there is what a layer is painted with."""
        shown = self._shared.shown
        needs_table = name == OVERLAY and self._easel.show.kind is Kind.FEATURE
        part = "claims" if name == ANNOTATIONS else "table" if needs_table else "prediction"
        return shown is not None and getattr(shown, part) is not None

    # -------------------------------------------------------------------------------------------- the other thread

    def _do(self, scene: Scene, paint: Callable[[], T], put: Callable[[T], object]) -> None:
        """Paint on the other thread, and put what was painted if the image shown is still the same."""

        def painted(result: T) -> None:
            self._painting = False
            if scene is self._easel.current:
                put(result)
            self.go_on()

        self._painting = True
        self._worker.do(paint, painted, self._fail)

    def _fail(self, error: Exception) -> None:
        self._painting = False
        self._failed(error)
