"""What must not change the neighbourhood of an object: other objects, far pixels, the order of axes."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_objclass.features import feature_catalog, measure

FEATURES = [spec.id for spec in feature_catalog(3, 1) if spec.id.endswith("_neighborhood")]

repeatable = settings(derandomize=True, deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)
margins = st.tuples(*[st.integers(0, 8)] * 3)


def scene(seed):
    """Make a volume of three objects of scattered voxels, and raw without two equal voxels."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(3, 16, 3)
    labels = rng.choice([0, 1, 2, 3], shape, p=[0.94, 0.02, 0.02, 0.02])
    labels[tuple(rng.integers(0, shape))] = 4
    return labels, rng.permutation(labels.size).astype(np.uint16).reshape(shape)


def one(labels, raw, margin, label=4):
    table = measure(labels, raw, features=FEATURES, margin=margin, axes="zyx")
    return table.values[table.ids.tolist().index(label)]


@repeatable
@given(seeds, margins)
def test_other_objects_do_not_matter(seed, margin):
    labels, raw = scene(seed)
    np.testing.assert_array_equal(one(labels, raw, margin), one((labels == 4) * 4, raw, margin))


@repeatable
@given(seeds, margins)
def test_pixels_beyond_the_box_do_not_matter(seed, margin):
    labels, raw = scene(seed)
    inside = tuple(
        slice(max(0, places.min() - m), places.max() + m + 2)
        for places, m in zip(np.nonzero(labels == 4), margin, strict=True)
    )
    other = np.zeros_like(raw)
    other[inside] = raw[inside]
    np.testing.assert_array_equal(one(labels, raw, margin), one(labels, other, margin))


@repeatable
@given(seeds, st.integers(0, 8), st.permutations([0, 1, 2]))
def test_the_order_of_axes_does_not_matter(seed, margin, order):
    labels, raw = scene(seed)
    turned = one(labels.transpose(order), raw.transpose(order), (margin,) * 3)
    np.testing.assert_array_equal(one(labels, raw, (margin,) * 3), turned)


@repeatable
@given(seeds, margins)
def test_counts_and_sums_of_both_are_those_of_each(seed, margin):
    labels, raw = scene(seed)
    labels[labels != 4] = 0
    features = ["num_pixels", "intensity_sum", *FEATURES]
    table = measure(labels, raw, features=features, margin=margin)
    around, both = ("intensity_{}_neighborhood", "intensity_{}_object_and_neighborhood")
    n_around = np.nansum(table[around.format("histogram")])
    assert table[both.format("histogram")].sum() == n_around + table["num_pixels"].item()
    total = np.nansum(table[around.format("sum")]) + table["intensity_sum"].item()
    assert table[both.format("sum")].item() == total


@pytest.mark.parametrize("margin", [(2, 2, 2), (1, 30, 30), (0, 4, 300)])
def test_threads_do_not_change_a_bit(margin):
    rng = np.random.default_rng(5)
    labels = np.kron(rng.integers(0, 40, (3, 9, 9)), np.ones((3, 7, 7), np.int32))
    raw = rng.normal(50, 9, labels.shape).astype(np.float32)
    one, four = (measure(labels, raw, features=FEATURES, margin=margin, threads=n).values for n in (1, 4))
    np.testing.assert_array_equal(one, four)
