"""Features with intensities as weights against ilastik's values and against sums over pixels."""

import numpy as np
import pytest
from kernels.ilastik import causes, compared, measured, reference, ulps, values

from napari_objclass.features import measure

PLACES = ["intensity_argmax", "intensity_argmin"]
AXES = ["weighted_axis_radii", "weighted_axis_variance", "weighted_axis_power_sum_2"]
STANDARDISED = ["weighted_axis_skewness", "weighted_axis_kurtosis"]
POWERS = ["weighted_axis_power_sum_3", "weighted_axis_power_sum_4"]

#: How each feature is compared.
ORACLES = {
    **dict.fromkeys(PLACES, "exact"),
    "weight_sum": "one ulp",
    "weighted_coordinate_sum": "one ulp",
    "weighted_centroid": "one ulp",
    "weighted_axis_vectors": "axes",
    **dict.fromkeys(AXES + STANDARDISED + POWERS, "one ulp"),
}

#: Objects whose weighted axes have no well-defined sign or order, because their weighted scatter matrix has an
#: off-diagonal element of 0 or two equal diagonal elements: there the reference follows its own rounding errors.
AMBIGUOUS = {"edge2d": {10}, "edge2d_const": {5, 6, 7, 8, 9, 10, 32, 33, 34, 35, 36, 37}}

#: Those of them that are squares of one intensity: all directions are principal axes, and moments depend on the choice.
SQUARES = {"edge2d_const": {32, 33}}

#: A diagonal line has no spread across itself. Where the weights differ, the reference has a rounding error of 0
#: there, and divides by it; we have 0, and NaN for what is divided.
LINE = {"edge2d": {22}}

#: Objects of one intensity that are symmetric along an axis: both have rounding errors of 0 for their third powers.
SYMMETRIC = {"edge2d_const": {22, 35}}

#: Largest such error, in units of Σv r³ with r the largest weighted radius.
DUST = 1e-14


def rows(case, *objects):
    listed = set().union(*(each.get(case, ()) for each in objects))
    return np.isin(measured(case).ids, list(listed))


@pytest.mark.parametrize(("case", "feature"), compared(*ORACLES))
def test_values_are_ilastiks(case, feature):
    ours, theirs = values(case, feature)
    settled = np.ones(len(ours), bool)
    if ORACLES[feature] == "axes":
        settled = ~rows(case, AMBIGUOUS)
    elif feature in POWERS + STANDARDISED:
        settled = ~rows(case, SQUARES, LINE, SYMMETRIC if "4" not in feature and "kurt" not in feature else {})
    elif feature in AXES:
        settled = ~rows(case, LINE)
    assert np.all(ulps(ours[settled], theirs[settled]) <= (0 if ORACLES[feature] == "exact" else 1))


@pytest.mark.parametrize(("case", "feature"), compared(*AXES, *POWERS, *STANDARDISED))
def test_a_line_has_no_spread_across_itself(case, feature):
    for row in np.flatnonzero(rows(case, LINE)):
        ours, theirs = (each[row] for each in values(case, feature))
        assert ulps(ours[:1], theirs[:1]) <= 1
        mask = reference(case)["labels"] == measured(case).ids[row]
        assert len(set(np.subtract(*np.nonzero(mask)))) == 1
        assert np.isnan(ours[1]) if feature in STANDARDISED else ours[1] == 0
        power = 0.5 if feature.endswith("radii") else 1
        assert feature in STANDARDISED or np.abs(theirs[1]) <= 1e-14**power * np.abs(theirs[0])


@pytest.mark.parametrize("case", SYMMETRIC)
@pytest.mark.parametrize("feature", ["weighted_axis_power_sum_3", "weighted_axis_skewness"])
def test_symmetric_objects_have_no_skewness(case, feature):
    for row in np.flatnonzero(rows(case, SYMMETRIC)):
        label = measured(case).ids[row]
        y, x = np.nonzero(reference(case)["labels"] == label)
        mask = (reference(case)["labels"] == label)[y.min() : y.max() + 1, x.min() : x.max() + 1]
        assert np.array_equal(mask, mask.T) or np.array_equal(mask, mask[::-1, ::-1].T)
        ours, theirs = (each[row] for each in values(case, feature))
        scale = 1.0
        if "power" in feature:
            scale = measured(case)["weight_sum"][row] * measured(case)["weighted_axis_radii"][row][0] ** 3
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
        either = np.nanmax(np.abs([ours - theirs, np.zeros(2)]), 0)
        assert np.all(either <= np.fmax(DUST * scale, np.spacing(np.abs(theirs))))


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_ambiguous_axes_have_a_cause(case):
    table, raw, labels = measured(case), reference(case)["raw"], reference(case)["labels"]
    for row in np.flatnonzero(rows(case, AMBIGUOUS)):
        mask = labels == table.ids[row]
        scatter = exact_scatter(np.argwhere(mask)[:, ::-1], raw[mask])
        assert scatter[0, 1] == 0 or scatter[0, 0] == scatter[1, 1]


@pytest.mark.parametrize("case", ["edge2d", "edge2d_const", "coins", "ell3d"])
def test_values_are_sums_over_pixels(case):
    arrays = reference(case)
    for row, label in enumerate(measured(case).ids):
        mask = arrays["labels"] == label
        check(measured(case), row, np.argwhere(mask)[:, ::-1], arrays["raw"][mask])


