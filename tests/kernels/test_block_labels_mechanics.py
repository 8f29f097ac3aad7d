"""Labels of blocks: empty, odd, damaged and refused input."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import napari_objclass as oc
from napari_objclass import block_kernels
from napari_objclass.block_kernels import BlockLabels, Sets

BOTH = pytest.mark.parametrize("label", [block_kernels.label_block, block_kernels.label_segmentation_block])


def blocks_along_x() -> list[BlockLabels]:
    image = np.array([[[[1, 1, 0, 2], [0, 2, 2, 2]]]])
    return [block_kernels.label_block(image[..., x : x + 2], (0, 0, x), (1, 2, 4)) for x in (0, 2)]


@BOTH
@pytest.mark.parametrize("shape", [(1, 0, 5), (1, 5, 0), (0, 4, 4), (1, 1, 1), (3, 2, 2)])
@pytest.mark.parametrize("fill", [0, 1])
def test_tiny_blocks(label, shape, fill):
    labels = label(np.full((1, *shape), fill, bool), (0, 0, 0), shape)
    n = int(fill and np.prod(shape) > 0)
    assert len(labels) == n
    assert labels.boxes.shape == (n, 6)
    assert BlockLabels.from_bytes(labels.to_bytes()).to_bytes() == labels.to_bytes()
    assert labels.overlaps(labels).tolist() == n * [[1, 1]]
    painted = block_kernels.paint_block(labels, np.arange(n + 1, dtype=np.uint8))
    np.testing.assert_array_equal(painted, np.full((1, *shape), fill))


def test_ids_of_64_bits():
    ids = np.array([2**64 - 1, 5, 2**40, 5, 0], np.uint64)
    labels = block_kernels.label_block(ids.reshape(1, 1, 1, 5), (7, 0, 0), (8, 1, 5))
    np.testing.assert_array_equal(labels.keys, ids[:3])
    np.testing.assert_array_equal(labels.counts, [1, 2, 1])
    np.testing.assert_array_equal(labels.firsts, [35, 36, 37])
    np.testing.assert_array_equal(labels.boxes[1], [7, 0, 1, 8, 1, 4])
    assert block_kernels.paint_block(labels, np.append(np.uint64(0), labels.keys)).ravel().tolist() == ids.tolist()


def test_a_read_only_block():
    image = np.ones((1, 1, 2, 2), np.int16)
    image.flags.writeable = False
    assert len(block_kernels.label_block(image, (0, 0, 0), (1, 2, 2))) == 1


def test_negative_labels_are_refused_as_in_measuring():
    image = np.zeros((1, 2, 3, 4), np.int16)
    image[0, 1, 2, 3] = -5
    with pytest.raises(oc.ParameterError) as measured:
        oc.measure(image[0], features=["num_pixels"])
    with pytest.raises(oc.ParameterError) as blockwise:
        block_kernels.label_block(image[:, 1:, 2:], (1, 2, 0), (2, 3, 4))
    assert str(blockwise.value) == str(measured.value)


def test_negative_values_of_a_segmentation_are_values():
    image = np.array([[[[-1, -1, -2]]]], np.int8)
    labels = block_kernels.label_segmentation_block(image, (0, 0, 0), (1, 1, 3))
    np.testing.assert_array_equal(labels.keys.astype(np.int64), [-1, -2])


@BOTH
def test_frames_one_after_the_other(label):
    with pytest.raises(oc.ShapeError, match="one frame"):
        label(np.ones((2, 1, 2, 2), int), (0, 0, 0), (1, 2, 2))


@BOTH
def test_outside_the_frame(label):
    with pytest.raises(oc.ShapeError, match="within the frame"):
        label(np.ones((1, 1, 2, 2), int), (0, 1, 0), (1, 2, 2))


def test_joints_of_neighbours_only():
    left, right = blocks_along_x()
    assert left.joints(right, 2).tolist() == [[2, 1]]
    for one, other, axis in [(left, right, 0), (left, right, 3), (right, left, 2), (left, left, 2)]:
        with pytest.raises(oc.ShapeError, match="neighbouring blocks"):
            one.joints(other, axis)


def test_overlaps_of_one_block_only():
    left, right = blocks_along_x()
    with pytest.raises(oc.ShapeError, match="two labelings"):
        left.overlaps(right)


def test_painting_needs_a_window_inside_and_all_values():
    left, _ = blocks_along_x()
    values = np.zeros(3, np.uint8)
    with pytest.raises(oc.ShapeError, match="not inside"):
        block_kernels.paint_block(left, values, (0, 0, 0), (1, 2, 3))
    with pytest.raises(oc.ShapeError, match="one value per number"):
        block_kernels.paint_block(left, values[:2])


def test_stopped():
    token = oc.CancelToken()
    token.cancel()
    with pytest.raises(oc.Cancelled):
        block_kernels.label_segmentation_block(np.ones((1, 1, 2, 2), int), (0, 0, 0), (1, 2, 2), cancel=token)


@given(st.binary(max_size=300))
def test_any_bytes(data):
    with pytest.raises(oc.ParameterError, match="delete the file"):
        BlockLabels.from_bytes(data)


@given(st.data())
def test_damaged_bytes(data):
    good = blocks_along_x()[0].to_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(bad), good[:place], good + b"\0"):
        with pytest.raises(oc.ParameterError, match="delete the file"):
            BlockLabels.from_bytes(damaged)


def test_a_background_block_is_small():
    image = np.zeros((1, 64, 64, 64), np.uint8)
    assert len(block_kernels.label_block(image, (0, 0, 0), (64, 64, 64)).to_bytes()) < 64 * 64 + 50


def test_numbers_of_sets():
    sets = Sets(2)
    assert Sets(0).roots().dtype == np.uint64
    with pytest.raises(oc.ParameterError, match="no number 2 among 2"):
        sets.join(np.array([[0, 2]], np.uint64))
    with pytest.raises(oc.ShapeError, match="two numbers"):
        sets.join(np.array([[0, 1, 1]], np.uint64))
    with pytest.raises(oc.ParameterError, match="more than"):
        Sets(2**32)
