"""Lazy images of a value per object: what is read of them is what painting the whole image gives."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from napari_objclass import axes as axis_letters
from napari_objclass.widgets.viewer.lookup import Fill, Lookup, levels, plane_steps

IDS = np.array([3, 7, 2**40, 2**63 + 1], np.uint64)


def scene(seed=0, shape=(3, 4, 5, 6)):
    """A label image with gaps in its ids, and a value for nearly each object."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0], IDS]).astype(np.uint64)[rng.integers(0, 5, shape)]
    frames = np.repeat(np.arange(shape[0]), 3)
    ids = np.tile(IDS[:3], shape[0])  # the last one has no value
    return labels, Fill(frames, ids, rng.integers(1, 256, len(ids)).astype(np.uint8))


def whole(labels, fill, nothing=0):
    image = np.full(labels.shape, nothing, fill.values.dtype)
    for t, object_id, value in zip(*fill, strict=True):
        image[t][labels[t] == object_id] = value
    return image


def indices(length):
    integers = st.integers(-length, length - 1)
    return st.one_of(integers, integers.map(np.int64), st.slices(length))


@settings(max_examples=60)
@given(st.data())
def test_any_part_is_that_of_the_whole_image(data):
    labels, fill = scene()
    axes = data.draw(st.sampled_from(["tzyx", "xyzt", "zytx"]))
    expected = axis_letters.from_canonical(whole(labels, fill), axes)
    keys = data.draw(st.tuples(*(indices(length) for length in expected.shape)))
    keys = keys[: data.draw(st.integers(0, 4))]
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(keys)))
        keys = (*keys[:at], Ellipsis, *keys[at:])
    np.testing.assert_array_equal(Lookup(labels, axes, fill)[keys], expected[keys])


@pytest.mark.parametrize(("shape", "axes"), [((1, 1, 5, 6), "yx"), ((3, 1, 5, 6), "tyx"), ((1, 4, 5, 6), "xzy")])
def test_axes_are_those_of_the_user(shape, axes):
    labels, fill = scene(shape=shape)
    lookup, expected = Lookup(labels, axes, fill), axis_letters.from_canonical(whole(labels, fill), axes)
    assert (lookup.shape, lookup.ndim, lookup.size, len(lookup)) == (
        expected.shape, expected.ndim, expected.size, len(expected)
    )  # fmt: skip
    assert lookup.dtype == np.uint8
    np.testing.assert_array_equal(lookup, expected)
    np.testing.assert_array_equal(np.asarray(lookup, np.float64), expected)
    np.testing.assert_array_equal(lookup[1], expected[1])
    np.testing.assert_array_equal(lookup[expected > 9], expected[expected > 9])


def test_background_of_floats_is_missing():
    labels, fill = scene()
    image = np.asarray(Lookup(labels, "tzyx", fill._replace(values=fill.values.astype(np.float32))))
    assert image.dtype == np.float32
    assert np.isnan(image[labels == 0]).all()
    np.testing.assert_array_equal(image[labels == 3], whole(labels, fill)[labels == 3])


def test_an_index_beyond_the_image_is_refused():
    labels, fill = scene()
    with pytest.raises(IndexError):
        Lookup(labels, "tzyx", fill)[3]


def test_new_values_show_at_once_also_in_the_array_that_napari_keeps():
    labels, fill = scene(shape=(1, 1, 5, 6))
    other = fill._replace(values=fill.values[::-1].copy())
    lookup = Lookup(labels, "yx", fill, kept=True)
    kept = np.asarray(lookup)
    lookup.take(other)
    np.testing.assert_array_equal(lookup[:], whole(labels, other)[0, 0])
    np.testing.assert_array_equal(kept, whole(labels, other)[0, 0])
    assert np.asarray(lookup) is kept


def test_an_image_that_is_painted_already_is_read():
    labels, fill = scene()
    lookup = Lookup(labels, "tzyx", Fill.nothing(np.uint8))
    ready = lookup.painted(fill)
    lookup.take(fill, ready)
    assert np.shares_memory(lookup[:, 1], ready)
    np.testing.assert_array_equal(lookup, whole(labels, fill))
    lookup.take(Fill.nothing(np.uint8))
    assert not lookup[:, 1].any()


def test_a_copy_is_an_array_that_keeps_its_values():
    labels, fill = scene()
    lookup = Lookup(labels, "tzyx", fill)
    twin = copy.deepcopy(lookup)
    lookup.take(fill._replace(values=np.full_like(fill.values, 9)))
    assert type(twin) is np.ndarray
    np.testing.assert_array_equal(twin, whole(labels, fill))
    np.testing.assert_array_equal(lookup.astype(float), np.asarray(lookup))


def test_what_is_painted_on_it_is_gone_with_the_next_values():
    labels, fill = scene()
    lookup = Lookup(labels, "tzyx", fill)
    lookup[0, 0, :2] = 7
    assert (lookup[0, 0, :2] == 7).all()
    assert (np.asarray(lookup)[0, 0, :2] == 7).all()
    lookup.take(fill)
    np.testing.assert_array_equal(lookup, whole(labels, fill))


def test_levels_are_every_so_many_th_pixel():
    labels, fill = scene(shape=(1, 1, 50, 61))
    full, half = levels(labels, "yx", fill, [(1, 1, 1), (1, 2, 2)])
    np.testing.assert_array_equal(half, np.asarray(full)[::2, ::2])


def test_only_large_planes_have_levels():
    assert plane_steps((1, 1, 1024, 1024)) == plane_steps((9, 40, 4096, 4096)) == [(1, 1, 1)]
    assert plane_steps((1, 1, 4096, 4096)) == [(1, 1, 1), (1, 2, 2), (1, 4, 4), (1, 8, 8)]
    assert plane_steps((1, 1, 2048, 2048), 2048 * 2048) == [(1, 1, 1)]
    assert plane_steps((5, 1, 3000, 2000)) == [(1, 1, 1), (1, 2, 2), (1, 4, 4), (1, 8, 8)]
