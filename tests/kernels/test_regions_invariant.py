"""Blocks of any size, finished in any groups, give what the whole image gives: every feature of the catalogue."""

import numpy as np
import pytest
from kernels.regions import collect, finish
from kernels.rounding import assert_within_rounding
from scipy.ndimage import uniform_filter

from napari_objclass import block_kernels, kernels
from napari_objclass.features import feature_catalog

SHAPES = {2: (1, 34, 41), 3: (7, 15, 17)}
MARGINS = {2: (0, 5, 5), 3: (1, 3, 2)}

#: Ids with gaps, up to the largest there is.
IDS = np.array([0, 7, 3, 2**40, 2**64 - 1, 19, 12, 1], np.uint64)


def image(seed, n_dims, channels, dtype):
    """Labels of irregular, partly disconnected objects, and raw."""
    rng = np.random.default_rng(seed)
    shape = SHAPES[n_dims]
    noise = uniform_filter(rng.random(shape), 5, mode="nearest")
    blobs = np.digitize(noise, np.quantile(noise, [0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 0.95])) * (rng.random(shape) < 0.9)
    raw = rng.normal(100, 20, (*shape, channels)) + 50 * noise[..., np.newaxis]
    if dtype == np.float32:
        raw[rng.random(raw.shape) < 0.0005] = np.nan
        return IDS[blobs][np.newaxis], raw.astype(dtype)[np.newaxis]
    return IDS[blobs][np.newaxis], raw.clip(0, 255).astype(dtype)[np.newaxis]


def groups_of(ids, rng):
    """The ids in random order, cut into some groups."""
    cuts = np.sort(rng.integers(1, len(ids), 2))
    return [group for group in np.split(rng.permutation(ids), cuts) if len(group)]


def whole(labels, raw, features, margin):
    found = kernels.measure(labels, raw, features, margin=margin)
    missing = {(int(found.ids[row]), column): found.reasons[n] for row, column, n in found.missing.tolist()}
    return found.ids, found.values, missing


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("n_dims", "channels"), [(2, 1), (2, 3), (3, 1), (3, 2)])
def test_every_feature_is_that_of_the_whole_image(seed, dtype, n_dims, channels):
    labels, raw = image(seed, n_dims, channels, dtype)
    rng = np.random.default_rng(seed)
    features = [spec.id for spec in feature_catalog(n_dims, channels, hidden=True)]
    block_shape = tuple(int(side) for side in rng.integers(3, 14, 3))
    ids, expected, reasons = whole(labels, raw, features, MARGINS[n_dims])
    assert len(ids) == 7

    blocks = collect(labels, raw, features, block_shape)
    groups = groups_of(ids, rng)
    values, missing = finish(blocks, raw, features, MARGINS[n_dims], groups)

    order = np.concatenate(groups)
    values = values[np.argsort(order)]
    assert {(int(order[row]), column): reason for row, column, reason in missing} == reasons
    if dtype == np.float32:
        specs = feature_catalog(n_dims, channels, hidden=True)
        assert_within_rounding(values, expected, specs, labels, raw)
    else:
        np.testing.assert_array_equal(values, expected)


def test_shape_alone_needs_no_raw():
    labels, _ = image(0, 3, 1, np.uint8)
    features = [spec.id for spec in feature_catalog(3, 0, hidden=True)]
    ids, expected, _ = whole(labels, None, features, (1, 3, 3))
    blocks = collect(labels, None, features, (3, 4, 5))
    values, _ = finish(blocks, None, features, (1, 3, 3), [ids])
    np.testing.assert_array_equal(values, expected)


def test_one_block_gives_the_bits_of_the_whole_image():
    labels, raw = image(1, 3, 2, np.float32)
    features = [spec.id for spec in feature_catalog(3, 2, hidden=True)]
    ids, expected, _ = whole(labels, raw, features, (1, 3, 3))
    blocks = collect(labels, raw, features, labels.shape[1:])
    values, _ = finish(blocks, raw, features, (1, 3, 3), [ids])
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_plan_gives_the_same_bits(threads):
    labels, raw = image(2, 3, 2, np.float32)
    features = [spec.id for spec in feature_catalog(3, 2, hidden=True)]
    blocks = collect(labels, raw, features, (3, 5, 4))
    ids = np.sort(blocks.regions.ids)
    expected, _ = finish(blocks, raw, features, (1, 2, 2), [ids])
    found = block_kernels.finish_objects(
        blocks.regions, ids, blocks.labels, raw, (0, 0, 0), None, features, margin=(1, 2, 2), threads=threads
    )
    np.testing.assert_array_equal(found.values, expected)
    assert blocks.regions.to_bytes() == collect(labels, raw, features, (3, 5, 4)).regions.to_bytes()
