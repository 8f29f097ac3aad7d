"""Features of the neighbourhood of objects: against ilastik, and against distances by scipy."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from kernels.ilastik import compared, measured, reference, ulps, values
from scipy.ndimage import distance_transform_edt

from napari_objclass.features import measure

EXACT = ("min", "max", "histogram")
ROUNDED = ("mean", "variance", "skewness", "kurtosis", "sum")
PAIRS = ("covariance",)
ZONES = ("neighborhood", "object_and_neighborhood")

#: How each feature is compared.
ORACLES = {f"intensity_{name}_{zone}": "exact" for name in EXACT for zone in ZONES} | {
    f"intensity_{name}_{zone}": "one ulp" for name in ROUNDED + PAIRS for zone in ZONES
}

ONE_CHANNEL = [feature for feature in ORACLES if "covariance" not in feature]

#: Its only object is the whole image, so that nothing is around it.
FULL = "edge2d_full"


def around_nothing(case, feature):
    return case == FULL and "_object_and_" not in feature


@pytest.mark.parametrize(("case", "feature"), [each for each in compared(*ORACLES) if not around_nothing(*each)])
def test_values_are_ilastiks(case, feature):
    ours, theirs = values(case, feature)
    assert ours.shape == theirs.shape
    assert not np.any(ulps(ours, theirs) > (0 if ORACLES[feature] == "exact" else 1))


@pytest.mark.parametrize("feature", [feature for feature in ONE_CHANNEL if around_nothing(FULL, feature)])
def test_where_nothing_is_around_ilastik_has_no_values_and_ours_say_why(feature):
    assert np.all(reference(FULL)["labels"] == 1)
    ours, theirs = values(FULL, feature)
    assert theirs.size == 0
    assert np.all(np.isnan(ours))
    reasons = {problem.reason.split(": ")[-1] for problem in measured(FULL).problems if problem.feature == feature}
    assert reasons == {"no pixel of the image is in the neighborhood"}


@st.composite
def scenes(draw):
    """Draw a label image of scattered objects, raw of one channel, and a margin."""
    n_dims = draw(st.sampled_from([2, 3]))
    sides = st.integers(2 if n_dims == 3 else 1, 14 if n_dims == 3 else 40)
    shape = [draw(sides) for _ in range(n_dims)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1, 2, 5]))
    labels = rng.choice([0, 1, 2, 7], [-(-n // scale) for n in shape], p=[0.7, 0.1, 0.1, 0.1])
    for axis, n in enumerate(shape):
        labels = labels.repeat(scale, axis).take(range(n), axis)
    labels[tuple(rng.integers(0, n) for n in shape)] = 9
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.int16, np.int32, np.float32]))
    raw = rng.integers(0, 120, shape).astype(dtype)
    margin = draw(st.tuples(*[st.one_of(st.integers(0, 9), st.integers(0, 300))] * n_dims))
    return labels, raw, margin


def around(mask, margin):
    """Pixels around an object, by the definition."""
    most = max(margin)
    pitch = [most // m if m else 10**6 for m in margin]
    near = np.zeros(mask.shape, bool)
    box = tuple(
        slice(max(0, places.min() - m), places.max() + m + 2)
        for places, m in zip(np.nonzero(mask), margin, strict=True)
    )
    near[box] = distance_transform_edt(~mask, sampling=pitch)[box] < most
    return near & ~mask


def bins(pixels):
    if pixels.min() == pixels.max():
        return np.bincount([0] * len(pixels), minlength=64)
    places = 64 / (pixels.max() - pixels.min()) * (pixels - pixels.min())
    return np.bincount(np.minimum(places.astype(int), 63), minlength=64)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(scenes())
def test_pixels_are_those_that_distances_tell(scene):
    labels, raw, margin = scene
    table = measure(labels, raw, features=ONE_CHANNEL, margin=margin)
    for row, label in enumerate(table.ids.tolist()):
        mask = labels == label
        ring = around(mask, margin)
        for zone, place in zip(ZONES, (ring, ring | mask), strict=True):
            found = {name: table[f"intensity_{name}_{zone}"][row] for name in EXACT + ROUNDED}
            pixels = raw[place].astype(float)
            if not len(pixels):
                assert all(np.isnan(each).all() for each in found.values())
                continue
            np.testing.assert_array_equal(found["histogram"], bins(pixels))
            assert (found["min"].item(), found["max"].item()) == (pixels.min(), pixels.max())
            np.testing.assert_allclose(found["sum"], pixels.sum(), rtol=1e-14)
            np.testing.assert_allclose(found["mean"], pixels.mean(), rtol=1e-14)
            np.testing.assert_allclose(found["variance"], pixels.var(), rtol=1e-10, atol=1e-10)


def test_covariance_is_that_of_the_pixels():
    rng = np.random.default_rng(3)
    labels = rng.choice([0, 1, 2], (20, 30), p=[0.98, 0.01, 0.01])
    raw = rng.normal(100, 5, (20, 30, 3)).astype(np.float32)
    features = [feature for feature in ORACLES if "covariance" in feature]
    table = measure(labels, raw, features=features, margin=5)
    for row, label in enumerate(table.ids.tolist()):
        mask = labels == label
        ring = around(mask, (5, 5))
        for zone, place in zip(ZONES, (ring, ring | mask), strict=True):
            expected = np.cov(raw[place].astype(float).T, bias=True)
            found = table[f"intensity_covariance_{zone}"][row]
            np.testing.assert_allclose(found, expected.ravel(), rtol=1e-9, atol=1e-9)
