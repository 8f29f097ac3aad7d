"""Moments of objects along their principal axes against ilastik's values and against sums over pixels."""

import numpy as np
import pytest
from kernels.ilastik import causes, compared, measured, reference, ulps, values

from napari_objclass.features import measure

#: How each feature is compared.
ORACLES = {
    "axis_power_sum_2": "one ulp",
    "axis_power_sum_3": "one ulp",
    "axis_power_sum_4": "one ulp",
    "axis_skewness": "one ulp",
    "axis_kurtosis": "one ulp",
}

#: Squares: all directions in the plane are principal axes of theirs, and the reference takes others than ours.
SQUARES = {"edge2d": {32, 33}, "edge2d_const": {32, 33}}

#: Objects that are symmetric along an axis, where the reference has rounding errors of 0.
SYMMETRIC = {"edge2d": {35}, "edge2d_const": {35}}

#: Largest skewness that is taken for one of them; and of third powers in units of n σ³.
DUST = 1e-14


def rows(case, objects):
    return np.isin(measured(case).ids, list(objects.get(case, ())))


@pytest.mark.parametrize(("case", "feature"), compared(*ORACLES))
def test_values_are_ilastiks(case, feature):
    ours, theirs = values(case, feature)
    settled = ~rows(case, SQUARES)
    if feature in ("axis_power_sum_3", "axis_skewness"):
        settled &= ~rows(case, SYMMETRIC)
    assert np.all(ulps(ours[settled], theirs[settled]) <= 1)


@pytest.mark.parametrize("case", SYMMETRIC)
def test_symmetric_objects_have_no_skewness(case):
    for row in np.flatnonzero(rows(case, SYMMETRIC)):
        mask = reference(case)["labels"] == measured(case).ids[row]
        y, x = np.nonzero(mask)
        mask = mask[y.min() : y.max() + 1, x.min() : x.max() + 1]
        assert np.array_equal(mask, mask.T) or np.array_equal(mask, mask[::-1, ::-1].T)
        sigma = np.sqrt(measured(case)["axis_variance"][row])
        scales = {"axis_skewness": 1, "axis_power_sum_3": mask.sum() * sigma**3}
        for feature, scale in scales.items():
            ours, theirs = (each[row] for each in values(case, feature))
            assert np.any(np.abs(ours) <= DUST * scale)
            assert np.all(np.abs(ours - theirs) <= np.maximum(DUST * scale, np.spacing(np.abs(theirs))))


@pytest.mark.parametrize("case", SQUARES)
def test_squares_have_no_axes_of_their_own(case):
    for row in np.flatnonzero(rows(case, SQUARES)):
        mask = reference(case)["labels"] == measured(case).ids[row]
        variances = measured(case)["axis_variance"][row]
        assert variances[0] == variances[1]
        check(measured(case), row, np.argwhere(mask))


@pytest.mark.parametrize("case", ["edge2d", "coins", "ell3d_two"])
def test_values_are_sums_over_pixels(case):
    labels = reference(case)["labels"]
    for row, label in enumerate(measured(case).ids):
        check(measured(case), row, np.argwhere(labels == label))


def check(table, row, places):
    """Compare with sums over the pixels, along the axes of the table."""
    n_dims = places.shape[1]
    r = places[:, ::-1].astype(np.longdouble)
    axes = table["axis_vectors"][row].reshape(n_dims, n_dims)
    p = (r - r.mean(0)) @ axes
    sums = {k: (p**k).sum(0).astype(float) for k in (2, 3, 4)}
    sigma = np.sqrt(sums[2].max() / len(p))
    for k, expected in sums.items():
        np.testing.assert_allclose(
            table[f"axis_power_sum_{k}"][row], expected, rtol=1e-12, atol=1e-13 * len(p) * sigma**k
        )
    wide = sums[2] > 1e-14 * sums[2].max()
    for feature, expected in {
        "axis_skewness": np.sqrt(len(p)) * sums[3][wide] / sums[2][wide] ** 1.5,
        "axis_kurtosis": len(p) * sums[4][wide] / sums[2][wide] ** 2 - 3,
    }.items():
        found = table[feature][row]
        np.testing.assert_array_equal(np.isnan(found), ~wide)
        # Eigenvalues are exact to a share of the largest one.
        loss = 1e-11 + 1e-15 * sums[2].max() / sums[2][wide]
        assert np.all(np.abs(found[wide] - expected) <= loss * (1 + np.abs(expected)))


ODD = {
    "one voxel": np.ones((1, 1, 1)),
    "a row": np.ones((1, 1, 9)),
    "a column of planes": np.ones((9, 1, 1)),
    "a diagonal": np.eye(7)[None],
    "a diagonal through planes": np.eye(5)[:, :, None] * np.eye(5)[:, None],
    "scattered": np.random.default_rng(1).random((4, 9, 30)) < 0.1,
    "a long row and one voxel": np.concatenate([np.ones((1, 1, 3000)), np.eye(1, 3000)[None]], 1),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("offset", [0, 1500])
def test_odd_objects(name, offset):
    mask = np.pad(ODD[name], [(0, 1), (offset // 50, 0), (offset, 1)])
    table = measure(mask.astype(np.uint8), features=[*ORACLES, "axis_vectors"])
    check(table, 0, np.argwhere(mask))
    assert causes(table) <= {"there is no spread along this axis"}
