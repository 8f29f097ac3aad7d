"""The mouse: what is a click, a drag, a sweep, and when it is napari's."""

from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels, Points
from napari.utils.interactions import (
    mouse_double_click_callbacks,
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from psygnal import Signal

from napari_objclass.widgets.viewer.hand import Hand
from napari_objclass.widgets.viewer.tool import Mode, Tool

LEFT, RIGHT = 1, 2


class Shared:
    """What the hand needs of a session: a tool, a display that finds objects, and a list of what was asked for."""

    tool_changed = Signal()
    menu_asked = Signal(int, int)

    def __init__(self, labels, frames=False):
        self.viewer = ViewerModel()
        self.layer = self.viewer.add_labels(labels)
        self.tool = Tool(active=True)
        self.guide = SimpleNamespace(current=None)
        self.asked, self.menus = [], []
        self.menu_asked.connect(lambda *key: self.menus.append(key))
        self.display = SimpleNamespace(object_at=self._object_at)
        self._frames = frames

    def annotate(self, *what):
        self.asked.append(what)

    def set_tool(self, **values):
        self.tool = Tool(**({"active": True} | values))
        self.tool_changed.emit()

    def _object_at(self, position, view_direction, dims_displayed):
        found = self.layer.get_value(
            position, view_direction=view_direction, dims_displayed=list(dims_displayed), world=True
        )
        return (int(position[0]) if self._frames else 0, int(found)) if found else None


class Mouse:
    """Acts on a viewer whose canvas pixels are world units times ``zoom``."""

    def __init__(self, viewer, zoom=10.0, dims_displayed=(0, 1)):
        self.viewer, self.zoom, self.dims_displayed = viewer, zoom, dims_displayed

    def event(self, kind, at, button, modifiers):
        return SimpleNamespace(
            type=kind,
            pos=np.array(at[::-1][:2], float) * self.zoom,
            position=tuple(at),
            button=button,
            modifiers=modifiers,
            view_direction=np.array([1.0, 0, 0]) if len(self.dims_displayed) == 3 else None,
            dims_displayed=list(self.dims_displayed),
            is_dragging=True,
            handled=False,
        )

    def drag(self, *places, button=LEFT, modifiers=()):
        press = self._wrapped(self.event("mouse_press", places[0], button, modifiers))
        mouse_press_callbacks(self.viewer, press)
        for place in places[1:]:
            mouse_move_callbacks(self.viewer, self.event("mouse_move", place, button, modifiers))
        mouse_release_callbacks(self.viewer, self.event("mouse_release", places[-1], button, modifiers))
        return press.handled

    def click(self, at, **held):
        return self.drag(at, **held)

    @staticmethod
    def _wrapped(event):
        from napari.utils._proxies import ReadOnlyWrapper

        return ReadOnlyWrapper(event, exceptions=("handled",))


def squares():
    """Sixteen objects of 3 x 3 pixels on a grid of 5."""
    labels = np.zeros((20, 20), np.uint16)
    for i in range(16):
        y, x = divmod(i, 4)
        labels[5 * y : 5 * y + 3, 5 * x : 5 * x + 3] = i + 1
    return labels


@pytest.fixture
def shared():
    shared = Shared(squares())
    hand = Hand(shared)
    hand.wake()
    yield shared
    hand.rest()


@pytest.fixture
def mouse(shared):
    return Mouse(shared.viewer)


def test_a_click_labels_the_object_under_it(shared, mouse):
    shared.set_tool(cls=2)
    mouse.click((6, 11))
    assert shared.asked == [(0, [7], 2)]
    assert shared.guide.current == (0, 7)


def test_a_trembling_click_is_a_click_and_a_drag_pans(shared, mouse):
    handled = mouse.drag((1, 1), (1.2, 1.2))
    assert (shared.asked, handled) == ([(0, [1], 1)], False)
    handled = mouse.drag((1, 1), (1.4, 1.0))
    assert (len(shared.asked), handled) == (1, False)


def test_background_and_outside_do_nothing(shared, mouse):
    mouse.click((4, 4))
    mouse.click((-30, 400))
    assert (shared.asked, shared.guide.current) == ([], None)


@pytest.mark.parametrize("tool", [{"mode": Mode.ERASE, "cls": 2}, {"cls": 0}])
def test_erasing(shared, mouse, tool):
    shared.set_tool(**tool)
    mouse.click((1, 1))
    assert shared.asked == [(0, [1], 0)]


def test_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(shared, mouse):
    mouse.click((1, 1), button=RIGHT)
    mouse.drag((1, 1), (9, 9), button=RIGHT)
    mouse.click((4, 4), button=RIGHT)
    assert (shared.menus, shared.asked, shared.guide.current) == ([(0, 1)], [], (0, 1))


def test_a_sweep_labels_all_it_passes_over_as_one_change(shared, mouse):
    shared.set_tool(cls=2)
    handled = mouse.drag((1, 0), (1, 16), (11, 16), modifiers=("Shift",))
    assert handled
    assert shared.asked == [(0, [1, 2, 3, 4, 8, 12], 2)]
    assert shared.guide.current == (0, 12)


def test_sweep_mode_needs_no_shift_and_a_click_in_it_labels(shared, mouse):
    shared.set_tool(mode=Mode.SWEEP, cls=2)
    mouse.drag((1, 1), (19, 1))
    mouse.click((1, 6))
    assert shared.asked == [(0, [1, 5, 9, 13], 2), (0, [2], 2)]


def test_a_sweep_over_background_changes_nothing(shared, mouse):
    mouse.drag((4, 0), (4, 19), modifiers=("Shift",))
    assert shared.asked == []


@pytest.mark.parametrize("modifiers", [("Alt",), ("Control",), ("Shift", "Control")])
def test_other_modifiers_are_left_to_napari(shared, mouse, modifiers):
    mouse.click((1, 1), modifiers=modifiers)
    assert shared.asked == []


def test_nothing_while_the_tool_rests_or_a_layer_is_edited(shared, mouse):
    shared.set_tool(active=False)
    mouse.click((1, 1))
    shared.set_tool()
    shared.layer.mode = "paint"
    mouse.click((1, 1))
    mouse.click((1, 1), button=RIGHT)
    assert (shared.asked, shared.menus) == ([], [])
    shared.layer.mode = "pan_zoom"
    mouse.click((1, 1))
    assert shared.asked == [(0, [1], 1)]


def test_the_chosen_layer_stays_chosen_whichever_it_is(shared, mouse):
    points = shared.viewer.add_layer(Points(np.zeros((1, 2))))
    for chosen in (points, None):
        shared.viewer.layers.selection.active = chosen
        mouse.click((1, 1))
        assert shared.viewer.layers.selection.active is chosen
    assert len(shared.asked) == 2


def test_frames(mouse):
    shared = Shared(np.stack([squares(), squares()]), frames=True)
    hand = Hand(shared)
    hand.wake()
    Mouse(shared.viewer, dims_displayed=(1, 2)).click((1, 6, 6))
    assert shared.asked == [(1, [6], 1)]


def test_in_3d_clicks_follow_the_ray_and_shift_drags_are_napari_s():
    volume = np.zeros((8, 20, 20), np.uint16)
    volume[3:6] = squares()
    shared = Shared(volume)
    shared.viewer.dims.ndisplay = 3
    Hand(shared).wake()
    mouse = Mouse(shared.viewer, dims_displayed=(0, 1, 2))
    mouse.click((0, 6, 6))
    assert shared.asked == [(0, [6], 1)]
    assert not mouse.drag((0, 6, 6), (0, 11, 11), modifiers=("Shift",))
    shared.set_tool(mode=Mode.SWEEP)
    mouse.drag((0, 6, 6), (0, 11, 11))
    assert len(shared.asked) == 1


def test_a_double_click_zooms_only_while_it_is_napari_s(shared):
    viewer, mouse = shared.viewer, Mouse(shared.viewer)
    double = mouse.event("mouse_double_click", (1, 1), LEFT, ())
    camera = getattr(viewer, "scene", viewer).camera  # napari 0.9 has scenes
    zoom = camera.zoom
    mouse_double_click_callbacks(viewer, double)
    assert camera.zoom == zoom
    shared.set_tool(active=False)
    mouse_double_click_callbacks(viewer, double)
    assert camera.zoom == 2 * zoom


def test_the_viewer_gets_back_what_it_had():
    shared = Shared(squares())
    theirs = [lambda *_: None, lambda *_: None]
    shared.viewer.mouse_drag_callbacks.append(theirs[0])
    shared.viewer.mouse_double_click_callbacks.append(theirs[1])
    before = [*shared.viewer.mouse_drag_callbacks], [*shared.viewer.mouse_double_click_callbacks]
    hand = Hand(shared)
    for _ in range(2):
        hand.wake()
        hand.wake()
        shared.set_tool(active=False)
        shared.set_tool()
        hand.rest()
        hand.rest()
    after = [*shared.viewer.mouse_drag_callbacks], [*shared.viewer.mouse_double_click_callbacks]
    assert after == before


def test_layers_of_another_kind_have_no_say():
    assert Tool(active=True).works_in(ViewerModel())
    viewer = ViewerModel()
    viewer.add_layer(Labels(squares())).mode = "pick"
    assert not Tool(active=True).works_in(viewer)
