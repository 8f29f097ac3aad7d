"""Feature values against closed forms and against exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest

from napari_objclass.features import measure

ALL = "all"


def one_object(shape, offset=(3, 5, 2), pad=7):
    """Make a label image with one box of this shape, and the slices of the box."""
    place = tuple(slice(o, o + n) for o, n in zip(offset, shape, strict=False))
    labels = np.zeros([n + pad for n in shape], np.uint8)
    labels[place] = 1
    return labels, place


@pytest.mark.parametrize("shape", [(4, 9), (1, 12), (30, 1), (1, 1), (3, 8, 20), (1, 1, 9), (5, 1, 7), (2, 2, 3)])
def test_box(shape):
    labels, place = one_object(shape)
    table = measure(labels, features=["num_pixels", "centroid", "bbox_min", "bbox_max", "axis_radii"])
    starts = np.array([s.start for s in place][::-1])
    sides = np.array(shape[::-1])
    assert table["num_pixels"].item() == math.prod(shape)
    np.testing.assert_array_equal(table["bbox_min"][0], starts)
    np.testing.assert_array_equal(table["bbox_max"][0], starts + sides)
    np.testing.assert_array_equal(table["centroid"][0], starts + (sides - 1) / 2)
    np.testing.assert_allclose(table["axis_radii"][0], sorted(np.sqrt((sides**2 - 1) / 12))[::-1], rtol=1e-15)


def test_axes_of_a_box_are_the_image_axes():
    labels, _ = one_object((3, 8, 20))
    vectors = measure(labels, features=["axis_vectors"])["axis_vectors"].reshape(3, 3)
    np.testing.assert_array_equal(np.abs(vectors), np.eye(3))


def test_axes_of_a_diagonal_line():
    labels = np.eye(21, dtype=np.uint8)[:, ::-1]
    table = measure(labels, features=["axis_radii", "axis_vectors"])
    along = table["axis_vectors"].reshape(2, 2)[:, 0]
    np.testing.assert_allclose(np.abs(along), np.sqrt([0.5, 0.5]), rtol=1e-15)
    assert along[0] * along[1] < 0
    np.testing.assert_allclose(table["axis_radii"][0], [np.sqrt(2 * (21**2 - 1) / 12), 0], atol=1e-14)


def test_disk_has_equal_radii_that_approach_half_of_its_own():
    r = 200
    y, x = np.ogrid[-r : r + 1, -r : r + 1]
    radii = measure((x * x + y * y <= r * r).astype(np.uint8), features=["axis_radii"])["axis_radii"][0]
    inside = (x * x + y * y <= r * r).astype(int)
    np.testing.assert_allclose(radii, np.sqrt((inside * x * x).sum() / inside.sum()), rtol=1e-15)
    np.testing.assert_allclose(radii, r / 2, rtol=2e-4)  # the rest is the staircase of the boundary


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint64, np.float32, np.float64])
def test_ramp(dtype):
    n = 41
    labels, place = one_object((5, n))
    raw = np.zeros(labels.shape, dtype)
    raw[place] = np.arange(n)
    table = measure(labels, raw, features=ALL)
    expected = {
        "mean": (n - 1) / 2,
        "variance": (n * n - 1) / 12,
        "skewness": 0,
        "kurtosis": -6 * (n * n + 1) / (5 * (n * n - 1)),
        "min": 0,
        "max": n - 1,
        "sum": 5 * n * (n - 1) / 2,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(table[f"intensity_{name}"].item(), value, rtol=1e-14, atol=1e-14)


def test_four_pixels():
    table = measure(np.ones((2, 2), np.uint8), np.array([[1, 2], [3, 9]], np.uint8), features=ALL)
    assert table["intensity_variance"].item() == 155 / 16
    np.testing.assert_allclose(table["intensity_skewness"].item(), 945 / 32 / (155 / 16) ** 1.5, rtol=1e-15)
    np.testing.assert_allclose(table["intensity_kurtosis"].item(), 52901 / 256 / (155 / 16) ** 2 - 3, rtol=1e-14)
    np.testing.assert_array_equal(table["axis_radii"][0], [0.5, 0.5])


def exact(values):
    """Mean, variance, skewness and kurtosis by rational arithmetic, rounded once (roots twice)."""
    v = [Fraction(float(x)) for x in values]
    n = len(v)
    mean = sum(v) / n
    m2, m3, m4 = (sum((x - mean) ** k for x in v) / n for k in (2, 3, 4))
    return float(mean), float(m2), float(m3 / m2) / math.sqrt(m2), float(m4 / m2**2 - 3)


HARD = {
    "small spread far from 0": lambda rng: rng.normal(1e6, 0.3, (60, 50)).astype(np.float32),
    "16 bit near the top": lambda rng: rng.integers(64990, 65536, (60, 50)).astype(np.uint16),
    "16 bit, both extremes": lambda rng: (rng.integers(0, 2, (60, 50)) * 65535).astype(np.uint16),
    "signed 16 bit": lambda rng: rng.integers(-32768, 32768, (60, 50)).astype(np.int16),
    "first pixels far from the rest": lambda rng: (
        np.where(np.arange(3000) < 16, 1e5, rng.normal(size=3000)).reshape(60, 50).astype(np.float32)
    ),
    "ramp over five decades": lambda rng: np.linspace(0, 1e5, 3000, dtype=np.float32).reshape(60, 50),
    "constant but for one": lambda rng: np.where(np.arange(3000) == 1234, 0.2, 0.1).reshape(60, 50),
    "wide integers": lambda rng: 2**40 + rng.integers(-50, 50, (60, 50)),
    "tiny floats": lambda rng: rng.normal(1e-30, 1e-32, (60, 50)),
}


@pytest.mark.parametrize("case", HARD)
def test_moments_equal_exact_arithmetic(case):
    raw = HARD[case](np.random.default_rng(0))
    table = measure(np.ones(raw.shape, np.uint8), raw, features=ALL)
    mean, variance, skewness, kurtosis = exact(raw.ravel())
    tolerance = 1e-14 if raw.dtype.itemsize <= 2 else 1e-11
    np.testing.assert_allclose(table["intensity_mean"].item(), mean, rtol=1e-15, atol=1e-15 * math.sqrt(variance))
    np.testing.assert_allclose(table["intensity_variance"].item(), variance, rtol=tolerance)
    np.testing.assert_allclose(table["intensity_skewness"].item(), skewness, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(table["intensity_kurtosis"].item(), kurtosis, rtol=tolerance, atol=tolerance)
    assert table["intensity_min"].item() == raw.min()
    assert table["intensity_max"].item() == raw.max()
