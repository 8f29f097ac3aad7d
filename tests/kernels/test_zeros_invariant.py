"""What is mathematically 0 is 0 in every plan of blocks and order of pixels, though sums of floats are rounded."""

import itertools

import numpy as np
import pytest
from kernels.regions import collect, finish
from kernels.rounding import POWERS

from napari_objclass.features import feature_catalog

#: Three channels of each object, some of them with an offset that no float holds exactly.
OBJECTS = {
    "two pixels": lambda rng: rng.normal(0.1, 1, (2, 3)),
    "mirrored": lambda rng: mirrored(rng.normal(0, 30, (9, 3))) + 0.1,
    "mean 0": lambda rng: mirrored(rng.normal(0, 30, (9, 3))),
    "on a line": lambda rng: rng.normal(0, 1, (40, 1)) * [1, -2, 0.3] + 1000.1,
    "in a plane": lambda rng: rng.normal(0, 1, (40, 2)) @ rng.normal(0, 1, (2, 3)) - 5.1,
    "kurtosis 0": lambda rng: np.outer([0, 0, 0, 0, 1, -1], [0.1, 0.7, -1.3]),
    "uncorrelated": lambda rng: corners() * [0.1, 0.7, 3] + 7.3,
    "equal variances": lambda rng: corners() * 0.1 + 7.3,
}

#: A plan of one block.
WHOLE = (99, 99, 99)


def mirrored(values):
    return np.concatenate([values, -values])


def corners():
    """Corners of a cube, each three times."""
    return np.tile(np.indices((2, 2, 2)).reshape(3, 8).T, (3, 1)).astype(float)


def image(seed, channels, dtype):
    """Objects side by side along z, the pixels of each in another order and at other places for every seed."""
    rng = np.random.default_rng(0)
    pixels = [make(rng).astype(dtype)[:, :channels] for make in OBJECTS.values()]
    order = np.random.default_rng(seed)
    labels = np.zeros((1, len(pixels), 9, 11), np.uint32)
    raw = np.zeros((*labels.shape, channels), dtype)
    for z, values in enumerate(pixels):
        places = np.unravel_index(order.permutation(99)[: len(values)], (9, 11))
        labels[0, z][places] = z + 1
        raw[0, z][places] = order.permutation(values)
    return labels, raw


def measured(seed, channels, dtype, block_shape):
    """Signs of all values, and which are missing for which reason."""
    labels, raw = image(seed, channels, dtype)
    specs = [spec for spec in feature_catalog(3, channels, hidden=True) if spec.id in POWERS]
    features = [spec.id for spec in specs]
    blocks = collect(labels, raw, features, block_shape)
    values, missing = finish(blocks, raw, features, (0, 0, 0), [np.sort(blocks.regions.ids)])
    starts = np.cumsum([0, *(spec.n_values for spec in specs)])
    columns = {spec.id: slice(*ends) for spec, ends in zip(specs, itertools.pairwise(starts), strict=True)}
    return determined(np.sign(values), columns), missing


def determined(signs, columns):
    """Without what is arbitrary where intensities do not vary along two axes or more: the axes and the signs along."""
    if "intensity_principal_axes" not in columns:
        return signs
    arbitrary = (signs[:, columns["intensity_principal_variance"]] == 0).sum(axis=1) > 1
    signs[arbitrary] = np.abs(signs[arbitrary])
    signs[arbitrary, columns["intensity_principal_axes"]] = 0
    return signs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_zeros_and_signs_are_the_same_in_every_plan_and_order(channels, dtype):
    expected, reasons = measured(0, channels, dtype, WHOLE)
    for seed, block_shape in itertools.product(range(20), [WHOLE, (3, 3, 3), (3, 4, 5), (3, 9, 3)]):
        signs, missing = measured(seed, channels, dtype, block_shape)
        assert missing == reasons
        np.testing.assert_array_equal(signs, expected, f"{seed} {block_shape}")


@pytest.mark.parametrize("block_shape", [WHOLE, (3, 3, 3), (3, 4, 5)])
def test_zeros_of_known_objects(block_shape):
    labels, raw = image(1, 2, np.float64)
    table = {}
    for feature in ["skewness", "kurtosis", "mean", "covariance", "principal_variance", "principal_min"]:
        blocks = collect(labels, raw, [f"intensity_{feature}"], block_shape)
        values, _ = finish(blocks, raw, [f"intensity_{feature}"], (0, 0, 0), [np.sort(blocks.regions.ids)])
        table[feature] = dict(zip(OBJECTS, values, strict=True))
    for name in ["two pixels", "mirrored", "mean 0", "kurtosis 0", "uncorrelated"]:
        np.testing.assert_array_equal(table["skewness"][name], 0, name)
    np.testing.assert_array_equal(table["kurtosis"]["kurtosis 0"], 0)
    np.testing.assert_array_equal(table["mean"]["mean 0"], 0)
    np.testing.assert_array_equal(table["covariance"]["uncorrelated"][1:3], 0)
    for name in ["two pixels", "on a line", "kurtosis 0"]:
        for feature in ["principal_variance", "principal_min"]:
            assert table[feature][name][1] == 0, name
            assert table[feature][name][0] != 0, name
