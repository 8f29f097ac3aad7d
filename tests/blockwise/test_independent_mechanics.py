"""Independent blocks: what is read, what is left out, and what they make of frames, channels and empty blocks."""

from dataclasses import replace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.errors import Cancelled, ParameterError
from napari_objclass.io.readers import open_image
from napari_objclass.workflow.blockwise.independent import Independent
from napari_objclass.workflow.blockwise.sources import Volume

SHAPE = (2, 1, 60, 50)
FEATURES = ("num_pixels", "intensity_mean")


@pytest.fixture(scope="module")
def scene():
    """Label image ``tzyx`` of small and large squares, raw with two channels, and a session that knows both kinds."""
    labels, rng = np.zeros(SHAPE, np.uint16), np.random.default_rng(0)
    for t in range(2):
        for k, (y, x) in enumerate(np.ndindex(5, 4)):
            side = 3 + 4 * ((y + x + t) % 2)
            labels[t, 0, 12 * y + 1 : 12 * y + 1 + side, 12 * x + 1 : 12 * x + 1 + side] = k + 1
    raw = rng.integers(0, 200, (*SHAPE, 2), np.uint8)
    session = oc.Session(recover=False)
    session.add_lane(raw=raw, labels=labels, axes={"raw": "tzyxc", "labels": "tzyx"})
    session.feature_selection = oc.FeatureSelection(FEATURES)
    session.annotate_many(0, ids=[1, 2, 3, 4, 5, 6], classes=[1, 2, 1, 2, 2, 1])
    session.train()
    return session, labels, raw


def blocks(scene, *, labels=None, raw=None, block=(1, 16, 16), halo=(0, 8, 8), trained=None):
    session, own_labels, own_raw = scene
    labels = Volume(own_labels if labels is None else labels, "tzyx", "the label image", ids=True)
    raw = Volume(own_raw if raw is None else raw, "tzyxc", "raw")
    return Independent(labels, raw, trained or session.forest, block, halo)


def test_frames_and_channels_are_as_in_the_whole_image(scene):
    session = scene[0]
    expected = session.predict(0)
    found = blocks(scene)
    np.testing.assert_array_equal(found.classes()[:, 0], expected.paint("classes")[:, 0])
    probabilities = found.probabilities()
    assert (probabilities.shape, probabilities.dtype) == ((*SHAPE, 2), np.float32)
    for k in (0, 1):
        np.testing.assert_array_equal(probabilities[:, 0, ..., k], expected.paint(k + 1)[:, 0])
    assert len(np.unique(probabilities)) > 2


def test_nothing_is_read_but_blocks_with_their_halo(scene):
    found = blocks(scene, block=(1, 20, 50), halo=(0, 4, 4))
    found.classes()
    planes = 24 + 28 + 24  # the halo is clipped to the image
    assert found.labels.reads.voxels == 2 * planes * 50
    assert found.raw.reads.voxels == 2 * planes * 50


def test_blocks_without_objects_are_background_and_read_no_raw(scene):
    labels = scene[1].copy()
    labels[:, :, :, 16:] = 0
    labels[1] = 0
    found = blocks(scene, labels=labels)
    classes = found.classes()
    assert classes[0].any()
    assert not classes[0, 0, :, 16:].any()
    assert not classes[1].any()
    assert found.raw.reads.calls < found.labels.reads.calls / 2
    assert not blocks(scene, labels=np.zeros(SHAPE, np.int32)).probabilities().any()


def test_disconnected_parts_of_a_label_are_objects_of_their_own(scene):
    labels = scene[1]
    one = np.where(labels > 0, 7, 0)  # what touches nowhere
    np.testing.assert_array_equal(blocks(scene, labels=one).classes(), blocks(scene).classes())


def test_touching_labels_are_apart(scene):
    labels = np.zeros(SHAPE, np.int64)
    labels[0, 0, 10:13, 10:13], labels[0, 0, 10:17, 13:20] = 4, 9
    classes = blocks(scene, labels=labels, block=(1, 60, 50)).classes()[0, 0]
    assert classes[11, 12] != classes[11, 13]


def test_pixels_go_with_the_block_they_are_in(scene):
    labels = np.zeros(SHAPE, np.int64)
    labels[0, 0, 10:17, 14:21] = 1  # two columns of it are in the first block
    classes = blocks(scene, labels=labels, halo=(0, 0, 0), block=(1, 60, 16)).classes()[0, 0]
    whole = blocks(scene, labels=labels, block=(1, 60, 50)).classes()[0, 0]
    assert (classes[:, 16:] != whole[:, 16:]).any() or (classes[:, :16] != whole[:, :16]).any()
    assert len(np.unique(classes[10:17, 14:16])) == len(np.unique(classes[10:17, 16:21])) == 1


def test_many_classes_need_wider_pixels(scene):
    session = scene[0]
    forest = session.forest
    many = replace(forest, classes=(*forest.classes, *[oc.ObjectClass(f"c{k}", "#000000") for k in range(300)]))
    assert blocks(scene, trained=many).classes().dtype == np.uint16
    assert blocks(scene).classes().dtype == np.uint8


@pytest.mark.parametrize("block", [1, 4])
def test_a_volume_is_not_measured_in_single_planes(scene, block):
    session = scene[0]
    labels = Volume(np.zeros((1, 9, 8, 8), np.uint8), "tzyx", "labels", ids=True)
    with pytest.raises(ParameterError, match="give a halo of at least 1 along z"):
        Independent(labels, None, session.forest, (block, 8, 8), (0, 1, 1))
    Independent(labels, None, session.forest, (block, 8, 8), (1, 1, 1))


def test_it_can_be_followed_and_stopped(scene):
    told, token = [], oc.CancelToken()
    blocks(scene).classes(progress=lambda *each: told.append(each))
    assert told[-1] == (32, 32, "independent blocks")
    assert len(told) == 32

    def stop(done, total, what):
        told.append(done)
        token.cancel()

    told.clear()
    with pytest.raises(Cancelled):
        blocks(scene).classes(progress=stop, cancel=token)
    assert told == [1]


def test_they_are_exported_with_the_blocks_of_the_project(scene, tmp_path):
    session, _, _ = scene
    session.blockwise_settings = oc.Blockwise(ilastik_block_shape=(1, 16, 16), halo=(0, 0, 0))
    images = ("blockwise object predictions", "Blockwise Object Probabilities", "Object Predictions")
    filename = f"{tmp_path.as_posix()}/{{result_type}}"
    classes, probabilities, whole = (open_image(path) for path in session.export(0, images, filename=filename))
    expected = blocks(scene, halo=(0, 0, 0))
    np.testing.assert_array_equal(classes.data, expected.classes())
    np.testing.assert_array_equal(probabilities.data, expected.probabilities())
    assert (classes.data[...] != whole.data[...]).any()
    assert (classes.colors, classes.axes) == (whole.colors, "tzyx")
    assert (probabilities.axes, probabilities.drange) == ("tzyxc", (0, 1))
    assert probabilities.channel_names == tuple(each.name for each in session.classes)


def test_what_is_written_block_by_block_is_that_of_the_whole_image(scene, tmp_path):
    session, labels, raw = scene
    settings = oc.Export("Blockwise Object Predictions", format="hdf5")
    with pytest.raises(ParameterError, match="choose Object Predictions, which are those of the whole image"):
        oc.classify_blockwise(session, raw, labels=labels, axes="tzyxc", out=tmp_path, export=settings)
