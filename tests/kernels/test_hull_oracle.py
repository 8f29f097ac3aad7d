"""Convex hulls against those of scipy, and their bounding-box variants against ilastik, object by object."""

import numpy as np
import pytest
from kernels.ilastik import CASES, compared, measured, reference, ulps, values
from scipy import ndimage
from scipy.spatial import ConvexHull

from napari_objclass.features import measure

#: What is made of an object and a convex body around it.
STATISTICS = [
    "area",
    "convexity",
    "defect_count",
    "defect_area_mean",
    "defect_area_variance",
    "defect_area_skewness",
    "defect_area_kurtosis",
    "defect_displacement",
    "center",
    "defect_center",
]

#: How each feature is compared.
ORACLES = {
    "hull_object_area": "ilastik",
    "hull_object_center": "ilastik",
    **{f"hull_{name}": "scipy" for name in STATISTICS},
    **{f"hull_{name}_ilastik": "ilastik" for name in STATISTICS},
}

EXACT = {"hull_object_area", "hull_area_ilastik", "hull_defect_count_ilastik"}

HULL = [f"hull_{name}" for name in STATISTICS]


@pytest.mark.parametrize(
    ("case", "feature"), compared(*(feature for feature, how in ORACLES.items() if how == "ilastik"))
)
def test_bounding_box_variants_are_ilastiks(case, feature):
    ours, theirs = values(case, feature)
    if feature == "hull_defect_center_ilastik":
        # Without defects the reference has the place left over from the object it measured before.
        none = measured(case)["hull_defect_count_ilastik"][:, 0] == 0
        np.testing.assert_array_equal(ours[none], 0)
        ours, theirs = ours[~none], theirs[~none]
    assert not np.any(ulps(ours, theirs) > (0 if feature in EXACT else 1))


def test_objects_without_defects_are_few():
    without = {case: int((measured(case)["hull_defect_count_ilastik"] == 0).sum()) for case in CASES}
    assert {case: n for case, n in without.items() if n} == {"edge2d": 13, "edge2d_const": 13, "edge2d_full": 1}


@pytest.mark.parametrize("case", CASES)
def test_hulls_of_reference_objects_are_scipys(case):
    labels, table = reference(case)["labels"], measured(case)
    boxes = ndimage.find_objects(labels)
    for row, label in enumerate(table.ids):
        box = boxes[int(label) - 1]
        expected = statistics(labels[box] == label, [side.start for side in box])
        check({name: table[f"hull_{name}"][row] for name in STATISTICS}, expected)


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("density", [0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(8))
def test_hulls_of_scattered_objects_are_scipys(n_dims, density, seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 12 if n_dims == 3 else 30, n_dims)
    mask = rng.random(shape) < density
    mask.flat[rng.integers(mask.size)] = True
    check_mask(mask)


@pytest.mark.parametrize("seed", range(6))
def test_hulls_of_blobs_are_scipys(seed):
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.standard_normal((24, 30, 36)), [1 + seed % 3, 2, 2 + seed % 2])
    check_mask(smooth > 0.7 * smooth.std())


@pytest.mark.parametrize("seed", range(30))
def test_hulls_of_flat_objects_in_any_orientation(seed):
    rng = np.random.default_rng(seed)
    normal = rng.integers(-3, 4, 3)
    z, y, x = np.indices((9, 10, 11))
    plane = normal[0] * (z - 4) + normal[1] * (y - 5) + normal[2] * (x - 5) == 0
    mask = plane & (rng.random(plane.shape) < rng.choice([0.1, 0.4, 1]))
    mask[4, 5, 5] = True
    check_mask(mask)


@pytest.mark.parametrize(
    "step", [(0, 0, 1), (0, 3, 0), (2, 0, 0), (0, 1, 2), (1, 0, 2), (2, 4, 0), (1, -1, 2), (3, 3, -3)]
)
def test_two_voxels_and_all_between_them(step):
    mask = np.zeros((13, 13, 13), bool)
    places = 6 + np.outer([-2, 1, 2], step)
    mask[tuple(places[(np.abs(places - 6) <= 6).all(1)].T)] = True
    check_mask(mask)


