"""Painting and looking up objects, against the plain numpy definition."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from napari_objclass import kernels
from napari_objclass.errors import ShapeError


@pytest.mark.parametrize("scale", [1, 1000, 2**40 + 1])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_paint(scale, dtype):
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 50, (2, 3, 20, 30)).astype(np.uint64) * np.uint64(scale)
    ids = np.arange(1, 40, dtype=np.uint64)
    values = rng.integers(1, 200, (2, ids.size)).astype(dtype)
    image = kernels.paint(labels, np.repeat([0, 1], ids.size), np.tile(ids * np.uint64(scale), 2), values.ravel())
    lookup = np.zeros((2, 50), dtype)
    lookup[:, 1:40] = values
    expected = np.stack([lookup[t][labels[t] // np.uint64(scale)] for t in (0, 1)])
    np.testing.assert_array_equal(image, expected)
    assert image.dtype == dtype


@given(st.integers(0, 2**32 - 1), st.permutations(range(4)))
def test_runs_are_the_object(seed, order):
    labels = np.random.default_rng(seed).integers(0, 4, (2, 3, 9, 80)).astype(np.int16).transpose(order)
    frames, ids = np.array([0, 1, 0]), np.array([3, 1, 77], np.uint64)
    boxes = np.array([[0, 0, 0, *labels.shape[1:]]] * 3)
    for t, object_id, runs in zip(frames, ids, kernels.object_runs(labels, frames, ids, boxes), strict=True):
        mask = np.zeros(labels.shape[1:], bool)
        for z, y, x, length in runs:
            assert not mask[z, y, x : x + length].any()
            mask[z, y, x : x + length] = True
        np.testing.assert_array_equal(mask, labels[t] == object_id)
        np.testing.assert_array_equal(runs, sorted(runs.tolist()) or np.empty((0, 4)))


def test_runs_are_looked_for_in_the_box_only():
    labels = np.ones((1, 2, 5, 6), np.uint8)
    (runs,) = kernels.object_runs(labels, np.array([0]), np.array([1], np.uint64), np.array([[1, 2, 3, 2, 4, 5]]))
    assert runs.tolist() == [[1, 2, 3, 2], [1, 3, 3, 2]]


@pytest.mark.parametrize("box", [[0, 0, 0, 2, 5, 7], [2, 0, 0, 1, 5, 6]])
def test_a_box_outside_the_image_is_refused(box):
    labels = np.ones((1, 2, 5, 6), np.uint8)
    with pytest.raises(ShapeError, match="box of object 1 in frame 0 lies outside"):
        kernels.object_runs(labels, np.array([0]), np.array([1], np.uint64), np.array([box]))
