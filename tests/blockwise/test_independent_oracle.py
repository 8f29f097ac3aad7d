"""Independent blocks as ilastik tests its own: with enough of a halo they are the whole image, without one they differ.

The volume, the features, the objects that are labelled and the three pairs of block and halo are those of ilastik's
own test of its blockwise classification.
"""

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.workflow.blockwise.independent import Independent
from napari_objclass.workflow.blockwise.sources import Volume

SIDE = 100
FEATURES = ("num_pixels", "intensity_mean", "intensity_mean_neighborhood")


def cubes():
    """Cubes of 5 and of 2 voxels a side, gray in the half of small x, white in the other."""
    places = np.indices((SIDE, SIDE, SIDE)) % 20
    large = (places < 5).all(axis=0)
    small = ((places - 10) % 20 < 2).all(axis=0)
    mask = large | small
    gray = np.arange(SIDE) < SIDE // 2
    return mask, np.where(gray, np.uint8(127), np.uint8(255)) * mask


@pytest.fixture(scope="module")
def whole():
    """A trained session, its volume and the classes of the whole image."""
    mask, raw = cubes()
    session = oc.Session(recover=False)
    session.add_lane(raw=raw, segmentation=mask, axes="zyx")
    session.feature_selection = oc.FeatureSelection(FEATURES, (1, 10, 10))
    table = session.table(0)
    is_large, is_white = table["num_pixels"][:, 0] > 8, table["intensity_mean"][:, 0] > 200
    centers = session.objects(0).boxes[:, 5]  # far from the change of gray, and from the border
    ids = session.objects(0).ids
    for big, white, cls in ((True, True, 1), (False, False, 1), (False, True, 2), (True, False, 2)):
        chosen = ids[(is_large == big) & (is_white == white) & (centers > 5)][:3]
        session.annotate_many(0, ids=chosen.tolist(), classes=[cls] * 3)
    return session, mask, raw, session.predict(0)


def independent(whole, block, halo):
    session, mask, raw, _ = whole
    labels, intensities = Volume(mask, "zyx", "the mask", ids=True), Volume(raw, "zyx", "raw")
    return Independent(labels, intensities, session.forest, (block,) * 3, halo)


@pytest.mark.parametrize(("block", "halo"), [(42, (30, 35, 35)), (40, (10, 10, 10))])
def test_with_enough_of_a_halo_the_result_is_that_of_the_whole_image(whole, block, halo):
    prediction = whole[-1]
    blocks = independent(whole, block, halo)
    np.testing.assert_array_equal(blocks.classes()[0], prediction.paint("classes"))
    assert set(np.unique(blocks.classes())) == {0, 1, 2}
    expected = np.stack([prediction.paint(1), prediction.paint(2)], axis=-1)
    np.testing.assert_array_equal(blocks.probabilities()[0], expected)


def test_without_a_halo_it_differs(whole):
    prediction = whole[-1]
    found = independent(whole, 42, (0, 0, 0)).classes()[0]
    expected = prediction.paint("classes")
    assert ((found > 0) == (expected > 0)).all()
    assert (found != expected).any()
