"""Mouse and keys through the canvas of a real window."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu, QWidget
from widgets.user import deleted

from napari_objclass.widgets._sharing import session_of
from napari_objclass.widgets.viewer.tool import Mode

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def squares():
    """Sixteen objects of 30 x 30 pixels on a grid of 50."""
    labels = np.zeros((200, 200), np.uint16)
    for i in range(16):
        y, x = divmod(i, 4)
        labels[50 * y + 10 : 50 * y + 40, 50 * x + 10 : 50 * x + 40] = i + 1
    return labels


class Window:
    """A window with sixteen objects, mouse and keys awake, and a list of what was asked for."""

    def __init__(self, viewer, pixels):
        self.viewer = viewer
        self.canvas = viewer.window._qt_viewer.canvas
        self.dock = QWidget(viewer.window.main_menu.window())
        self.shared = session_of(viewer, self.dock)
        self.labels = viewer.add_labels(pixels, name="Objects")
        self.asked, self.menus = [], []
        self.shared.annotate = lambda *what: self.asked.append(what)
        self.shared.menu_asked.connect(lambda *key: self.menus.append(key))
        self.shared.display.object_at = self._object_at
        self.shared.set_tool(active=True, cls=2)
        self.process()

    def _object_at(self, position, view_direction, dims_displayed):
        found = self.labels.get_value(
            position, view_direction=view_direction, dims_displayed=dims_displayed, world=True
        )
        return (0, int(found)) if found else None

    def process(self):
        QTest.qWait(20)  # napari throttles moves of the mouse to one in 5 ms
        QApplication.processEvents()

    def at(self, y, x):
        """Canvas pixel of a place in the image, which the camera shows from above."""
        camera, size = camera_of(self.viewer), self.canvas.native.size()
        center = np.asarray(camera.center)[-2:]
        pixel = (np.array([y, x]) - center) * camera.zoom + [size.height() / 2, size.width() / 2]
        return QPoint(round(pixel[1]), round(pixel[0]))

    def click(self, y, x, button=LEFT, modifier=NONE):
        QTest.mouseClick(self.canvas.native, button, modifier, self.at(y, x))
        self.process()

    def drag(self, *places, button=LEFT, modifier=NONE):
        pixels = [self.at(*place) for place in places]  # of the picture before it moves
        QTest.mousePress(self.canvas.native, button, modifier, pixels[0])
        for pixel in pixels[1:]:
            self.process()
            move(self.canvas.native, pixel, button, modifier)
        self.process()
        QTest.mouseRelease(self.canvas.native, button, modifier, pixels[-1])
        self.process()

    def key(self, key, modifier=NONE):
        QTest.keyClick(self.canvas.native, key, modifier)
        self.process()

    @property
    def sight(self):
        camera = camera_of(self.viewer)
        return (*np.asarray(camera.center).tolist(), camera.zoom)


def camera_of(viewer):
    """Camera, which belongs to a scene since napari 0.9."""
    return getattr(viewer, "scene", viewer).camera


def move(widget, pixel, button, modifier):
    """Move the mouse with a button held, which QTest.mouseMove cannot."""
    from qtpy.QtCore import QEvent, QPointF
    from qtpy.QtGui import QMouseEvent

    where, screen = QPointF(pixel), QPointF(widget.mapToGlobal(pixel))
    event = QMouseEvent(QEvent.Type.MouseMove, where, screen, Qt.MouseButton.NoButton, button, modifier)
    QApplication.sendEvent(widget, event)


@pytest.fixture
def window(make_napari_viewer):
    return Window(make_napari_viewer(show=True), squares())


def test_clicks_drags_and_sweeps(window):
    sight = window.sight
    window.click(25, 25)
    window.click(2, 2)
    window.click(75, 25)
    QTest.mouseDClick(window.canvas.native, LEFT, NONE, window.at(75, 25))  # the second half of a double click
    window.process()
    assert window.asked == [(0, [1], 2), (0, [5], 2)]
    window.click(25, 75, button=RIGHT)
    assert window.menus == [(0, 2)]
    assert window.viewer.layers.selection.active is window.labels
    assert window.sight == sight

    window.asked.clear()
    window.drag((25, 25), (25, 175), (175, 175), modifier=SHIFT)
    window.shared.set_tool(mode=Mode.SWEEP)
    window.drag((2, 25), (180, 25))
    window.drag((-40, 25), (75, 25))
    assert window.asked == [(0, [1, 2, 3, 4, 8, 12, 16], 2), (0, [1, 5, 9, 13], 2), (0, [1, 5], 2)]
    assert window.sight == sight

    window.shared.set_tool(mode=Mode.ANNOTATE)
    window.asked.clear()
    window.drag((25, 25), (75, 75))
    assert window.asked == []
    assert window.sight != sight


def test_keys_are_ours_in_pan_zoom_and_napari_s_in_paint_mode(window):
    window.key(Qt.Key.Key_1)
    assert (window.shared.tool.cls, window.labels.mode) == (1, "pan_zoom")
    undone = []
    window.shared.undo = lambda: undone.append("undo")
    window.shared.redo = lambda: undone.append("redo")
    control = Qt.KeyboardModifier.ControlModifier
    window.key(Qt.Key.Key_Z, control)
    window.key(Qt.Key.Key_Z, control | SHIFT)
    assert undone == ["undo", "redo"]
    went = []
    window.shared.guide.next_unsure = lambda: went.append("next")
    window.shared.guide.previous = lambda: went.append("previous")
    window.key(Qt.Key.Key_N)
    window.key(Qt.Key.Key_N, SHIFT)
    assert went == ["next", "previous"]
    QTest.keyPress(window.canvas.native, Qt.Key.Key_W)
    assert not window.labels.visible
    QTest.keyRelease(window.canvas.native, Qt.Key.Key_W)
    window.key(Qt.Key.Key_W)
    assert window.labels.visible

    window.labels.mode = "paint"
    window.key(Qt.Key.Key_1)
    assert (window.shared.tool.cls, window.labels.mode) == (1, "erase")
    window.labels.mode = "pan_zoom"
    window.key(Qt.Key.Key_G)
    assert not window.shared.tool.active
    window.key(Qt.Key.Key_2)
    assert window.labels.mode == "paint"


def test_the_menu_opens_after_the_right_button_is_up_and_holds_nothing_back(window, qtbot):
    window.shared.do("input_data", lambda s: s.add_lane(labels=squares()))
    qtbot.waitUntil(lambda: window.shared.shown and window.shared.shown.table is not None)
    QTest.mousePress(window.canvas.native, RIGHT, NONE, window.at(25, 75))
    window.process()
    assert QApplication.activePopupWidget() is None
    QTest.mouseRelease(window.canvas.native, RIGHT, NONE, window.at(25, 75))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    window.process()
    with deleted(menu):
        QTest.keyClick(menu, Qt.Key.Key_Escape)
    window.click(25, 25)
    assert window.asked == [(0, [1], 2)]


def test_the_window_is_as_before_when_the_last_widget_is_gone(window, qtbot):
    viewer = window.viewer
    assert viewer.keymap
    with deleted(window.dock):
        window.dock.deleteLater()
    assert viewer.keymap == window.labels.keymap == {}
    window.click(25, 25)
    assert window.asked == []
    window.key(Qt.Key.Key_3)
    assert window.labels.mode == "polygon"


def test_in_3d_clicks_label_and_drags_turn(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    window = Window(viewer, np.stack([np.zeros_like(squares()), squares(), squares()]))
    viewer.dims.ndisplay = 3
    viewer.reset_view()
    window.process()
    angles = camera_of(viewer).angles
    size = window.canvas.native.size()
    middle = window._object_at  # the ray through the middle of the canvas lies between objects
    found = []
    window.shared.display.object_at = lambda *aim: found.append(middle(*aim)) or (0, 7)
    QTest.mouseClick(window.canvas.native, LEFT, NONE, QPoint(size.width() // 2 - 30, size.height() // 2 - 30))
    window.process()
    assert window.asked == [(0, [7], 2)]
    assert found == [(0, 6)]
    window.drag((25, 25), (50, 60), (75, 75), modifier=SHIFT)
    window.drag((25, 25), (50, 60), (75, 75))
    assert len(window.asked) == 1
    assert camera_of(viewer).angles != angles
