"""Skeletons against ilastik's values, and against VIGRA's on objects made to be hard."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from kernels.ilastik import compared, measured, reference, values

from napari_objclass.features import measure

HARD = Path(__file__).parents[1] / "data" / "skeleton"

#: Every feature is compared exactly: in float32 with ilastik's values, in float64 with VIGRA's.
ORACLES = {
    "skeleton_diameter": "Diameter",
    "skeleton_euclidean_diameter": "Euclidean Diameter",
    "skeleton_length": "Total Length",
    "skeleton_branch_length": "Average Length",
    "skeleton_branch_count": "Branch Count",
    "skeleton_hole_count": "Hole Count",
    "skeleton_center": "Skeleton Center",
    "skeleton_terminal_1": "Terminal 1",
    "skeleton_terminal_2": "Terminal 2",
}


@pytest.mark.parametrize(("case", "feature"), compared(*ORACLES))
def test_values_are_ilastiks(case, feature):
    np.testing.assert_array_equal(*values(case, feature))


def test_every_feature_is_compared_in_every_flat_case():
    assert len(compared(*ORACLES)) == 6 * len(ORACLES)


def test_a_pixel_at_the_border_of_the_image_may_lack_a_skeleton():
    """Of three nearest pixels, the lower one counts, and what is opposite of it lies beyond the image."""
    table = measured("edge2d")
    row = table.ids.tolist().index(2)
    assert np.argwhere(reference("edge2d")["labels"] == 2).tolist() == [[0, 20]]
    assert all(not table[feature][row].any() for feature in ORACLES)
    inside = table.ids.tolist().index(1)
    assert table["skeleton_center"][inside].tolist() == [5, 5]


@cache
def hard():
    """Label images, and VIGRA's values of all their objects, in the order of images and ids."""
    with np.load(HARD / "hard.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("name", sorted(np.load(HARD / "hard.npz")["names"].tolist()))
def test_hard_objects_are_vigras(name):
    arrays = hard()
    table = measure(arrays[f"{name}_labels"], features=list(ORACLES))
    ours = np.column_stack([table[feature] for feature in ORACLES])
    np.testing.assert_array_equal(ours, arrays[f"{name}_values"])


def box(x0, x1, y0, y1):
    return lambda x, y: (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)


def disc(squared):
    return lambda x, y: (x - 12) ** 2 + (y - 12) ** 2 <= squared


#: What belongs to the object, side of the image, and its nine values, computed by VIGRA.
KNOWN = {
    "square of 2": (box(2, 3, 2, 3), 12, [1.414214, 1.414214, 1.414214, 1.414214, 1, 0, 3, 2, 2, 3, 3, 2]),
    "square of 3": (box(1, 3, 1, 3), 12, [2.828427, 2.828427, 5.656854, 1.414214, 4, 0, 2, 2, 1, 3, 3, 1]),
    "row": (box(2, 6, 2, 2), 12, [4, 4, 4, 2, 2, 0, 4, 2, 6, 2, 2, 2]),
    "rectangle": (box(2, 11, 1, 5), 14, [10.656854, 9, 16.313708, 4.078427, 4, 0, 6, 3, 11, 5, 2, 5]),
    "square with a hole": (
        lambda x, y: box(1, 7, 1, 7)(x, y) & ((x != 4) | (y != 4)),
        12,
        [10.242641, 8.485281, 22.313708, 3.767767, 4, 1, 2, 5, 7, 7, 1, 1],
    ),
    "disc": (disc(100), 25, [21.970563, 19.209373, 154.539105, 7.726955, 20, 0, 14, 12, 20, 18, 8, 3]),
    "ring": (
        lambda x, y: disc(100)(x, y) & ~disc(15)(x, y),
        25,
        [28.313708, 19.313208, 79.284271, 25.192388, 2, 1, 6, 14, 15, 21, 8, 3],
    ),
    "angle": (
        lambda x, y: box(2, 4, 2, 13)(x, y) | box(2, 13, 11, 13)(x, y),
        16,
        [20.242641, 14.212670, 20.242641, 10.121320, 2, 0, 3, 11, 13, 13, 4, 2],
    ),
    "corner": (box(0, 3, 0, 5), 10, [4.242641, 4.242641, 2.828427, 2.828427, 1, 0, 1, 3, 3, 5, 0, 2]),
    "everything": (box(0, 9, 0, 9), 10, [0] * 12),
    "half": (box(0, 4, 0, 9), 10, [0] * 12),
}


@pytest.mark.parametrize("name", KNOWN)
def test_simple_shapes_have_the_known_values(name):
    contains, side, expected = KNOWN[name]
    y, x = np.mgrid[:side, :side]
    table = measure(contains(x, y).astype(np.uint8), features=list(ORACLES))
    np.testing.assert_allclose(table.values[0], expected, rtol=0, atol=5e-7)
