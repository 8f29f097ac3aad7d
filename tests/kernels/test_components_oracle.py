"""Connected components against ilastik's stored label images and scipy."""

import numpy as np
import pytest
from scipy import ndimage

import napari_objclass as oc


@pytest.mark.parametrize("case", ["edge2d", "rnd2", "rnd3"])
def test_stored_components(data, case):
    with np.load(data / "components.npz") as reference:
        np.testing.assert_array_equal(oc.connected_components(reference[f"{case}_image"]), reference[f"{case}_labels"])


@pytest.mark.parametrize("shape", [(61, 130), (17, 40, 70), (30, 64), (30, 65), (9, 11, 128)])
@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_binary_images_as_scipy(shape, density):
    image = np.random.default_rng(7).random(shape) < density
    np.testing.assert_array_equal(oc.connected_components(image), ndimage.label(image)[0])


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"])
def test_equality_not_foreground(dtype):
    image = np.random.default_rng(3).integers(0, 3, (40, 90)).astype(dtype)
    expected = sum(((ndimage.label(image == v)[0] > 0) * v for v in (1, 2)), np.zeros(image.shape, int))
    labels = oc.connected_components(image)
    np.testing.assert_array_equal(labels > 0, expected > 0)
    assert labels.max() == sum(ndimage.label(image == v)[1] for v in (1, 2))
    assert all(len(np.unique(image[labels == i])) == 1 for i in range(1, labels.max() + 1))
