"""Painting and looking up objects, against the plain numpy definition."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from napari_objclass import kernels


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


@given(st.integers(0, 2**32 - 1))
def test_runs_are_the_object(seed):
    labels = np.random.default_rng(seed).integers(0, 4, (3, 9, 80)).astype(np.int16)
    ids = [3, 1, 77]
    for object_id, runs in zip(ids, kernels.object_runs(labels, ids), strict=True):
        mask = np.zeros(labels.shape, bool)
        for z, y, x, length in runs:
            assert not mask[z, y, x : x + length].any()
            mask[z, y, x : x + length] = True
        np.testing.assert_array_equal(mask, labels == object_id)
        np.testing.assert_array_equal(runs, sorted(runs.tolist()) or np.empty((0, 4)))
