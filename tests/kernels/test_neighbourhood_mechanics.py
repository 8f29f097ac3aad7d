"""Margins, missing values and stopping of the features of the neighbourhood."""

import numpy as np
import pytest

from napari_objclass import kernels
from napari_objclass.errors import Cancelled
from napari_objclass.features import feature_catalog, measure, neighbourhood

SUM = "intensity_sum_neighborhood"
HISTOGRAM = "intensity_histogram_neighborhood"
EMPTY = "no pixel of the image is in the neighborhood"


def dot(shape, place):
    """Make a label image of one pixel, and raw that is 1 everywhere: sums are numbers of pixels."""
    labels = np.zeros(shape, np.uint8)
    labels[place] = 1
    return labels, np.ones(shape, np.uint8)


def reason(problem):
    """Why a value is missing, without which value it is."""
    return problem.reason.split(": ")[-1]


def size(labels, raw, margin):
    return measure(labels, raw, features=[SUM], margin=margin)[SUM].item()


@pytest.mark.parametrize(("margin", "expected"), [(1, 0), (2, 8), (3, 24), (4, 44)])
def test_a_pixel_reaches_less_than_the_margin(margin, expected):
    y, x = np.ogrid[-9:10, -9:10]
    assert np.sum(x * x + y * y < margin * margin) - 1 == expected
    found = size(*dot((19, 19), (9, 9)), margin)
    assert found == expected or (expected == 0 and np.isnan(found))


@pytest.mark.parametrize(("margin", "expected"), [((0, 4), 6), ((4, 0), 6), ((0, 1), np.nan), ((0, 0), np.nan)])
def test_no_pixel_is_passed_along_an_axis_of_margin_0(margin, expected):
    np.testing.assert_equal(size(*dot((19, 19), (9, 9)), margin), expected)


@pytest.mark.parametrize(
    ("margin", "flat", "deep"),
    [
        (None, (0, 30, 30), (1, 30, 30)),
        (7, (0, 7, 7), (7, 7, 7)),
        ((5, 7), (0, 5, 7), (1, 5, 7)),
        ((3, 5, 7), (0, 5, 7), (3, 5, 7)),
    ],
)
def test_a_margin_holds_for_flat_images_and_volumes(margin, flat, deep):
    assert (neighbourhood(margin, 2), neighbourhood(margin, 3)) == (flat, deep)
    labels, raw = (np.stack([each] * 5) for each in dot((31, 31), (15, 15)))
    assert size(labels, raw, margin) == size(labels, raw, deep)


def test_where_the_ratio_of_margins_is_not_whole_the_box_cuts_one_pixel_behind_the_margin():
    # ⌊5 / 3⌋ = 1: as far along y as along x, 4 pixels, if the box did not begin 3 pixels before the object.
    assert size(*dot((19, 1), (9, 0)), (3, 5)) == 3 + 4


@pytest.mark.parametrize("margin", [40, 255, 256, 70_000, 2**40, 2**62])
def test_a_margin_beyond_the_image_holds_all_of_it(margin):
    labels, raw = dot((9, 30), (4, 7))
    assert size(labels, raw, margin) == labels.size - 1


@pytest.mark.parametrize("margin", [254, 255, 256, 257])
def test_margins_do_not_depend_on_the_numbers_that_hold_them(margin):
    labels, raw = dot((1, 601), (0, 300))
    assert size(labels, raw, margin) == 2 * (margin - 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_where_no_pixel_is_around_values_are_missing(shape):
    features = [spec.id for spec in feature_catalog(2, 1) if spec.id.endswith("_neighborhood")]
    table = measure(np.ones(shape, np.uint8), np.ones(shape, np.uint8), features=features)
    around = [f for f in features if "_object_and_" not in f]
    assert all(np.isnan(table[f]).all() for f in around)
    assert {reason(p) for p in table.problems if "_object_and_" not in p.feature} == {EMPTY}
    assert table["intensity_sum_object_and_neighborhood"].item() == np.prod(shape)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_pixels_count_where_they_are(bad):
    labels, raw = dot((9, 40), (4, 4))
    raw = raw.astype(np.float32)
    features = [SUM, HISTOGRAM, "intensity_sum_object_and_neighborhood", "intensity_sum"]
    raw[4, 39] = bad
    assert not measure(labels, raw, features=features, margin=5).problems
    raw[4, 5] = bad
    table = measure(labels, raw, features=features, margin=5)
    assert {reason(problem) for problem in table.problems} == {"raw has 1 NaN or infinite pixel"}
    assert np.isnan(table[HISTOGRAM]).all()
    assert table["intensity_sum"].item() == 1


def test_channels_have_values_of_their_own():
    labels, raw = dot((19, 19), (9, 9))
    both = np.stack([raw, raw * 3], -1)
    table = measure(labels, both, features=[SUM, HISTOGRAM], margin=2)
    assert table[SUM].tolist() == [[8, 24]]
    for channel, counts in enumerate(np.split(table[HISTOGRAM], 2, axis=1)):
        np.testing.assert_array_equal(
            counts, measure(labels, both[..., channel], features=[HISTOGRAM], margin=2)[HISTOGRAM]
        )


def test_twins_are_found_by_id_alone():
    specs = {spec.id: spec for spec in feature_catalog(3, 1)}
    twins = [spec for spec in specs.values() if spec.id.endswith("_object_and_neighborhood")]
    assert twins
    for twin in twins:
        shown = specs[twin.id.replace("_object_and", "")]
        assert (twin.hidden, twin.default) == (True, False)
        assert (shown.hidden, shown.default) == (False, specs[shown.id.replace("_neighborhood", "")].default)
        assert shown.display == specs[shown.id.replace("_neighborhood", "")].display + " in neighborhood"


def test_a_cancelled_call_stops():
    token = kernels.CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure(*dot((300, 300), (9, 9)), features=[SUM], margin=200, cancel=token)
