"""Images that do not fit into memory, in the viewer: slices of them, pyramids, nothing of them in 3D."""

from dataclasses import replace

import numpy as np
import pytest
import zarr
from napari.layers import Image, Labels

import napari_objclass as oc
from napari_objclass import memory
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.objects import warning
from napari_objclass.widgets.parts.note_line import NoteLine
from napari_objclass.widgets.viewer import from_layers, raw_levels
from napari_objclass.workflow.blockwise import budget
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.label_volume import LabelVolume

FEATURES = FeatureSelection(["num_pixels", "intensity_mean"])


@pytest.fixture(scope="module")
def volume():
    """Raw and labels, ``zyx``."""
    rng = np.random.default_rng(0)
    labels = np.kron(np.arange(1, 28).reshape(3, 3, 3), np.ones((8, 20, 20), int)).astype(np.uint16)
    labels[:, ::20] = labels[:, :, ::20] = 0
    return rng.integers(0, 200, labels.shape).astype(np.uint8) + (labels % 2 * 40).astype(np.uint8), labels


@pytest.fixture
def little(monkeypatch):
    """A machine with hardly any memory."""
    monkeypatch.setattr(memory, "available", lambda *_: 500_000)
    monkeypatch.setattr(memory, "used", lambda: 0)
    monkeypatch.setattr(budget, "_KEPT", 0)


def add(shared, mailbox, **lane):
    shared.do("features", lambda s: setattr(s, "feature_selection", FEATURES))
    shared.do("input_data", lambda s: s.add_lane(**lane))
    mailbox.until(lambda: shared.session.lanes or shared.problem("input_data"))
    mailbox.until(lambda: shared.shown is not None and shared.shown.table is not None)
    mailbox.settle()


def read(layer, z):
    """A slice of a layer, at full resolution."""
    data = layer.data[0] if layer.multiscale else layer.data
    return np.asarray(data[z])


@pytest.fixture
def shown(shared, mailbox, volume, little):
    raw, labels = volume
    shared.wake()
    add(shared, mailbox, raw=raw, labels=labels)
    return shared


def test_slices_of_a_large_volume_are_painted(shown, mailbox, volume):
    raw, labels = volume
    assert isinstance(shown.shown.objects.labels, LabelVolume)
    layers = {layer.name: layer for layer in shown.viewer.layers}
    assert np.array_equal(read(layers["Raw"], 5), raw[5])
    assert np.array_equal(read(layers["Objects"], 5), labels[5])
    for object_id, number in {1: 1, 2: 2, 14: 1, 27: 2}.items():
        shown.annotate(0, [object_id], number)
    mailbox.until(lambda: shown.shown.prediction is not None)
    mailbox.settle()
    prediction = shown.shown.prediction
    painted = np.zeros(28, int)
    painted[prediction.ids.astype(int)] = prediction.classes
    for z in (0, 9, 23):
        assert np.array_equal(read(layers["Predictions"], z), painted[labels[z]])
    assert set(np.unique(read(layers["Annotations"], 0))) == {0, 1, 2}


def test_the_warning_about_objects_reads_no_labels(shown, monkeypatch):
    monkeypatch.setattr(LabelVolume, "__getitem__", pytest.fail)
    assert warning(shown.shown.objects) == ""


def test_an_object_is_found_where_it_is_clicked(shown, volume):
    _, labels = volume
    grid = shown.display._easel.grid
    for position in ((3, 5, 7), (20, 41, 59)):
        assert grid.object_at(shown.shown.objects.labels, position, None, None) == (0, labels[position])
    assert grid.object_at(shown.shown.objects.labels, (3, 0, 7), None, None) is None


def test_nothing_of_a_large_volume_is_loaded_for_3d(qtbot, shown, monkeypatch):
    largest = []
    read = LabelVolume.__getitem__

    def counted(self, key):
        found = read(self, key)
        largest.append(found.size)
        return found

    monkeypatch.setattr(LabelVolume, "__getitem__", counted)
    shown.viewer.dims.ndisplay = 3
    assert all(layer.multiscale for layer in shown.viewer.layers if isinstance(layer, Labels))
    assert max(largest, default=0) <= 60 * 60
    line = NoteLine(shown)
    qtbot.addWidget(line)
    assert "everything works but the view in 3D" in line.text.text()


def test_raw_shows_the_pyramid_of_its_file(tmp_path, volume, little):
    raw, _ = volume
    path = write_image(tmp_path / "raw.ome.zarr", np.tile(raw, (1, 10, 10)), "zyx")
    session = oc.Session(recover=False)
    lane = session.add_lane(raw=path)
    found = raw_levels.of(session.images(lane))
    shapes = [each.shape[1:4] for each in found.data]
    assert shapes[0] == (24, 600, 600)
    assert len(shapes) > 1
    assert shapes[1][1] < 600
    assert np.array_equal(found.data[0][0, 3, :, :, 0], np.tile(raw[3], (10, 10)))
    assert found.limits[0] < found.limits[1]


@pytest.mark.parametrize("multiscale", [False, True])
def test_layers_over_zarr_arrays_are_not_read_as_a_whole(tmp_path, volume, little, multiscale):
    raw, labels = volume
    arrays = []
    for name, pixels in (("raw", raw), ("labels", labels)):
        array = zarr.create_array(
            store=str(tmp_path / name), shape=pixels.shape, dtype=pixels.dtype, chunks=(8, 20, 20)
        )
        array[:] = pixels
        arrays.append(array)
    data = [[array, array[::2, ::2, ::2]] if multiscale else array for array in arrays]
    image, objects = Image(data[0], multiscale=multiscale), Labels(data[1], multiscale=multiscale)
    arguments = from_layers.read(from_layers.Choice(objects, (image,))).arguments()
    assert arguments["raw"] is arrays[0]
    session = oc.Session(recover=False)
    lane = session.add_lane(**arguments)
    assert isinstance(session.objects(lane).labels, LabelVolume)
    assert np.array_equal(session.label_image(lane), labels)


def test_a_preview_of_thresholds_reads_the_slice_alone(shared, mailbox, volume, little):
    raw, _ = volume
    shared.wake()
    add(shared, mailbox, raw=raw)
    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.slice_finder import Look, SliceFinder
    from napari_objclass.workflow import thresholding

    images, settings = shared.shown.images, replace(shared.session.thresholding, threshold=120.0)
    region = Region((0, 4, 0, 0), (1, 5, 60, 60))
    seen = SliceFinder().see(Look(images, settings, region, thresholding.SMOOTHED, is_applied=True))
    whole = thresholding.smoothed(raw[None, ..., None], settings, value_range=images.value_range)
    assert seen.pixels.shape == (1, 1, 60, 60)
    assert np.array_equal(seen.pixels, whole[:, 4:5])
