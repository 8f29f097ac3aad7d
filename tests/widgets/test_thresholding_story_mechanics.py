"""From a layer of probabilities to labelled objects in a real window, and labels that stay when the threshold moves."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from widgets.stopwatch import Stopwatch
from widgets.user import User, settle, until

from napari_objclass.widgets.viewer.display import LAYERS
from napari_objclass.widgets.viewer.first_layers import read_units

#: Values of four discs, 12 pixels in radius.
VALUES = (0.95, 0.95, 0.75, 0.55)
CENTRES = ((30, 30), (30, 90), (90, 30), (90, 90))


def probabilities():
    y, x = np.mgrid[:120, :120]
    image = np.full((120, 120), 0.05, np.float32)
    for (cy, cx), value in zip(CENTRES, VALUES, strict=True):
        image[(y - cy) ** 2 + (x - cx) ** 2 <= 144] = value
    return image


@pytest.fixture
def window(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1366, 698)
    _, workbench = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    settle()
    return viewer, workbench, User(viewer)


def drag(histogram, start, stop):
    points = [QPoint(round(histogram.x_of(value)), 40) for value in np.linspace(start, stop, 8)]
    QTest.mousePress(histogram, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[0])
    for point in points[1:]:
        QTest.mouseMove(histogram, point)
        settle()
    QTest.mouseRelease(histogram, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[-1])
    settle()


def test_story(window):
    viewer, workbench, user = window
    shared, step = workbench.shared, workbench.step("objects")
    panel = step.thresholds
    fields = panel.fields
    maps = probabilities()
    viewer.add_image((maps * 1000).astype(np.uint16), name="cells")
    viewer.add_image(maps, name="prob")
    settle()

    # Images
    user.press(workbench.start.layers)
    images = workbench.step("input_data")
    until(lambda: images.layers.use.isEnabled())
    assert images.layers.role.currentText() == "probabilities"
    user.press(images.layers.use)
    until(lambda: shared.shown and shared.shown.table is not None and shared.activity is None)

    # Objects
    user.press(workbench.accordion.headers[step])
    until(lambda: shared.preview.seen is not None)
    assert "4 objects, 0 too small, 0 too large" in step.text.text()
    assert workbench.hint.text() == "➜ Drag the line until the objects are filled, or go on to Classify."
    drag(fields.histogram, 0.5, 0.65)
    until(lambda: "Overlay" in viewer.layers and not shared.display.is_busy)
    until(lambda: np.unique(viewer.layers["Overlay"].data).size == 4)
    assert len(shared.shown.objects.ids) == 4, "nothing is applied yet"
    assert workbench.hint.text() == "➜ Press Apply to find objects with these values."
    user.press(panel.apply)
    until(lambda: len(shared.shown.objects.ids) == 3 and shared.activity is None)
    until(lambda: "Overlay" not in viewer.layers and not shared.display.is_busy)
    assert {layer.name for layer in viewer.layers} <= {*LAYERS, "cells", "prob"}
    assert "3 objects, 0 too small, 0 too large" in step.text.text()

    # Label two
    classify = workbench.step("object_classification")
    user.press(workbench.accordion.headers[classify])
    shared.set_tool(active=True)
    until(lambda: shared.display.object_at(CENTRES[0]) is not None)
    user.click(CENTRES[0])
    user.key(Qt.Key.Key_2)
    user.click(CENTRES[2])
    until(lambda: shared.shown.claims is not None and len(shared.shown.claims.active) == 2)

    # Another threshold: one labelled object goes, its label waits
    user.press(workbench.accordion.headers[step])
    fields.threshold.setValue(0.85)
    QTest.keyClick(fields.threshold, Qt.Key.Key_Return)
    until(lambda: "2 objects, 0 too small, 0 too large · 1 label kept, 1 waiting" in step.text.text())
    assert workbench.hint.text().startswith("➜ 1 label waits for its object")

    # Undo
    user.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    until(lambda: "3 objects, 0 too small, 0 too large · 2 labels kept, 0 waiting" in step.text.text())
    assert fields.threshold.value() == pytest.approx(0.65, abs=0.02)
    assert not panel.is_edited
    until(lambda: shared.activity is None and not shared.display.is_busy)


@pytest.mark.parametrize("size", [(1366, 698), (1093, 560)])
@pytest.mark.parametrize("method", ["simple", "hysteresis"])
def test_the_step_fits_the_screens_users_have(window, size, method):
    viewer, workbench, _ = window
    viewer.window.resize(*size)
    shared, step = workbench.shared, workbench.step("objects")
    maps = np.stack([[probabilities()] * 4, [1 - probabilities()] * 4], -1)
    size_of_voxel = {"spacing": (1, 0.5, 0.5), "units": "µm"}
    shared.do("input_data", lambda s: s.add_lane(probabilities=maps, axes="zyxc", name="cells", **size_of_voxel))
    until(lambda: shared.shown and shared.shown.table is not None and shared.activity is None)
    assert workbench.accordion.page is step, "objects are to be found first"
    until(lambda: shared.preview.seen is not None)
    fields = step.thresholds.fields
    fields.method.setCurrentIndex(["simple", "hysteresis"].index(method))
    fields.method.activated.emit(0)
    fields.smoothing.toggle.click()
    step.thresholds.intermediate.click()
    fields.sizes.unit.setCurrentIndex(1)
    fields.sizes.unit.activated.emit(1)
    until(lambda: "Overlay" in viewer.layers and not shared.display.is_busy)
    window_size = viewer.window.geometry()[2:]
    assert window_size[0] <= max(size[0], 1100)
    assert window_size[1] <= size[1] + 65
    assert step.minimumSizeHint().width() <= workbench.accordion.scroll.viewport().width()


def test_no_slot_is_slow_at_4_megapixels(window):
    viewer, workbench, user = window
    shared, step = workbench.shared, workbench.step("objects")
    maps = np.tile(probabilities(), (18, 18))[:2048, :2048]
    shared.do("input_data", lambda s: s.add_lane(probabilities=maps, name="cells"))
    until(lambda: shared.shown and shared.shown.table is not None and shared.activity is None)
    until(lambda: shared.preview.seen is not None)
    read_units()
    fields, watch = step.thresholds.fields, Stopwatch()
    with watch.watch("napari_objclass.widgets"):
        drag(fields.histogram, 0.5, 0.7)
        until(lambda: "Overlay" in viewer.layers and not shared.display.is_busy)
        drag(fields.histogram, 0.7, 0.65)
        fields.method.setCurrentIndex(1)
        fields.method.activated.emit(1)
        user.press(step.thresholds.intermediate)
        until(lambda: viewer.layers["Overlay"].dtype == np.float32)
        user.press(step.thresholds.intermediate)
        user.press(step.thresholds.apply)
        until(lambda: "Overlay" not in viewer.layers and shared.activity is None and not shared.display.is_busy)
    assert not watch.slower_than(50)
