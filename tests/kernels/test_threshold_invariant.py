"""Thresholds against a plain definition in scipy, and what must not change the result."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import ndimage

from napari_objclass import kernels

RULE = {
    "sigma": (1.0, 1.0, 1.0),
    "value_range": (0.0, 1.0),
    "low": 0.5,
    "high": 0.7,
    "merge": True,
    "min_size": 3,
    "max_size": 200,
    "fill_holes": False,
}
DTYPES = [np.float32, np.float64, np.float16, np.uint8, np.uint16, np.int16, np.int64, np.bool_]
LAYOUTS = [
    lambda image: image,
    np.asfortranarray,
    lambda image: np.stack([image, image], -1)[..., 1],
    lambda image: image[:, ::-1, ::-1, ::-1].copy()[:, ::-1, ::-1, ::-1],
]


def plain_smooth(channel, sigma, value_range):
    low, high = value_range
    out = np.nan_to_num((channel.astype(np.float64) - low) / (high - low), nan=0.0).astype(np.float32)
    axes = [axis for axis in (3, 2, 1) if channel.shape[axis] > 1]
    if any(sigma[axis - 1] < 0.1 for axis in axes):
        return out
    for axis in axes:
        s = sigma[axis - 1]
        place = np.arange(-max(1, int(2 * s + 0.5)), max(1, int(2 * s + 0.5)) + 1)
        weights = np.exp(-(place**2) / (2 * s**2))
        out = ndimage.correlate1d(out, weights / weights.sum(), axis, mode="mirror")
    return out


def plain_filter(labels, rule):
    sizes = np.bincount(labels.ravel())
    kept = (sizes >= rule["min_size"]) & (sizes <= rule["max_size"])
    n_small = (sizes[1:] < rule["min_size"]).sum()
    return in_order(np.where(kept[labels], labels, 0)), n_small, (~kept[1:]).sum() - n_small


def in_order(labels):
    ids = np.unique(labels[labels > 0])
    return np.searchsorted(ids, labels) * (labels > 0) + (labels > 0)


def plain_fill(mask):
    """Background regions that touch no border become foreground; the faces of a single slice are none."""
    holes, _ = ndimage.label(~mask)
    sides = [np.moveaxis(holes, axis, 0)[[0, -1]].ravel() for axis in range(3) if axis or mask.shape[0] > 1]
    return mask | ((holes > 0) & ~np.isin(holes, np.concatenate(sides)))


def plain_frame(final, core, rule, stage):
    """Labels of a frame and the counts of its last size filter."""
    if stage in {"core", "filtered core"}:
        cores = ndimage.label(core >= np.float32(rule["high"]))[0]
        return plain_filter(cores, rule) if stage == "filtered core" else (cores, 0, 0)
    labels = ndimage.label(final >= np.float32(rule["low"]))[0]
    if stage == "mask":
        return labels, 0, 0
    if rule["high"] is not None:
        cores = plain_filter(ndimage.label(core >= np.float32(rule["high"]))[0], rule)[0]
        labels = in_order(np.where(np.isin(labels, labels[cores > 0]), labels, 0))
    if rule["fill_holes"]:
        labels = ndimage.label(plain_fill(labels > 0))[0]
    return plain_filter(labels, rule) if stage == "objects" else (labels, 0, 0)


def plain(last, core, rule, stage):
    channels = [
        plain_smooth(channel, rule["sigma"], rule["value_range"]) for channel in (last, core) if channel is not None
    ]
    frames = [
        plain_frame(final, frame, rule, stage)
        for final, frame in zip(sum(channels[1:], channels[0]), channels[-1], strict=True)
    ]
    return np.stack([labels for labels, _, _ in frames]), *(
        sum(counts) for counts in zip(*(f[1:] for f in frames), strict=True)
    )


def image_of(seed, shape, dtype, *, grain=1.0, nan=False):
    """Blobs that use the whole range of integers, and 0…1 of floats."""
    noise = np.random.default_rng(seed).random(shape)
    noise = ndimage.gaussian_filter(noise, (0, grain, grain, grain))
    noise = (noise - noise.min()) / max(np.ptp(noise), 1e-9)
    if dtype == np.bool_:
        return noise > 0.5
    if np.dtype(dtype).kind in "ui":
        return (noise * 250).astype(dtype)
    noise[np.random.default_rng(seed).random(shape) < 0.05 * nan] = np.nan
    return noise.astype(dtype)


shapes = st.tuples(st.integers(1, 3), st.sampled_from([1, 1, 2, 3, 7]), st.integers(1, 45), st.integers(1, 45))
sigmas = st.tuples(*[st.sampled_from([0.0, 0.09, 0.1, 0.7, 1.0, 2.1, 9.0])] * 3) | st.just((1.0, 1.0, 1.0))


@settings(max_examples=200)
@given(st.data())
def test_plain_definition(data):
    draw = data.draw
    shape, dtype, seed = draw(shapes), draw(st.sampled_from(DTYPES)), draw(st.integers(0, 1000))
    stage = draw(st.sampled_from(["objects", "objects", "unfiltered", "mask", "core", "filtered core"]))
    levels = st.sampled_from([-0.1, 0.0, 0.3, 0.5, 0.6, 1.0, 1.2, 9.0])
    core_only = stage in {"core", "filtered core"}
    rule = RULE | {
        "sigma": draw(sigmas),
        "value_range": (0, 250) if np.dtype(dtype).kind in "ui" else draw(st.sampled_from([(0, 1), (-1, 3), (1, 0)])),
        "low": draw(levels),
        "high": draw(levels) if core_only else draw(st.none() | levels),
        "min_size": draw(st.sampled_from([0, 1, 5, 50])),
        "max_size": draw(st.sampled_from([0, 20, 10**6])),
        "fill_holes": draw(st.booleans()),
    }
    layout = draw(st.sampled_from(LAYOUTS))
    grain = draw(st.sampled_from([0.0, 1.0]))
    last = layout(image_of(seed, shape, dtype, grain=grain, nan=True))
    core = (
        layout(image_of(seed + 1, shape, dtype, grain=grain, nan=True))
        if draw(st.booleans()) and rule["high"] is not None
        else None
    )
    found = kernels.threshold(last, core, stage=stage, **rule)
    labels, n_small, n_large = plain(last, core, rule, stage)
    np.testing.assert_array_equal(found.labels, labels)
    if stage == "objects":
        assert (found.n_small, found.n_large) == (n_small, n_large)
        used = [last] if core is None else [last, core]
        assert found.n_nan == sum(np.isnan(channel).sum() for channel in used)


@settings(max_examples=80)
@given(shapes, sigmas, st.sampled_from(DTYPES), st.integers(0, 99), st.sampled_from(LAYOUTS))
def test_plain_smoothing(shape, sigma, dtype, seed, layout):
    image = layout(image_of(seed, shape, dtype, grain=0, nan=True))
    smoothed = kernels.smooth(image, sigma=sigma, value_range=(0, 2))
    np.testing.assert_allclose(smoothed, plain_smooth(image, sigma, (0, 2)), rtol=1e-7)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.3, 7.0])
@pytest.mark.parametrize("value", [0.1, 0.3, 0.7, 1.0])
def test_a_flat_image_keeps_its_value(sigma, value):
    image = np.full((1, 5, 40, 70), value, np.float32)
    smoothed = kernels.smooth(image, sigma=(sigma,) * 3, value_range=(0, 1))
    np.testing.assert_array_equal(smoothed, image)
    assert kernels.threshold(image, None, **RULE | {"low": value, "high": None, "max_size": 10**6}).labels.min() == 1


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("fill_holes", [True, False])
def test_threads_and_frames(merge, fill_holes):
    rule = RULE | {"low": 1.1, "high": 0.65, "merge": merge, "fill_holes": fill_holes, "max_size": 150}
    last, core = (image_of(seed, (3, 4, 150, 90), np.float32) for seed in (1, 2))
    expected = kernels.threshold(last, core, threads=1, **rule)
    assert expected.labels.max() > 5
    for threads in (2, 5):
        again = kernels.threshold(last, core, threads=threads, **rule)
        np.testing.assert_array_equal(again.labels, expected.labels)
        assert again[1:] == expected[1:]
    frames = [kernels.threshold(last[t : t + 1], core[t : t + 1], **rule) for t in range(3)]
    np.testing.assert_array_equal(np.concatenate([frame.labels for frame in frames]), expected.labels)
    assert sum(frame.n_large for frame in frames) == expected.n_large > 0


def test_cores_that_are_not_merged_keep_apart():
    image = image_of(3, (1, 1, 90, 120), np.float32, grain=2.0)
    rule = RULE | {"max_size": 10**6}
    cores = kernels.threshold(image, None, stage="filtered core", **rule).labels
    merged = kernels.threshold(image, None, **rule).labels
    apart = kernels.threshold(image, None, **rule | {"merge": False}).labels
    assert apart.max() == cores.max() > merged.max()
    assert (apart[merged > 0] > 0).all()
    assert all(len(np.unique(apart[cores == core])) == 1 for core in range(1, cores.max() + 1))
    np.testing.assert_array_equal(apart, in_raster_order(apart))


def in_raster_order(labels):
    ids, first = np.unique(labels, return_index=True)
    new = np.zeros(labels.max() + 1, int)
    ids = ids[np.argsort(first)]
    new[ids[ids > 0]] = np.arange(1, (ids > 0).sum() + 1)
    return new[labels]


def test_holes_of_objects_that_keep_apart():
    """A ring around a core of its own: what lies between both stays background, a hole in the ring's wall does not."""
    image = np.zeros((1, 1, 30, 30), np.float32)
    image[..., 3:25, 3:25] = 1
    image[..., 9:19, 9:19] = 0
    image[..., 13:15, 13:15] = 1
    image[..., 5, 5] = 0
    rule = RULE | {
        "sigma": (0.0,) * 3,
        "high": 0.9,
        "merge": False,
        "fill_holes": True,
        "max_size": 10**6,
        "min_size": 1,
    }
    labels = kernels.threshold(image, None, **rule).labels[0, 0]
    assert labels[5, 5] == labels[3, 3] == 1
    assert labels[14, 14] == 2
    assert labels[11, 11] == 0
    merged = kernels.threshold(image, None, **rule | {"merge": True}).labels[0, 0]
    assert merged[14, 14] == merged[11, 11] == merged[5, 5] == 1
