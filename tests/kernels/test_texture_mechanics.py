"""Textures of odd objects and images: flat, tiny, at the border, huge, negative, not a number."""

import numpy as np
import pytest

from napari_objclass.features import measure

FEATURES = {
    2: ["texture_spectrum_circular", "texture_direction_circular"],
    3: ["texture_spectrum", "texture_direction"],
}
SHAPES = {2: (40, 50), 3: (20, 24, 30)}


def texture(labels, raw, margin=2):
    """Spectrum and direction of the one object."""
    table = measure(labels, raw, features=FEATURES[labels.ndim], margin=margin)
    assert len(table) == 1
    assert table.n_missing == 0
    return [table[feature][0] for feature in FEATURES[labels.ndim]]


def box(n_dims, start=5, stop=15):
    labels = np.zeros(SHAPES[n_dims], np.uint8)
    labels[(slice(start, stop),) * n_dims] = 1
    return labels


def noise(n_dims, dtype=np.float64):
    return np.random.default_rng(1).integers(1, 200, SHAPES[n_dims]).astype(dtype)


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("value", [0, 777, 0.1, -3, 1e30])
def test_a_flat_picture_has_no_texture(n_dims, dtype, value):
    spectrum, direction = texture(box(n_dims), np.full(SHAPES[n_dims], value, dtype))
    assert not spectrum.any()
    assert not direction.any()


@pytest.mark.parametrize("n_dims", [2, 3])
def test_a_hollow_centre_sees_nothing(n_dims):
    labels = box(n_dims, 0, 19)
    labels[(slice(4, 15),) * n_dims] = 0
    spectrum, direction = texture(labels, noise(n_dims))
    assert not spectrum.any()
    assert not direction.any()


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_leaves_no_texture_where_it_is_seen(n_dims, bad):
    raw = noise(n_dims)
    raw[(10,) * n_dims] = bad
    spectrum, direction = texture(box(n_dims), raw)
    assert not spectrum.any()
    assert not direction.any()
    raw = noise(n_dims)
    raw[(-1,) * n_dims] = bad
    assert texture(box(n_dims), raw)[0].any()


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("place", [0, 7, -1])
def test_one_pixel_shows_its_surroundings(n_dims, place):
    labels = np.zeros(SHAPES[n_dims], np.uint8)
    labels[(place,) * n_dims] = 1
    spectrum, direction = texture(labels, noise(n_dims))
    assert spectrum.any()
    assert np.all((direction >= 0) & (direction < 2 * np.pi))


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("axis", [0, 1])
def test_objects_one_pixel_thick_have_texture(n_dims, axis):
    labels = box(n_dims)
    labels[(slice(None),) * axis + (slice(6, None),)] = 0
    assert texture(labels, noise(n_dims), margin=0)[0].any()


def test_the_circular_spectrum_is_the_variance():
    spectrum, _ = texture(box(2), noise(2))
    assert 0.9 < spectrum.sum() <= 1 + 1e-12


#: Where the centre of the square or cube falls in the picture of :func:`box`, which has one pixel more at its end.
CENTRE = 10


def test_the_brightest_ray_is_the_direction():
    y, x = np.indices(SHAPES[2]) - CENTRE
    for angle in (0.3, 1.5, 3.0, 5.5):
        beam = np.maximum(np.cos(np.arctan2(y, x) - angle), 0) ** 8
        found = texture(box(2), beam, margin=0)[1][0]
        assert abs(found - angle) < 0.2


def test_the_brightest_ray_in_space_counts_from_north():
    offsets = np.indices(SHAPES[3]) - CENTRE
    length = np.maximum(np.linalg.norm(offsets, axis=0), 1)
    z, y, _ = (texture(box(3), np.maximum(offset / length, 0) ** 8, margin=0)[1] for offset in offsets)
    assert z[0] < 0.4
    np.testing.assert_allclose(y, [np.pi, np.pi / 2], atol=0.2)


def test_huge_objects_are_blurred_first():
    """Stripes finer than the square vanish; without the blur they would show as coarse ones."""
    labels = np.ones((1000, 1000), np.uint8)
    coarse = np.random.default_rng(0).normal(70, 1, labels.shape)
    fine = coarse + 20 * (-1) ** np.indices(labels.shape)[1]
    np.testing.assert_allclose(texture(labels, fine)[0], texture(labels, coarse)[0], atol=0.05)


def test_negative_pixels_end_rays():
    """What lies behind a wall of negative pixels is not seen."""
    y, x = np.indices(SHAPES[2])
    distance = np.maximum(abs(y - 9.5), abs(x - 9.5))
    raw = noise(2)
    raw[(distance > 2) & (distance < 4)] = -50
    behind = raw.copy()
    behind[distance > 4] *= 3
    plain, changed = (texture(box(2), each, margin=0)[0] for each in (raw, behind))
    np.testing.assert_array_equal(plain, changed)
