"""The check of blocks against the whole image: which objects differ, what fits into memory, what a part of it is."""

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.workflow.blockwise import check

SIDE = 12


@pytest.fixture(scope="module")
def session():
    """Two frames of small and large squares, one of which is cut by the middle of the image."""
    labels = np.zeros((2, 64, 64), np.uint16)
    for t in range(2):
        for k, (y, x) in enumerate(np.ndindex(5, 5)):
            side = 3 + 5 * ((y + x + t) % 2)
            labels[t, SIDE * y + 1 : SIDE * y + 1 + side, SIDE * x + 1 : SIDE * x + 1 + side] = k + 1
    raw = np.random.default_rng(1).integers(0, 255, labels.shape, np.uint8)
    session = oc.Session(recover=False)
    session.add_lane(raw=raw, labels=labels, axes="tyx", name="squares")
    session.feature_selection = oc.FeatureSelection(("num_pixels",))
    session.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 2, 1, 2])
    session.train()
    return session


def compare(session, part=None, **blocks):
    session.blockwise_settings = oc.Blockwise(**blocks)
    return check.compare(session, session.lane(0).uuid, part, as_ilastik=True)


def test_with_a_halo_nothing_differs(session):
    found = compare(session, ilastik_block_shape=(1, 20, 20), halo=(0, 10, 10))
    assert (found.n_objects, found.differences, found.part) == (50, (), None)
    assert found.classes.shape == (2, 1, 64, 64)
    np.testing.assert_array_equal(found.classes[:, 0], session.predict(0).paint("classes"))


def test_objects_that_are_cut_are_told(session):
    found = compare(session, ilastik_block_shape=(1, 64, 16), halo=(0, 0, 0))
    objects, expected = session.objects(0), session.predict(0)
    assert found.differences
    for each in found.differences:
        row = objects.rows(np.array([each.t]), np.array([each.object_id], np.uint64))[0]
        assert each.box == tuple(objects.boxes[row])
        assert each.whole == expected.classes[row] == 2  # a large one
        assert each.box[2] // 16 != (each.box[5] - 1) // 16  # on a border
        assert 1 in each.blockwise
    assert len({(each.t, each.object_id) for each in found.differences}) == len(found.differences)


def test_a_part_is_looked_at_as_if_there_were_nothing_else(session):
    part = (slice(1, 2), slice(0, 1), slice(0, 30), slice(20, 64))
    found = compare(session, part, ilastik_block_shape=(1, 64, 16), halo=(0, 0, 0))
    assert found.part == part
    assert found.classes.shape == (1, 1, 30, 44)
    labels = session.objects(0).labels
    assert found.n_objects == len(np.unique(labels[part])) - 1
    for each in found.differences:
        z, y, x = (slice(a, b) for a, b in zip(each.box[:3], each.box[3:], strict=True))
        assert each.t == 1
        assert (labels[1, z, y, x] == each.object_id).any()
    assert not compare(session, part, halo=(0, 99, 99)).differences


@pytest.mark.parametrize("shape", [(40, 50, 60), (1, 200, 300), (3, 400, 9)])
@pytest.mark.parametrize("share", [0.9, 0.3, 0.01])
def test_the_part_that_fits_is_around_the_view(shape, share):
    session = oc.Session(recover=False)
    session.add_lane(raw=np.zeros(shape, np.uint16), labels=np.zeros(shape, np.uint8), axes="zyx")
    lane = session.lane(0).uuid
    needed = check.bytes_needed(session, lane)
    assert needed == np.prod(shape) * (16 + 2 + 1)
    middle = tuple(length - 1 for length in shape)
    t, *space = check.part_that_fits(session, lane, int(share * needed), 0, middle)
    assert t == slice(0, 1)
    sides = [each.stop - each.start for each in space]
    assert all(0 <= each.start < each.stop <= length for each, length in zip(space, shape, strict=True))
    assert all(each.start <= at < each.stop for each, at in zip(space, middle, strict=True))
    assert np.prod(sides) <= share * np.prod(shape)
    assert np.prod(sides) >= 0.5 * share * np.prod(shape)
    assert (sides[0] == 1) == (shape[0] == 1)
