"""What must not change textures: threads, block plans, channels, other objects, scale and offset of raw."""

import numpy as np
import pytest

from napari_objclass import kernels
from napari_objclass.features import measure

FEATURES = {
    2: ["texture_spectrum_circular", "texture_direction_circular"],
    3: ["texture_spectrum", "texture_direction"],
}


def scene(n_dims, dtype=np.uint16, channels=2):
    """Label image of a few blocks, and raw with channels last."""
    rng = np.random.default_rng(n_dims)
    shape = (30, 42, 51)[-n_dims:]
    labels = np.kron(rng.integers(0, 4, [n // 3 for n in shape]), np.ones([3] * n_dims, int)).astype(np.uint16)
    return labels, rng.integers(0, 1000, (*shape, channels)).astype(dtype)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_threads_and_plans_do_not_change_a_bit(n_dims):
    labels, raw = scene(n_dims)
    tzyx = labels.reshape((1,) * (4 - n_dims) + labels.shape)
    one, two = (
        kernels.measure(tzyx, raw.reshape(*tzyx.shape, 2), FEATURES[n_dims], margin=(1, 4, 4), **options)
        for options in ({"threads": 1}, {"threads": 2, "block_shape": (7, 11, 13)})
    )
    np.testing.assert_array_equal(one.values, two.values)
    assert np.all(one.values >= 0)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_a_channel_is_that_channel_alone(n_dims):
    labels, raw = scene(n_dims)
    together = measure(labels, raw, features=FEATURES[n_dims])
    for k in range(2):
        alone = measure(labels, raw[..., k], features=FEATURES[n_dims])
        for feature in FEATURES[n_dims]:
            n = alone[feature].shape[1]
            np.testing.assert_array_equal(together[feature][:, k * n : (k + 1) * n], alone[feature])


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32, np.int64, np.uint64, np.float64, np.float32])
def test_pixel_types_agree(n_dims, dtype):
    labels, raw = scene(n_dims, channels=1)
    plain, other = (measure(labels, raw.astype(t), features=FEATURES[n_dims], margin=0) for t in (np.uint16, dtype))
    np.testing.assert_allclose(other.values, plain.values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_a_large_offset_and_scale_do_not_matter_within_a_convex_object(n_dims):
    labels, raw = scene(n_dims, np.float64, channels=1)
    labels[...] = 1
    plain, other = (measure(labels, each, features=FEATURES[n_dims]) for each in (raw, raw * 4 + 2.0**36))
    np.testing.assert_allclose(other.values, plain.values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_dims", [2, 3])
def test_other_objects_do_not_matter(n_dims):
    labels, raw = scene(n_dims)
    among_all = measure(labels, raw, features=FEATURES[n_dims])
    alone = measure(np.where(labels == 2, labels, 0), raw, features=FEATURES[n_dims])
    np.testing.assert_array_equal(among_all.values[among_all.ids == 2], alone.values)
