"""Probabilities and the image itself as origins of objects: which layers and files are offered for them, and taken."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_objclass.widgets.input_data import InputDataStep
from napari_objclass.widgets.parts.layer_choice import LayerChoice
from napari_objclass.widgets.parts.pairing_table import PairingTable
from napari_objclass.widgets.viewer.candidates import candidates
from napari_objclass.widgets.viewer.found import Found
from napari_objclass.widgets.viewer.from_layers import Choice, read

RNG = np.random.default_rng(0)
RAW = RNG.integers(0, 4000, (20, 30)).astype(np.uint16)
MAP = RNG.random((20, 30)).astype(np.float32)
LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 3:9], LABELS[10:15, 12:20] = 1, 2


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def choice(shared, qtbot, mailbox):
    choice = LayerChoice(shared)
    qtbot.addWidget(choice)

    def settle():
        for _ in range(3):
            qtbot.wait(20)
            mailbox.settle()

    choice.settle = settle
    return choice


def offered(viewer):
    return [(each.name, each.roles[0]) for each in candidates(viewer.layers)]


def test_an_image_alone_is_what_objects_are_found_in(viewer):
    viewer.add_image(RAW, name="cells")
    assert offered(viewer) == [("cells", "raw")]
    assert candidates(viewer.layers)[0].roles == ("raw", "probabilities")


def test_labels_come_first(viewer):
    viewer.add_labels(LABELS, name="nuclei")
    viewer.add_image(RAW, name="cells")
    viewer.add_image(MAP, name="Probabilities")
    assert offered(viewer) == [("nuclei", "labels"), ("Probabilities", "probabilities"), ("cells", "raw")]


@pytest.mark.parametrize(("name", "role"), [("cells_prob", "probabilities"), ("cells", "raw")])
def test_fractions_alone_may_be_intensities(viewer, name, role):
    viewer.add_image(MAP, name=name)
    assert offered(viewer) == [(name, role)]


def test_fractions_beside_intensities_are_probabilities(viewer):
    viewer.add_image(RAW, name="cells")
    viewer.add_image(MAP, name="from elsewhere")
    assert offered(viewer)[0] == ("from elsewhere", "probabilities")


def test_several_layers_of_probabilities_are_channels(viewer):
    viewer.add_image(RAW, name="cells")
    viewer.add_image(MAP, name="prob nuclei")
    viewer.add_image(1 - MAP, name="prob rest")
    viewer.add_image(np.stack([MAP, MAP], -1), name="prob both")
    both = candidates(viewer.layers)[0]
    assert (both.name, both.roles) == ("prob nuclei, prob rest", ("probabilities",)), "the last has channels itself"
    assert len(candidates(viewer.layers)) == 5


def test_colours_are_no_probabilities(viewer):
    viewer.add_image(RNG.random((20, 30, 3)), rgb=True, name="probably")
    assert candidates(viewer.layers)[0].roles == ("raw",)


def test_probabilities_with_channels_and_their_image(viewer):
    raw = viewer.add_image(RAW, name="cells")
    maps = viewer.add_image(np.stack([MAP, 1 - MAP], -1), name="prob", scale=(0.5, 0.5, 1))
    reading = read(Choice(maps, (raw,), "probabilities"))
    assert (reading.problem, reading.name) == (None, "cells")
    assert reading.axes == {"probabilities": "yxc", "raw": "yx"}
    arguments = reading.arguments()
    np.testing.assert_array_equal(arguments["raw"], RAW)
    assert arguments["probabilities"].shape == (20, 30, 2)


def test_several_layers_are_added_as_channels(viewer, shared):
    maps = [viewer.add_image(each, name=name) for each, name in ((MAP, "prob a"), (1 - MAP, "prob b"))]
    reading = read(Choice(maps[0], (), "probabilities", more=(maps[1],)))
    shared.session.add_lane(**reading.arguments())
    found = shared.session.images(0).thresholded
    for channel, pixels in enumerate((MAP, 1 - MAP)):
        np.testing.assert_array_equal(found[..., channel][0, 0], pixels)
    assert found.shape[-1] == 2


@pytest.mark.parametrize("axes", ["tyx", "zyx"])
def test_axes_of_the_image_itself_can_be_named(viewer, shared, axes):
    layers = tuple(viewer.add_image(np.stack([RAW] * 4), name=name) for name in ("a", "b"))
    reading = read(Choice(layers[0], layers, "raw", axes=axes))
    assert (reading.problem, reading.channels) == (None, ("a", "b"))
    shared.session.add_lane(**reading.arguments())
    shape = (4, 1, 20, 30, 2) if axes == "tyx" else (1, 4, 20, 30, 2)
    assert shared.session.images(0).thresholded.shape == shape


def test_an_image_of_another_size_is_refused(viewer):
    raw, maps = viewer.add_image(RAW[:9], name="cells"), viewer.add_image(MAP, name="prob")
    assert "not of one size" in read(Choice(maps, (raw,), "probabilities")).problem


def test_one_image_is_enough_to_go_on(choice, shared):
    shared.viewer.add_image(RAW, name="cells")
    choice.settle()
    assert choice.use.isEnabled()
    assert choice.role.currentText() == "the image itself"
    assert choice.text.text() == ""
    assert set(choice.reading.arguments()) >= {"raw", "name"}
    assert "labels" not in choice.reading.arguments()


def test_what_was_suggested_gives_way_to_labels(choice, shared):
    shared.viewer.add_image(RAW, name="cells")
    choice.settle()
    shared.viewer.add_labels(LABELS, name="nuclei")
    choice.settle()
    assert (choice.objects.currentText(), choice.role.currentText()) == ("nuclei", "label image")
    assert [layer.name for layer in choice.reading.choice.raw] == ["cells"]


def test_what_the_user_chose_stays(choice, shared):
    shared.viewer.add_image(RAW, name="cells")
    shared.viewer.add_image(MAP, name="prob")
    choice.settle()
    assert choice.role.currentText() == "probabilities"
    assert [layer.name for layer in choice.reading.choice.raw] == ["cells"]
    row = choice.objects.findText("cells")
    choice.objects.setCurrentIndex(row)
    choice.objects.activated.emit(row)
    shared.viewer.add_labels(LABELS, name="nuclei")
    choice.settle()
    assert (choice.objects.currentText(), choice.role.currentText()) == ("cells", "the image itself")
    assert [layer.name for layer in choice.reading.choice.raw] == ["cells"]


def test_intensities_become_probabilities_when_the_user_says_so(choice, shared):
    shared.viewer.add_image(RAW, name="cells")
    choice.settle()
    row = choice.role.findText("probabilities")
    choice.role.setCurrentIndex(row)
    choice.role.activated.emit(row)
    assert (choice.reading.choice.role, choice.reading.choice.raw) == ("probabilities", ())
    assert not choice.role.model().item(0).isEnabled(), "an image has no ids"


def test_an_image_itself_is_added_and_shown(shared, mailbox, qtbot):
    step = InputDataStep(shared)
    qtbot.addWidget(step)
    shared.wake()
    layer = shared.viewer.add_image(np.where(LABELS, 3000, 100), name="cells")
    qtbot.wait(50)
    mailbox.settle()
    step.layers.use.click()
    mailbox.until(lambda: shared.shown and shared.shown.objects)
    mailbox.until(lambda: not shared.display.is_busy)
    assert len(shared.shown.objects.ids) == 2, "Otsu's threshold is there from the beginning"
    assert layer in shared.viewer.layers
    assert step.details.come_from.currentText() == "the image itself"
    assert not step.details.come_from.isEnabled()


def test_files_without_objects_are_added_when_the_user_wants_it(qtbot):
    table = PairingTable()
    qtbot.addWidget(table)
    added = []
    table.accepted.connect(added.extend)
    table.expect()
    table.take([Found("/data/a.tif", "a.tif", "raw"), Found("/data/b_prob.tif", "b_prob.tif", "probabilities")])
    assert table.add.text() == "Add 1 image"
    table.expect()
    table.take([Found("/data/c.tif", "c.tif", "raw")])
    table.itself.click()
    assert table.add.text() == "Add 3 images"
    table.add.click()
    assert added == [{"probabilities": "/data/b_prob.tif"}, {"raw": "/data/a.tif"}, {"raw": "/data/c.tif"}]
    assert not table.itself.isChecked()
