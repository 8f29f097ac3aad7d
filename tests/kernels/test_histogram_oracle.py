"""Histograms and quantiles against ilastik's values, and against plain counting."""

import numpy as np
import pytest
from kernels.ilastik import compared, reference, values

from napari_objclass import kernels
from napari_objclass.features import measure

SHARES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
FRAME = ["intensity_frame_min", "intensity_frame_max"]

ORACLES = {
    "intensity_histogram": "equal",
    "intensity_quantiles": "extremes equal, others within 1e-5 relative",
    "intensity_frame_min": "equal",
    "intensity_frame_max": "equal",
}


@pytest.mark.parametrize(("case", "feature"), compared("intensity_histogram", *FRAME))
def test_counts_and_extrema_equal_ilastik(case, feature):
    ours, theirs = values(case, feature)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("case", "feature"), compared("intensity_quantiles"))
def test_quantiles_agree_with_ilastik(case, feature):
    ours, theirs = values(case, feature)
    np.testing.assert_array_equal(ours[:, [0, -1]], theirs[:, [0, -1]])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=0)


def test_reference_has_every_case_of_one_channel():
    one_channel = {
        case for case, _ in compared("intensity_mean") if reference(case)["raw"].ndim == reference(case)["labels"].ndim
    }
    for feature in ORACLES:
        assert {case for case, _ in compared(feature)} == one_channel


def counted(labels, raw):
    """Histograms of all objects, and the quantiles that follow from the knots of the cumulative curve."""
    raw = np.asarray(raw, np.float64)
    inside = raw[labels > 0]
    low, high = inside.min(), inside.max()
    scale = 64 / (high - low)
    histograms, quantiles = [], []
    for label in np.unique(labels[labels > 0]):
        own = raw[labels == label]
        counts = np.bincount(np.minimum((scale * (own - low)).astype(int), 63), minlength=64)
        knots, cumulative = [scale * (own.min() - low)], [0]
        for k in np.flatnonzero(counts):
            if knots[-1] <= k:
                knots.append(k)
                cumulative.append(counts[:k].sum())
            knots.append(k + 1)
            cumulative.append(counts[: k + 1].sum())
        knots[-1] = scale * (own.max() - low)
        histograms.append(counts)
        inner = [rising(q * own.size, cumulative, knots) / scale + low for q in SHARES[1:-1]]
        quantiles.append([own.min(), *inner, own.max()])
    return np.array(histograms), np.array(quantiles)


def rising(wanted, cumulative, knots):
    """Place on the curve where it first reaches a count from below."""
    i = next(i for i in range(len(knots)) if cumulative[i] < wanted <= cumulative[i + 1])
    share = (wanted - cumulative[i]) / (cumulative[i + 1] - cumulative[i])
    return knots[i] + share * (knots[i + 1] - knots[i])


RAW = {
    "narrow": lambda rng, shape: rng.integers(0, 5, shape).astype(np.uint8),
    "signed 8 bit": lambda rng, shape: rng.integers(-128, 128, shape).astype(np.int8),
    "16 bit": lambda rng, shape: rng.integers(0, 65536, shape).astype(np.uint16),
    "signed 16 bit": lambda rng, shape: rng.integers(-32768, 32768, shape).astype(np.int16),
    "32 bit": lambda rng, shape: rng.integers(0, 2**32, shape).astype(np.uint32),
    "signed 64 bit": lambda rng, shape: rng.integers(-(2**62), 2**62, shape),
    "64 bit": lambda rng, shape: rng.integers(0, 2**64 - 1, shape, np.uint64),
    "float": lambda rng, shape: rng.normal(1000, 3, shape).astype(np.float32),
    "tenths": lambda rng, shape: (rng.integers(-90, 200, shape) / 10).astype(np.float32),
    "double": lambda rng, shape: rng.lognormal(0, 3, shape),
    "tiny": lambda rng, shape: rng.random(shape) * 1e-300,
}


