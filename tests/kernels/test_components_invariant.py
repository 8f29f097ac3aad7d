"""Connected components: what must not change the result."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

import napari_objclass as oc

images = npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=3, max_side=70), elements=st.integers(0, 2))


@given(images)
def test_ids_follow_raster_order(image):
    labels = oc.connected_components(image)
    ids, first = np.unique(labels[labels > 0], return_index=True)
    np.testing.assert_array_equal(ids, np.arange(1, len(ids) + 1))
    assert (np.diff(first) > 0).all()


@given(images)
def test_memory_layout(image):
    expected = oc.connected_components(image)
    np.testing.assert_array_equal(oc.connected_components(np.asfortranarray(image)), expected)
    np.testing.assert_array_equal(oc.connected_components(np.repeat(image, 2, -1)[..., ::2]), expected)
    np.testing.assert_array_equal(oc.connected_components(image.astype(">u4")), expected)
    np.testing.assert_array_equal(oc.connected_components(image[::-1])[::-1] > 0, expected > 0)


@given(images)
def test_idempotent(image):
    labels = oc.connected_components(image)
    np.testing.assert_array_equal(oc.connected_components(labels), labels)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads(threads):
    image = np.random.default_rng(1).integers(0, 3, (3, 700, 300))
    np.testing.assert_array_equal(
        oc.connected_components(image, threads=threads), oc.connected_components(image, threads=1)
    )


def test_every_frame_is_alone():
    image = np.random.default_rng(2).integers(0, 2, (4, 3, 30, 40))
    stack = oc.connected_components(image, axes="tzyx")
    for frame, labels in zip(image, stack, strict=True):
        np.testing.assert_array_equal(labels, oc.connected_components(frame))
