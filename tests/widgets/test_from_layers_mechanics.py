"""What is told from layers: which fit, their axes, voxel size and channels, and the files behind them."""

import dask.array as da
import h5py
import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from napari.layers._source import layer_source

from napari_objclass.labels import is_mask
from napari_objclass.widgets.viewer.from_layers import Choice, read, suggest
from napari_objclass.widgets.viewer.layer_files import file_of

LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 3:9], LABELS[10:15, 12:20] = 1, 2


@pytest.fixture
def viewer():
    return ViewerModel()


def only(viewer):
    return read(suggest(viewer.layers))


def test_one_image_and_one_label_image_are_suggested(viewer):
    raw = viewer.add_image(np.ones((20, 30)), name="cells")
    viewer.add_image(np.ones((7, 8)), name="something else")
    labels = viewer.add_labels(LABELS, name="nuclei")
    choice = suggest(viewer.layers)
    assert (choice.objects, choice.raw) == (labels, (raw,))
    reading = read(choice)
    assert (reading.name, reading.axes, reading.guessed) == ("cells", {"labels": "yx", "raw": "yx"}, False)
    assert (reading.spacing, reading.units, reading.problem, reading.note) == (None, None, None, None)


def test_the_topmost_labels_that_fit_an_image_are_suggested(viewer):
    viewer.add_image(np.ones((20, 30)))
    below, above = viewer.add_labels(LABELS), viewer.add_labels(LABELS)
    viewer.add_labels(np.zeros((5, 5), int))
    assert suggest(viewer.layers).objects is above
    viewer.layers.remove(above)
    assert suggest(viewer.layers).objects is below


def test_labels_need_no_image(viewer):
    viewer.add_labels(LABELS, name="nuclei")
    arguments = only(viewer).arguments()
    assert arguments["name"] == "nuclei"
    assert "raw" not in arguments
    np.testing.assert_array_equal(arguments["labels"], LABELS)


def test_without_labels_nothing_is_suggested(viewer):
    viewer.add_image(np.ones((20, 30)))
    assert suggest(viewer.layers) is None


@pytest.mark.parametrize(
    ("shape", "labels", "expected", "guessed"),
    [
        ((4, 20, 30), None, "zyx", True),
        ((4, 20, 30), ("t", "y", "x"), "tyx", False),
        ((4, 20, 30), ("Time", "Y", "X"), "tyx", False),
        ((4, 20, 30), ("a", "y", "x"), "zyx", True),
        ((3, 4, 20, 30), None, "tzyx", True),
        ((20, 30), None, "yx", False),
        ((20, 30), ("x", "y"), "xy", False),
    ],
)
def test_axes(viewer, shape, labels, expected, guessed):
    viewer.add_image(np.ones(shape))
    viewer.add_labels(np.zeros(shape, int), axis_labels=labels)
    reading = only(viewer)
    assert (reading.axes, reading.guessed) == ({"labels": expected, "raw": expected}, guessed)


def test_axes_of_many_dimensions_are_asked_for(viewer):
    objects = viewer.add_labels(np.zeros((1, 2, 1, 4, 5), int), name="nuclei")
    assert read(Choice(objects)).problem == "“nuclei” has 5 axes; write one letter for each, such as tczyx"
    assert read(Choice(objects, axes="tzcyx")).axes["labels"] == "tzcyx"


def test_axes_named_by_the_image_or_the_viewer_count_too(viewer):
    viewer.add_image(np.ones((4, 20, 30)), axis_labels=("t", "y", "x"))
    viewer.add_labels(np.zeros((4, 20, 30), int))
    assert only(viewer).axes == {"labels": "tyx", "raw": "tyx"}
    alone = Choice(viewer.layers[1])
    assert read(alone).axes == {"labels": "zyx"}
    assert read(alone, ("t", "y", "x")).axes == {"labels": "tyx"}
    assert read(alone, ("0", "1", "2")).guessed


def test_axes_of_the_user_count_most(viewer):
    labels = viewer.add_labels(np.zeros((4, 20, 30), int), axis_labels=("z", "y", "x"))
    assert read(Choice(labels, axes="tyx")).axes == {"labels": "tyx"}
    assert "lacks y or x" in read(Choice(labels, axes="tzx")).problem


def test_a_channel_axis_is_found(viewer):
    viewer.add_image(np.arange(3 * 20 * 30).reshape(3, 20, 30), name="cells")
    viewer.add_labels(LABELS)
    reading = only(viewer)
    assert (reading.axes["raw"], reading.channels) == ("cyx", ("c0", "c1", "c2"))
    assert reading.arguments()["axes"] == {"labels": "yx", "raw": "cyx"}