def exact_scatter(places, weights):
    """(Σv)² times the weighted covariance, in integers."""
    r, v = places.astype(object), np.array([int(weight) for weight in weights], object)
    sums = v @ r
    return v.sum() * (r.T @ (v[:, None] * r)) - np.outer(sums, sums)


def check(table, row, places, intensities):
    """Compare with sums over the pixels (places in x, y[, z] order), along the axes of the table."""
    n_dims = places.shape[1]
    r, v = places.astype(np.longdouble), intensities.astype(np.longdouble)
    np.testing.assert_array_equal(table["intensity_argmax"][row], places[np.argmax(v)])
    np.testing.assert_array_equal(table["intensity_argmin"][row], places[np.argmin(v)])
    assert table["weight_sum"][row] == pytest.approx(float(v.sum()), rel=1e-13)
    np.testing.assert_allclose(table["weighted_coordinate_sum"][row], (v @ r).astype(float), rtol=1e-13)
    axes = table["weighted_axis_vectors"][row].reshape(n_dims, n_dims)
    if v.sum() <= 0:
        assert np.all(np.isnan(table["weighted_centroid"][row]))
        return
    np.testing.assert_allclose(table["weighted_centroid"][row], (v @ r / v.sum()).astype(float), rtol=1e-13)
    d = r - v @ r / v.sum()
    scatter = d.T @ (v[:, None] * d)
    p = d @ axes
    sums = {k: (v @ p**k).astype(float) for k in (2, 3, 4)}
    weight = float(v.sum())
    sigma = np.sqrt(max(sums[2].max(), 1e-300) / weight)
    np.testing.assert_allclose(axes.T @ axes, np.eye(n_dims), atol=1e-14)
    np.testing.assert_allclose((scatter @ axes).astype(float), axes * sums[2], rtol=0, atol=1e-12 * weight * sigma**2)
    np.testing.assert_allclose(
        table["weighted_axis_variance"][row], sums[2] / weight, rtol=1e-12, atol=1e-13 * sigma**2
    )
    np.testing.assert_allclose(table["weighted_axis_radii"][row] ** 2, table["weighted_axis_variance"][row], rtol=1e-14)
    for k, expected in sums.items():
        found = table[f"weighted_axis_power_sum_{k}"][row]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13 * weight * sigma**k)
    wide = sums[2] > 1e-14 * sums[2].max()
    for feature, expected in {
        "weighted_axis_skewness": np.sqrt(weight) * sums[3][wide] / sums[2][wide] ** 1.5,
        "weighted_axis_kurtosis": weight * sums[4][wide] / sums[2][wide] ** 2 - 3,
    }.items():
        np.testing.assert_array_equal(np.isnan(table[feature][row]), ~wide)
        # Eigenvalues are exact to a share of the largest one.
        loss = 1e-11 + 1e-15 * sums[2].max() / sums[2][wide]
        assert np.all(np.abs(table[feature][row][wide] - expected) <= loss * (1 + np.abs(expected)))


@pytest.mark.parametrize("dtype", ["u1", "i1", ">u2", "i2", "u4", ">i4", "u8", "i8", "f4", ">f8"])
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (23, 31), (4, 9, 13)])
def test_any_pixel_type(dtype, shape):
    rng = np.random.default_rng(3)
    labels = np.kron(rng.integers(0, 4, shape), np.ones([1] * (len(shape) - 1) + [3], int))
    raw = rng.integers(1, 100, labels.shape).astype(dtype)
    table = measure(labels, raw, features=list(ORACLES))
    for row, label in enumerate(table.ids):
        check(table, row, np.argwhere(labels == label)[:, ::-1], raw[labels == label])


def test_no_weight():
    labels = np.repeat([[1, 2, 3]], 4, 0)
    raw = np.repeat([[0.0, -2.0, 1.0]], 4, 0).astype(np.float32)
    table = measure(labels, raw, features=list(ORACLES))
    np.testing.assert_array_equal(table["weight_sum"][:, 0], [0, -8, 4])
    np.testing.assert_array_equal(table["weighted_axis_power_sum_2"], [[0, 0], [np.nan, np.nan], [5, 0]])
    np.testing.assert_array_equal(table["weighted_axis_vectors"][0], [1, 0, 0, 1])
    np.testing.assert_array_equal(table["intensity_argmax"], [[0, 0], [1, 0], [2, 0]])
    np.testing.assert_array_equal(table["weighted_centroid"], [[np.nan, np.nan], [1, 1.5], [2, 1.5]])
    for feature in ["weighted_axis_radii", *POWERS]:
        np.testing.assert_array_equal(np.isnan(table[feature]).all(1), [True, True, False])
    assert "the intensities do not add up to a positive weight" in causes(table)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_not_finite_spoils_its_object_only(bad):
    labels = np.repeat([[1, 2, 3]], 5, 0).repeat(4, 1)
    raw = np.random.default_rng(4).random(labels.shape)
    clean = measure(labels, raw, features=list(ORACLES))
    raw[2, 5] = bad
    table = measure(labels, raw, features=list(ORACLES))
    assert np.all(np.isnan(table.values[1]))
    np.testing.assert_array_equal(table.values[[0, 2]], clean.values[[0, 2]])
    assert causes(table) == {"raw has 1 NaN or infinite pixel"}
