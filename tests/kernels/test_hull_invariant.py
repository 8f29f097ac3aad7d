"""Hulls of digitally convex objects are the objects; turned, scaled and taken apart, hulls stay what they are."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_objclass.features import measure

SCALARS = [
    "hull_area",
    "hull_convexity",
    "hull_defect_count",
    "hull_defect_area_mean",
    "hull_defect_area_variance",
    "hull_defect_area_skewness",
    "hull_defect_area_kurtosis",
    "hull_defect_displacement",
]
FEATURES = [*SCALARS, "hull_center", "hull_defect_center", "hull_object_center"]

repeatable = settings(derandomize=True, deadline=None, max_examples=60)


def hull(mask, features=FEATURES):
    # A border on one side: no axis is so short that the image would be of fewer dimensions.
    return measure(np.pad(mask, (0, 1)).astype(np.uint8), axes="zyx"[-mask.ndim :], features=features)


@pytest.mark.parametrize("squared_radius", [0, 1, 2, 5, 25, 50, 99, 1000, 99**2, 12345])
@pytest.mark.parametrize("n_dims", [2, 3])
def test_digital_balls_are_convex(squared_radius, n_dims):
    if n_dims == 3:
        squared_radius //= 4
    r = int(np.sqrt(squared_radius)) + 1
    assert_convex(sum(axis**2 for axis in np.ogrid[(slice(-r, r + 1),) * n_dims]) <= squared_radius)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 9), (9, 1), (5, 8), (1, 1, 7), (6, 1, 1), (1, 6, 1), (4, 5, 6), (1, 5, 6), (5, 6, 1)]
)
def test_boxes_are_convex(shape):
    assert_convex(np.pad(np.ones(shape, bool), 1))


@repeatable
@given(st.integers(2, 3), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_cuts_by_half_spaces_are_convex(n_dims, n_cuts, seed):
    rng = np.random.default_rng(seed)
    places = np.indices((17,) * n_dims) - 8
    inside = np.ones(places.shape[1:], bool)
    for normal in rng.integers(-9, 10, (n_cuts, n_dims)):
        inside &= np.tensordot(normal, places, 1) <= rng.integers(0, 60)
    assert_convex(inside)


@repeatable
@given(st.integers(0, 2**32 - 1))
def test_ellipsoids_in_any_orientation_are_convex(seed):
    rng = np.random.default_rng(seed)
    form = rng.integers(-4, 5, (3, 3))
    places = np.indices((21, 21, 21)) - 10
    assert_convex((np.tensordot(form, places, 1) ** 2).sum(0) <= rng.integers(0, 900))


def assert_convex(mask):
    table = hull(mask)
    assert table["hull_area"].item() == mask.sum()
    assert table["hull_convexity"].item() == 1
    assert not table["hull_defect_count"].any()
    assert not table["hull_defect_area_mean"].any()
    np.testing.assert_allclose(table["hull_center"], table["hull_object_center"], rtol=0, atol=1e-13)


@st.composite
def masks(draw, most=9):
    """Voxels scattered in a box of any proportions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random([draw(st.integers(1, most)) for _ in range(3)]) < draw(st.sampled_from([0.05, 0.3, 0.8]))
    mask.flat[rng.integers(mask.size)] = True
    return mask


@repeatable
@given(masks(), st.sampled_from(list(itertools.permutations(range(3)))))
def test_axes_may_be_exchanged(mask, order):
    before, after = hull(mask), hull(mask.transpose(order))
    assert_same(before, after)
    xyz = [2 - order[2 - axis] for axis in range(3)]
    for feature in ("hull_center", "hull_defect_center"):
        np.testing.assert_allclose(after[feature][0], before[feature][0][xyz], rtol=0, atol=1e-13)


def assert_same(before, after):
    for feature in SCALARS:
        rounding = {"rtol": 1e-13, "atol": 1e-13} if feature == "hull_defect_displacement" else {"rtol": 0}
        np.testing.assert_allclose(after[feature], before[feature], **rounding)


@repeatable
@given(masks(), st.tuples(*(st.integers(0, 40) for _ in range(3))))
def test_places_do_not_matter(mask, offset):
    before, after = hull(mask), hull(np.pad(mask, [(o, 1) for o in offset]))
    for feature in SCALARS:
        np.testing.assert_array_equal(after[feature], before[feature])


@repeatable
@given(masks(most=4))
def test_a_voxel_is_within_if_the_hull_does_not_grow_by_it(mask):
    area = hull(mask)["hull_area"].item()
    body = mask.copy()
    for place in map(tuple, np.argwhere(~mask)):
        larger = mask.copy()
        larger[place] = True
        body[place] = hull(larger)["hull_area"].item() == area
    assert body.sum() == area
    assert_convex(body)


@pytest.mark.parametrize("long_axis", [0, 1, 2])
def test_very_long_objects(long_axis):
    n = 3_000_001
    shape = [1, 1, 1]
    shape[long_axis] = n
    line = np.zeros(shape, bool)
    line.flat[[0, n // 3, n - 1]] = True
    table = measure(line.astype(np.uint8), axes="zyx", features=FEATURES)
    assert table["hull_area"].item() == n
    assert table["hull_defect_count"].item() == 2


def test_a_long_tetrahedron():
    n = 1_000_000
    labels = np.zeros((3, 3, 2 * n + 1), np.uint8)
    labels[0, 0, 0] = labels[0, 2, 2 * n] = labels[2, 0, 2 * n] = labels[2, 2, n] = 1
    table = measure(labels, features=["hull_area"])
    # Four corners, the middles of the four edges between neighbouring rows, and the row between the other two edges.
    assert table["hull_area"].item() == 4 + 4 + (2 * n - n // 2 + 1)
