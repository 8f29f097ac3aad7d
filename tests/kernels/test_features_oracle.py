"""Feature values against those of ilastik, object by object."""

import numpy as np
import pytest
from kernels.ilastik import CASES, compared, measured, reference, ulps, values

#: How each feature is compared. A feature that stands here is tested on every case.
ORACLES = {
    "num_pixels": "exact",
    "bbox_min": "exact",
    "bbox_max": "exact",
    "centroid": "one ulp",
    "axis_radii": "one ulp",
    "axis_vectors": "axes",
    "intensity_mean": "one ulp",
    "intensity_variance": "one ulp",
    "intensity_skewness": "one ulp",
    "intensity_kurtosis": "one ulp",
    "intensity_min": "exact",
    "intensity_max": "exact",
    "intensity_sum": "one ulp",
    "intensity_central_sum_2": "one ulp",
    "intensity_central_sum_3": "one ulp",
    "intensity_central_sum_4": "one ulp",
    "coordinate_sum": "one ulp",
    "axis_variance": "one ulp",
}

#: Objects whose axes have no well-defined sign or order, because their exact scatter matrix has an off-diagonal
#: element of 0 or two equal diagonal elements: there the reference follows its own rounding errors.
AMBIGUOUS = {
    "edge2d": {5, 6, 7, 8, 9, 10, 32, 33, 34, 35, 36, 37},
    "edge2d_const": {5, 6, 7, 8, 9, 10, 32, 33, 34, 35, 36, 37},
    "edge2d_full": {1},
}

worst: dict[str, float] = {}


@pytest.fixture(scope="module", autouse=True)
def _print_worst(request):
    """Print the largest difference of each feature over all cases (shown with ``-s``)."""
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\nlargest difference to ilastik, in float32 ulp:")
        for feature, ulps in worst.items():
            print(f"  {feature:20} {ulps:.1f}")


def check(feature, ours, theirs, allowed):
    found = ulps(ours, theirs)
    worst[feature] = max(worst.get(feature, 0.0), found.max(initial=0.0))
    assert not np.any(found > allowed)


@pytest.mark.parametrize("case", CASES)
def test_rows_are_the_objects(case):
    np.testing.assert_array_equal(measured(case).ids, reference(case)["ids"])


@pytest.mark.parametrize(("case", "feature"), compared(*(f for f, how in ORACLES.items() if how != "axes")))
def test_values_are_ilastiks(case, feature):
    check(feature, *values(case, feature), 0 if ORACLES[feature] == "exact" else 1)


@pytest.mark.parametrize("case", CASES)
def test_axes_are_ilastiks_with_sign(case):
    ours, theirs = values(case, "axis_vectors")
    settled = ~np.isin(measured(case).ids, list(AMBIGUOUS.get(case, ())))
    check("axis_vectors", ours[settled], theirs[settled], 1)


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_ambiguous_axes_are_axes_of_the_same_spread(case):
    labels, table = reference(case)["labels"], measured(case)
    for row, label in enumerate(table.ids):
        if int(label) not in AMBIGUOUS[case]:
            continue
        scatter = exact_scatter(labels == label)
        off_diagonal = scatter[np.triu_indices(len(scatter), 1)]
        diagonal = np.diag(scatter)
        assert 0 in off_diagonal or len(set(diagonal)) < len(diagonal)
        axes = table["axis_vectors"][row].reshape(len(scatter), -1)
        spread = axes @ np.diag(table["axis_radii"][row] ** 2) @ axes.T
        np.testing.assert_allclose(axes.T @ axes, np.eye(len(scatter)), atol=1e-15)
        np.testing.assert_allclose(
            spread, (scatter / np.sum(labels == label) ** 2).astype(float), rtol=1e-14, atol=1e-14
        )


def exact_scatter(mask):
    """n² times the covariance of the coordinates x, y[, z], in integers."""
    r = np.argwhere(mask)[:, ::-1].astype(object)
    n = len(r)
    sums = r.sum(0)
    return n * (r.T @ r) - np.outer(sums, sums)