def test_an_axis_that_is_named_otherwise_is_no_channel_axis(viewer):
    viewer.add_image(np.ones((3, 20, 30)), axis_labels=("t", "y", "x"), name="film")
    labels = viewer.add_labels(LABELS, name="nuclei")
    choice = suggest(viewer.layers)
    assert choice.raw == ()
    problem = read(Choice(labels, (viewer.layers["film"],))).problem
    assert problem.startswith("“film” (3 × 20 × 30) and “nuclei” (20 × 30) are not of one size")


@pytest.mark.parametrize("samples", [3, 4])
def test_rgb_is_three_channels(viewer, samples):
    colours = np.random.default_rng(0).integers(0, 255, (20, 30, samples), np.uint8)
    viewer.add_image(colours, rgb=True)
    viewer.add_labels(LABELS)
    reading = only(viewer)
    assert (reading.axes["raw"], reading.channels) == ("yxc", ("red", "green", "blue"))
    np.testing.assert_array_equal(reading.arguments()["raw"], colours[..., :3])


def test_layers_are_channels_in_their_order(viewer):
    first, second = (viewer.add_image(np.full((20, 30), value), name="stain") for value in (1, 2))
    labels = viewer.add_labels(LABELS)
    second.name = "stain"
    reading = read(Choice(labels, (second, first)))
    assert reading.channels == (second.name, first.name)
    arguments = reading.arguments()
    assert [channel[0, 0] for channel in arguments["raw"]] == [2, 1]
    assert arguments["axes"] == {"labels": "yx"}
    assert read(Choice(labels, (second, first), names=("dapi", "gfp"))).channels == ("dapi", "gfp")


def test_layers_with_channels_of_their_own_are_taken_apart(viewer):
    colours = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    viewer.add_image(colours, rgb=True, name="stain")
    viewer.add_image(np.full((20, 30), 7), name="phase")
    viewer.add_labels(LABELS)
    reading = only(viewer)
    assert reading.channels == ("stain red", "stain green", "stain blue", "phase")
    raw = reading.arguments()["raw"]
    np.testing.assert_array_equal(raw[1], colours[..., 1])
    assert raw[3][0, 0] == 7


def test_channels_of_one_name_are_told_apart(viewer):
    labels = viewer.add_labels(LABELS)
    layers = [ViewerModel().add_image(np.ones((20, 30)), name="stain") for _ in range(2)]
    assert read(Choice(labels, tuple(layers))).channels == ("stain", "stain 2")


def test_scale_is_the_voxel_size_of_spatial_axes(viewer):
    options = {"scale": (60, 2, 0.5, 0.5), "axis_labels": ("t", "z", "y", "x")}
    viewer.add_image(np.ones((2, 3, 20, 30)), **options)
    viewer.add_labels(np.zeros((2, 3, 20, 30), int), **options)
    reading = only(viewer)
    assert (reading.spacing, reading.units, reading.note) == ((2, 0.5, 0.5), None, None)


def test_units_are_made_one(viewer):
    viewer.add_labels(np.zeros((3, 20, 30), int), scale=(0.002, 0.5, 0.5), units=("mm", "um", "um"))
    reading = only(viewer)
    assert reading.spacing == pytest.approx((2, 0.5, 0.5))
    assert reading.units == "µm"


def test_a_physical_unit_makes_scale_one_a_size(viewer):
    viewer.add_labels(LABELS, units=("um", "um"))
    assert (only(viewer).spacing, only(viewer).units) == ((1, 1), "µm")


def test_the_size_of_the_layer_that_has_one_is_used_and_told(viewer):
    viewer.add_image(np.ones((3, 20, 30)), scale=(1, 0.5, 0.25), name="cells")
    viewer.add_labels(LABELS, name="nuclei")
    reading = only(viewer)
    assert reading.spacing == (0.5, 0.25)
    assert reading.note.startswith("“cells” and “nuclei” have different voxel sizes")
    assert reading.note.endswith("that of “cells” is used.")


def test_a_shift_is_told(viewer):
    viewer.add_image(np.ones((20, 30)), name="cells")
    viewer.add_labels(LABELS, name="nuclei", translate=(0, 5))
    assert only(viewer).note == "“cells” is shifted against “nuclei” in the viewer; they are used pixel on pixel."