def check_mask(mask):
    offset = [2, 1, 3][-mask.ndim :]
    labels = np.pad(mask, [(before, 1) for before in offset]).astype(np.uint8)
    table = measure(labels, features=HULL)
    check({name: table[f"hull_{name}"][0] for name in STATISTICS}, statistics(mask, offset))


def check(ours, expected):
    for name, theirs in expected.items():
        exact = name in ("area", "defect_count")
        np.testing.assert_allclose(
            ours[name], theirs, rtol=0 if exact else 1e-10, atol=0 if exact else 1e-10, err_msg=name
        )


def statistics(mask, offset):
    """Every statistic of the hull of an object, as it is defined."""
    body = hull(mask)
    assert not np.any(mask & ~body)
    parts, k = ndimage.label(body & ~mask)
    a = np.bincount(parts.ravel(), minlength=1)[1:].astype(float)
    centers = np.array(ndimage.center_of_mass(parts > 0, parts, range(1, k + 1))).reshape(k, mask.ndim)
    apart = np.linalg.norm(centers + offset - center(mask, offset), axis=1)
    mean = a.mean() if k else 0
    m2, m3, m4 = (((a - mean) ** power).sum() for power in (2, 3, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        g1, g2 = np.sqrt(k) * np.divide(m3, m2**1.5), k * np.divide(m4, m2**2) - 3
    return {
        "area": body.sum(),
        "convexity": mask.sum() / body.sum(),
        "defect_count": k,
        "defect_area_mean": mean,
        "defect_area_variance": m2 / (k - 1) if k > 1 else 0,
        "defect_area_skewness": np.sqrt(k * (k - 1)) / (k - 2) * g1 if k > 2 else 0,
        "defect_area_kurtosis": (k - 1) / ((k - 2) * (k - 3)) * ((k + 1) * g2 + 6) if k > 3 else 0,
        "defect_displacement": np.dot(a, apart) / a.sum() if k else 0,
        "center": center(body, offset)[::-1],
        "defect_center": center(body & ~mask, offset)[::-1] if k else np.zeros(mask.ndim),
    }


def center(mask, offset):
    return np.argwhere(mask).mean(0) + offset


def hull(mask):
    """Voxels whose centres are within the convex hull of those of ``mask``."""
    points, candidates = np.argwhere(mask), np.argwhere(np.ones(mask.shape, bool))
    body = np.zeros(mask.size, bool)
    basis = independent(points - points[0])
    if len(basis) < mask.ndim:
        # Coordinates along the line or plane of the object, of what lies in it.
        along = np.linalg.pinv(basis) if len(basis) else np.zeros((mask.ndim, 0))
        points, relative = (points - points[0]) @ along, candidates - points[0]
        candidates = relative @ along
        chosen = np.abs(candidates @ basis.reshape(-1, mask.ndim) - relative).max(1) < 1e-9
        body[chosen] = within(points, candidates[chosen])
    else:
        body[:] = within(points, candidates)
    return body.reshape(mask.shape)


def independent(vectors):
    """As many of integer ``vectors`` as are linearly independent."""
    basis = np.zeros((0, vectors.shape[1]))
    for vector in vectors:
        extended = np.vstack([basis, vector])
        if np.linalg.matrix_rank(extended) > len(basis):
            basis = extended
        if len(basis) == vectors.shape[1]:
            break
    return basis


def within(points, candidates):
    """Which candidates are inside the convex hull of points that take up all dimensions, or on it."""
    if points.shape[1] == 0:
        return np.ones(len(candidates), bool)
    if points.shape[1] == 1:
        return ((candidates >= points.min() - 1e-9) & (candidates <= points.max() + 1e-9))[:, 0]
    planes = np.unique(ConvexHull(points).equations, axis=0)
    return (candidates @ planes[:, :-1].T + planes[:, -1] <= 1e-9).all(1)
