"""Our layers in real windows: slicing, 3D rendering, levels, slicing on other threads, and what napari's menus do."""

import numpy as np
import pytest
import tifffile
from napari.layers._layer_actions import _duplicate_layer
from napari.settings import get_settings

import napari_objclass as oc
from napari_objclass.widgets._gui_thread import GuiThread
from napari_objclass.widgets.viewer.display import LAYERS, Kind
from napari_objclass.widgets.viewer.session import ViewerSession


class Window:
    """A viewer with our layers, on an image."""

    def __init__(self, viewer, qtbot):
        self.viewer, self.layers, self.qtbot, self._gui = viewer, viewer.layers, qtbot, GuiThread()
        self.shared = ViewerSession(viewer, self._gui.post)
        self.display = self.shared.display
        self.shared.wake()

    def until(self, condition):
        self.qtbot.waitUntil(condition)

    def add(self, **lane):
        self.shared.do("input_data", lambda s: s.add_lane(**lane))
        self.until(lambda: self.shared.shown is not None and self.shared.shown.table is not None)
        self.until(lambda: "Annotations" in self.layers)

    def annotate(self, labelled):
        for object_id, number in labelled.items():
            self.shared.annotate(0, [object_id], number)
        self.until(lambda: self.shared.shown.prediction is not None)
        self.until(lambda: np.any(self.layers["Predictions"].data[0]))


@pytest.fixture
def window(make_napari_viewer, qtbot):
    window = Window(make_napari_viewer(show=True), qtbot)
    yield window
    window.shared.rest()
    window.shared.close()
    qtbot.wait(50)


def test_a_volume_in_slices_and_in_3d(window):
    sample = oc.sample.nuclei_3d()
    raw, labels = (each[8:24, :96, :96].copy() for each in (sample.raw, sample.labels))
    window.add(raw=raw, labels=labels, spacing=(2, 1, 1))
    first, second = np.unique(labels)[1:3].tolist()
    window.annotate({first: 1, second: 2})
    window.display.go_to(0, first)
    window.qtbot.wait(20)
    z = window.viewer.dims.current_step[0]
    window.until(lambda: np.array_equal(window.layers["Predictions"]._slice.image.raw > 0, labels[z] > 0))
    region = window.display.seen()
    assert (region.start[1], region.stop[1]) == (z, z + 1)
    window.viewer.dims.ndisplay = 3
    window.qtbot.wait(20)
    window.until(lambda: window.layers["Predictions"]._slice.image.raw.shape == labels.shape)
    window.shared.annotate(0, [first], 2)
    window.until(lambda: (window.layers["Annotations"]._slice.image.raw[labels == first] == 2).all())
    window.display.set_show(kind=Kind.FEATURE, column=window.shared.shown.table.columns[0])
    window.until(lambda: "Overlay" in window.layers)
    window.viewer.dims.ndisplay = 2
    window.qtbot.wait(20)
    window.layers.clear()
    assert window.display.lost == list(LAYERS)
    window.display.restore()
    window.until(lambda: len(window.layers) == len(LAYERS))


def test_levels_follow_the_screen(window):
    labels = np.zeros((2304, 2304), np.uint16)
    labels[100:140, 100:160], labels[2000:2020, 2000:2020] = 1, 2
    raw = labels * np.uint16(99)
    window.add(raw=raw, labels=labels)
    window.annotate({1: 1, 2: 2})
    layer = window.layers["Annotations"]
    window.qtbot.wait(50)

    def is_right():
        step, (low, high) = 2**layer.data_level, layer.corner_pixels
        expected = labels[::step, ::step][low[0] : high[0] + 1, low[1] : high[1] + 1]
        return layer._slice.image.raw.shape == expected.shape and (layer._slice.image.raw == expected).all()

    window.until(is_right)
    coarse = layer.data_level
    assert coarse > 0
    window.display.go_to(0, 2)
    window.until(lambda: layer.data_level < coarse and is_right())
    labels = np.where(labels == 2, 1, labels)
    window.shared.annotate(0, [2], 1)
    window.until(is_right)
    window.viewer.reset_view()
    window.until(lambda: layer.data_level == coarse and is_right())
    window.layers.selection = {layer}
    _duplicate_layer(window.layers)
    np.testing.assert_array_equal(window.layers["Annotations copy"].data[0], labels)


def test_layers_are_saved_as_they_look(window, tmp_path, nuclei):
    window.add(raw=nuclei.raw, labels=nuclei.labels)
    window.annotate(oc.sample.labelled_examples(nuclei))
    window.layers["Predictions"].save(str(tmp_path / "classes.tif"))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "classes.tif"), window.layers["Predictions"].data)


def test_slicing_on_other_threads(window, nuclei):
    get_settings().experimental.async_ = True
    window.add(raw=nuclei.raw, labels=nuclei.labels)
    window.annotate(oc.sample.labelled_examples(nuclei))
    layer = window.layers["Annotations"]
    for number in (1, 2, 1, 2):
        window.shared.annotate(0, [57], number)
    window.until(lambda: (layer._slice.image.raw[nuclei.labels == 57] == 2).all())
    window.until(lambda: layer.loaded)


def test_an_object_that_is_gone_to_is_large_enough_to_be_seen(window, nuclei):
    window.add(raw=nuclei.raw, labels=nuclei.labels)
    window.qtbot.wait(50)
    objects, camera = window.shared.shown.objects, getattr(window.viewer, "scene", window.viewer).camera
    middle = len(objects.ids) // 2
    window.display.go_to(0, int(objects.ids[middle]))
    window.qtbot.wait(50)
    box, seen = objects.boxes[middle], window.display.seen()
    share = max((box[i + 3] - box[i]) / (seen.stop[i + 1] - seen.start[i + 1]) for i in (1, 2))
    assert 0.1 < share < 0.4
    zoom = camera.zoom
    window.display.go_to(0, int(objects.ids[middle]))
    assert camera.zoom == zoom
