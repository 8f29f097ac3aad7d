"""What must not change skeletons: the place of the object, other objects, and objects measured before."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_objclass.features import feature_catalog, measure

repeatable = settings(derandomize=True, deadline=None, max_examples=80)

SKELETON = [spec.id for spec in feature_catalog(2) if spec.plugin == "2D Skeleton Features"]
PLACES = ["skeleton_center", "skeleton_terminal_1", "skeleton_terminal_2"]
MEASURES = [feature for feature in SKELETON if feature not in PLACES]


def label_images():
    """Images of up to four interleaved labels of several pieces each."""
    shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
    return st.builds(interleaved, shapes, st.integers(1, 4), st.sampled_from([1, 2, 5]), st.integers(0, 2**32 - 1))


def interleaved(shape, n_labels, scale, seed):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, n_labels + 1, [-(-n // scale) for n in shape])
    labels = coarse.repeat(scale, 0).repeat(scale, 1)[: shape[0], : shape[1]]
    return labels * (rng.random(shape) > 0.03)


def skeletons(labels):
    return measure(labels, features=SKELETON)


@repeatable
@given(label_images())
def test_every_object_is_as_if_alone(labels):
    together = skeletons(labels)
    for row, label in enumerate(together.ids):
        np.testing.assert_array_equal(together.values[row], skeletons(labels == label).values[0])


@repeatable
@given(label_images(), st.tuples(*[st.integers(0, 9)] * 4))
def test_the_place_of_an_image_in_background_does_not_matter(labels, around):
    top, bottom, left, right = around
    once = skeletons(np.pad(labels, 1))
    moved = skeletons(np.pad(labels, ((top + 1, bottom + 1), (left + 1, right + 1))))
    for feature in MEASURES:
        np.testing.assert_array_equal(moved[feature], once[feature])
    for feature in PLACES:
        has_one = once["skeleton_center"].any(1)
        np.testing.assert_array_equal(moved[feature][has_one], once[feature][has_one] + [left, top])


@repeatable
@given(label_images())
def test_places_belong_to_the_object_and_lengths_fit(labels):
    table = skeletons(labels)
    column = {feature: table[feature][:, 0] for feature in MEASURES}
    for row, label in enumerate(table.ids):
        ends = [table[feature][row].astype(int) for feature in PLACES]
        if any(end.any() for end in ends):
            assert all(labels[y, x] == label for x, y in ends)
    assert np.all(column["skeleton_euclidean_diameter"] <= column["skeleton_diameter"] + 1e-9)
    assert np.all(
        column["skeleton_branch_length"] * column["skeleton_branch_count"] <= column["skeleton_length"] + 1e-9
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_large_and_small_objects_in_turn(threads):
    labels = np.zeros((300, 400), np.uint16)
    labels[5:200, 5:300] = 1
    labels[50:150:20, 50:250:20] = 0
    labels[210:213, 4:300:2] = np.arange(2, 150)
    labels[230:290, 10:390] = 200
    table = measure(labels, features=SKELETON, threads=threads)
    for row in (0, 1, 70, len(table) - 1):
        np.testing.assert_array_equal(table.values[row], skeletons(labels == table.ids[row]).values[0])
