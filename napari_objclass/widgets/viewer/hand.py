"""Mouse in the viewer: label, erase and sweep objects, and ask for the menu of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.widgets.viewer.tool import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.components import ViewerModel

    from napari_objclass.widgets.viewer.session import ViewerSession

#: A click is a press and a release less than this many canvas pixels apart.
CLICK = 4.0
#: Canvas pixels between two looks at what a sweep passes over.
SWEEP_STEP = 1.0

LEFT, RIGHT = 1, 2


class Aim(NamedTuple):
    """What the mouse points at: canvas pixel, position in the world, and how the viewer looks at it."""

    pixel: np.ndarray[Any, np.dtype[np.float64]]
    position: np.ndarray[Any, np.dtype[np.float64]]
    view_direction: Any
    dims_displayed: list[int]

    @classmethod
    def of(cls, event: Any) -> Aim:
        """Copy what an event says: it is another one after the next yield."""
        pixel, position = np.array(event.pos, np.float64), np.array(event.position, np.float64)
        return cls(pixel, position, event.view_direction, list(event.dims_displayed))

    def distance(self, other: Aim) -> float:
        """Canvas pixels to another."""
        return float(np.linalg.norm(self.pixel - other.pixel))

    def towards(self, other: Aim) -> Iterator[Aim]:
        """Yield all between this one and another, the other included."""
        n_steps = max(1, int(np.ceil(self.distance(other) / SWEEP_STEP)))
        for share in np.arange(1, n_steps + 1) / n_steps:
            position = self.position + share * (other.position - self.position)
            yield other._replace(position=position)


class Hand:
    """Mouse callbacks of the viewer, in force while widgets are open and the tool is active."""

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self._awake = False
        self._zoom: tuple[int, Callable[..., Any]] | None = None  # napari's own double click, and its place

    def wake(self) -> None:
        """Listen to the mouse."""
        if not self._awake:
            self._awake = True
            self._shared.viewer.mouse_drag_callbacks.append(self._press)
            self._shared.tool_changed.connect(self._mind_double_click)
            self._mind_double_click()

    def rest(self) -> None:
        """Leave the mouse to napari."""
        if self._awake:
            self._awake = False
            self._shared.viewer.mouse_drag_callbacks.remove(self._press)
            self._shared.tool_changed.disconnect(self._mind_double_click)
            self._mind_double_click()

    def _mind_double_click(self) -> None:
        """Keep napari from zooming at a double click while the tool is active: its first half labels an object."""
        callbacks = self._shared.viewer.mouse_double_click_callbacks
        if self._awake and self._shared.tool.active:
            found = [i for i, call in enumerate(callbacks) if getattr(call, "__name__", "") == "double_click_to_zoom"]
            if found:
                self._zoom = found[0], callbacks.pop(found[0])
        elif self._zoom is not None:
            callbacks.insert(*self._zoom)
            self._zoom = None

    def _press(self, viewer: ViewerModel, event: Any) -> Iterator[None] | None:
        tool = self._shared.tool
        shift = "Shift" in event.modifiers
        if not tool.works_in(viewer) or len(event.modifiers) > shift:
            return None
        if event.button == LEFT and len(event.dims_displayed) == 2 and (shift or tool.mode is Mode.SWEEP):
            return self._sweep(event)
        if event.button in (LEFT, RIGHT) and not shift:
            return self._click(event, self._label if event.button == LEFT else self._ask)
        return None

    def _click(self, event: Any, act: Callable[[int, int], object]) -> Iterator[None]:
        start = Aim.of(event)
        yield
        while event.type == "mouse_move":
            yield
        if start.distance(Aim.of(event)) < CLICK:
            found = self._object_at(start)
            if found is not None:
                act(*found)

    def _sweep(self, event: Any) -> Iterator[None]:
        found: dict[tuple[int, int], None] = {}  # in the order of passing
        last = Aim.of(event)
        self._pass_over(last, last, found)
        event.handled = True  # the camera does not pan
        yield
        while True:
            here = Aim.of(event)
            if here.distance(last) > 0:
                self._pass_over(last, here, found)
            last = here
            event.handled = True
            if event.type != "mouse_move":
                break
            yield
        for frame in dict.fromkeys(t for t, _ in found):
            self._shared.annotate(frame, [i for t, i in found if t == frame], self._shared.tool.labels_with)
        if found:
            self._shared.guide.current = list(found)[-1]

    def _pass_over(self, start: Aim, end: Aim, found: dict[tuple[int, int], None]) -> None:
        """Note the objects between two places that the mouse was at."""
        for aim in start.towards(end):
            key = self._object_at(aim)
            if key is not None:
                found[key] = None
        self._shared.viewer.status = "1 object" if len(found) == 1 else f"{len(found)} objects"

    def _label(self, t: int, object_id: int) -> None:
        self._shared.guide.current = (t, object_id)
        self._shared.annotate(t, [object_id], self._shared.tool.labels_with)

    def _ask(self, t: int, object_id: int) -> None:
        self._shared.guide.current = (t, object_id)
        self._shared.menu_asked.emit(t, object_id)

    def _object_at(self, aim: Aim) -> tuple[int, int] | None:
        return self._shared.display.object_at(tuple(aim.position), aim.view_direction, aim.dims_displayed)