@pytest.mark.parametrize("shape", [(40, 70), (1, 300), (5, 20, 33)])
@pytest.mark.parametrize("kind", RAW)
def test_counts_of_any_pixel_type(kind, shape):
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 5, [-(-n // 6) for n in shape]), np.ones([6] * len(shape), int))
    labels = labels[tuple(map(slice, shape))] * 70_001
    raw = RAW[kind](rng, shape)
    table = measure(labels, raw, features=list(ORACLES))
    histograms, quantiles = counted(labels, raw)
    np.testing.assert_array_equal(table["intensity_histogram"], histograms)
    np.testing.assert_allclose(table["intensity_quantiles"], quantiles, rtol=1e-12, atol=1e-12 * np.ptp(quantiles))
    inside = raw[labels > 0].astype(float)
    np.testing.assert_array_equal(table["intensity_frame_min"], inside.min())
    np.testing.assert_array_equal(table["intensity_frame_max"], inside.max())


def test_every_channel_and_frame_has_a_range_of_its_own():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (2, 30, 40))
    raw = rng.normal(size=(2, 30, 40, 3)) * [1, 10, 100] + np.arange(2).reshape(2, 1, 1, 1) * 50
    table = measure(labels, raw, axes="tyxc", features=list(ORACLES))
    for t in range(2):
        for channel in range(3):
            histograms, _ = counted(labels[t], raw[t, ..., channel])
            bins = slice(64 * channel, 64 * channel + 64)
            np.testing.assert_array_equal(table["intensity_histogram"][table.frames == t, bins], histograms)


@pytest.mark.parametrize("value", [0, 5, 1000, 60000])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int64])
def test_one_intensity_falls_in_the_first_bin(value, dtype):
    labels = np.repeat([[0, 1, 2, 2]], 3, axis=0)
    table = measure(labels, np.full((3, 4), value, dtype), features=list(ORACLES))
    np.testing.assert_array_equal(table["intensity_histogram"][:, 0], [3, 6])
    assert table["intensity_histogram"].sum() == 9
    for feature in ("intensity_quantiles", *FRAME):
        np.testing.assert_array_equal(table[feature], value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_non_finite_pixels_stay_out_of_range_and_bins(dtype):
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2, 3], 40).reshape(1, 160).repeat(6, axis=0)
    raw = rng.normal(size=labels.shape).astype(dtype)
    raw[2, 50:53] = np.nan, np.inf, -np.inf
    raw[3, 45] = 40  # part of the range, though of an object with other pixels missing
    raw[:2, 100:110], raw[:, :20] = raw[:2, 100:110] * 2, np.inf
    table = measure(labels, raw, features=[*ORACLES, "intensity_min"])
    assert set(table.reasons(0).values()) == {"raw has 3 NaN or infinite pixels"}
    assert not table.reasons(1)
    assert np.isnan(table["intensity_histogram"][0]).all()
    assert np.isnan(table["intensity_quantiles"][0]).all()
    finite = np.where(np.isfinite(raw), raw, 0)
    histograms, quantiles = counted(labels, finite)
    np.testing.assert_array_equal(table["intensity_histogram"][1:], histograms[1:])
    np.testing.assert_allclose(table["intensity_quantiles"][1:], quantiles[1:], rtol=1e-12)
    np.testing.assert_array_equal(table["intensity_frame_max"][1:], 40)


def test_no_finite_pixel_at_all():
    table = measure(np.ones((2, 3), int), np.full((2, 3), np.nan), features=list(ORACLES))
    assert np.isnan(table.values).all()
    assert set(table.reasons(0).values()) == {"raw has 6 NaN or infinite pixels"}


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("plan", [None, (1, 7, 11)])
def test_some_objects_alone_are_as_among_all(dtype, plan):
    rng = np.random.default_rng(3)
    labels = np.kron(rng.integers(0, 30, (2, 1, 8, 9)), np.ones((1, 1, 5, 5), int))
    raw = rng.normal(300, 50, (*labels.shape, 2)).astype(dtype)
    options = {"features": [*ORACLES, "intensity_mean", "num_pixels"], "margin": (0, 0, 0), "block_shape": plan}
    whole = kernels.measure(labels, raw, **options)
    rows = rng.choice(len(whole.ids), 9, replace=False)
    rows.sort()
    frames, ids = whole.frames[rows], whole.ids[rows]
    boxes = np.array([box(labels[t] == label) for t, label in zip(frames, ids, strict=True)])
    some = kernels.measure(labels, raw, **options, only=(frames, ids, boxes))
    np.testing.assert_array_equal(some.ids, whole.ids[rows])
    np.testing.assert_array_equal(some.frames, whole.frames[rows])
    np.testing.assert_array_equal(some.values, whole.values[rows])


def box(mask):
    """First and last place of an object along each axis, the last excluded."""
    places = np.argwhere(mask)
    return [*places.min(axis=0), *places.max(axis=0) + 1]