def test_pyramids_are_read_at_full_resolution(viewer):
    viewer.add_image([np.ones((20, 30)), np.ones((10, 15))])
    viewer.add_labels([LABELS, LABELS[::2, ::2]])
    arguments = only(viewer).arguments()
    assert arguments["raw"].shape == (20, 30)
    np.testing.assert_array_equal(arguments["labels"], LABELS)


def test_lazy_pixels_are_not_read_before_they_are_used(viewer):
    touched = []

    def read_block(block):
        touched.append(block.shape)
        return block

    lazy = da.zeros((4, 20, 30), chunks=(1, 20, 30), dtype=np.uint16).map_blocks(read_block, dtype=np.uint16)
    viewer.add_labels(lazy)
    touched.clear()
    reading = only(viewer)
    assert touched == []
    assert isinstance(reading.arguments()["labels"], np.ndarray)
    assert touched


def test_ids_of_64_bits_are_kept(viewer):
    wide = LABELS.astype(np.uint64) * (2**60 + 1)
    viewer.add_labels(wide)
    found = only(viewer).arguments()["labels"]
    assert found.dtype == np.uint64
    np.testing.assert_array_equal(found, wide)


def test_painting_later_does_not_change_what_was_handed_over(viewer):
    layer = viewer.add_labels(LABELS.copy())
    handed = only(viewer).arguments()["labels"]
    layer.data_setitem((np.array([0]), np.array([0])), 5)
    assert (layer.data[0, 0], handed[0, 0]) == (5, 0)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (LABELS > 0, True),
        ((LABELS > 0) * np.uint8(255), True),
        (LABELS, False),
        (np.zeros((5, 5), int), False),
        (np.zeros((0, 5), int), False),
        (np.stack([LABELS == 1, (LABELS == 2) * 2]), False),
        (da.from_array(np.stack([LABELS > 0] * 200)), True),
        (LABELS * 1.0, False),
    ],
)
def test_masks_are_told_from_label_images(array, expected):
    assert is_mask(array) is expected


@pytest.fixture
def layers(viewer, tmp_path):
    """Image and labels that say that they come from files."""
    tifffile.imwrite(tmp_path / "cells.tif", np.arange(600, dtype=np.uint16).reshape(20, 30))
    tifffile.imwrite(tmp_path / "nuclei.tif", LABELS)
    with layer_source(path=str(tmp_path / "cells.tif")):
        viewer.add_image(tifffile.imread(tmp_path / "cells.tif"), name="cells")
    with layer_source(path=str(tmp_path / "nuclei.tif")):
        viewer.add_labels(tifffile.imread(tmp_path / "nuclei.tif"), name="nuclei")
    return viewer.layers


def test_untouched_layers_are_linked(layers, tmp_path):
    arguments = read(suggest(layers)).arguments()
    assert arguments["labels"] == str(tmp_path / "nuclei.tif")
    assert arguments["raw"] == str(tmp_path / "cells.tif")


def test_a_painted_layer_is_handed_over(layers, tmp_path):
    layers["nuclei"].data_setitem((np.array([0]), np.array([0])), 9)
    arguments = read(suggest(layers)).arguments()
    assert arguments["labels"][0, 0] == 9
    assert arguments["raw"] == str(tmp_path / "cells.tif")


def test_one_painted_pixel_of_a_large_image_is_found(viewer, tmp_path):
    large = np.zeros((2, 3000, 3000), np.uint16)
    np.save(tmp_path / "large.npy", large)
    with layer_source(path=str(tmp_path / "large.npy")):
        layer = viewer.add_labels(large)
    assert file_of(layer, "zyx", whole=True) == str(tmp_path / "large.npy")
    layer.data[1, 1234, 2345] = 1
    assert file_of(layer, "zyx", whole=True) is None


def test_a_file_that_is_gone_is_no_obstacle(layers, tmp_path):
    (tmp_path / "nuclei.tif").unlink()
    np.testing.assert_array_equal(read(suggest(layers)).arguments()["labels"], LABELS)


def test_the_dataset_in_a_container_is_found(viewer, tmp_path):
    with h5py.File(tmp_path / "both.h5", "w") as file:
        file["other"], file["in/labels"] = LABELS[::-1], LABELS
    with layer_source(path=str(tmp_path / "both.h5")):
        layer = viewer.add_labels(LABELS)
    assert file_of(layer, "yx") == str(tmp_path / "both.h5/in/labels")
