"""Groups that floods stay in, and what touches what in blocks, against plain definitions in scipy."""

import numpy as np
from hypothesis import given, settings, strategies as st
from kernels.test_threshold_invariant import image_of
from scipy import ndimage

from napari_objclass import block_kernels, kernels

HOW = kernels.How(
    sigma=(0.7, 1.0, 1.0),
    value_range=(0.0, 1.0),
    low=0.5,
    high=0.6,
    merge=False,
    min_size=1,
    max_size=10**6,
    fill_holes=False,
)
shapes = st.tuples(st.just(1), st.sampled_from([1, 2, 7]), st.integers(1, 20), st.integers(1, 20))
seeds = st.integers(0, 999)


@st.composite
def blocks(draw, shape):
    """A block of a frame, and what is read around it."""
    ends = [sorted(draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True))) for n in shape[1:]]
    start, stop = (tuple(end[i] for end in ends) for i in (0, 1))
    halo = np.add(block_kernels.smoothing_halo(HOW["sigma"], shape[1:]), 1)
    low, high = np.maximum(np.subtract(start, halo), 0), np.minimum(np.add(stop, halo), shape[1:])
    return start, stop, tuple(low.tolist()), tuple(high.tolist())


def box(start, stop):
    return (slice(None), *map(slice, start, stop))


def image_painted(labels, values):
    return labels.paint(kernels.Run("painting"), labels.start, labels.stop, values.astype(np.uint32))


@settings(max_examples=60)
@given(st.data(), shapes, seeds, st.booleans())
def test_groups_are_components_of_what_is_reached_and_its_neighbours(data, shape, seed, two):
    last, core = (image_of(seed + each, shape, np.float32, nan=True) for each in (0, 1))
    smooth = [kernels.smooth(each, sigma=HOW["sigma"], value_range=(0, 1)) for each in (last, core)]
    start, stop, low, high = data.draw(blocks(shape))
    values = smooth[0] + smooth[1] if two else smooth[0]
    cores = smooth[1 if two else 0] >= np.float32(0.6)
    near = ndimage.binary_dilation((values >= np.float32(0.5))[0] | cores[0])[None]
    found = block_kernels.groups_block(
        last[box(low, high)],
        core[box(low, high)] if two else None,
        how=HOW,
        start=low,
        inner_start=start,
        inner_stop=stop,
        frame_shape=shape[1:],
    )
    for labels, mask in ((found.mask, near), (found.cores, cores)):
        expected = kernels.connected_components(mask[box(start, stop)].astype(np.uint8))
        np.testing.assert_array_equal(image_painted(labels, np.arange(len(labels) + 1)), expected)
        assert not len(labels) or set(labels.keys) == {1}
    used = [last, core] if two else [last]
    assert found.n_nan == sum(np.isnan(each[box(start, stop)]).sum() for each in used)


def pairs_beside(ours, others, axis):
    """Pairs of what touches along an axis, ours first."""
    along = np.moveaxis(ours, axis, 0), np.moveaxis(others, axis, 0)
    return {(int(a), int(b)) for a, b in zip(along[0][:-1].ravel(), along[1][1:].ravel(), strict=True) if a and b}


@settings(max_examples=60)
@given(shapes, seeds)
def test_neighbours_and_contacts_are_those_of_the_pixels(shape, seed):
    rng = np.random.default_rng(seed)
    ours, others = (rng.integers(0, 4, shape).astype(np.uint8) for _ in range(2))
    labels, other = (block_kernels.label_block(each, (0, 0, 0), shape[1:]) for each in (ours, others))
    ours = image_painted(labels, np.arange(len(labels) + 1))
    others = image_painted(other, np.arange(len(other) + 1))
    expected = {(int(a), int(b)) for a, b in zip(ours.ravel(), others.ravel(), strict=True) if a and b}
    for axis in (1, 2, 3):
        expected |= pairs_beside(ours, others, axis) | {(a, b) for b, a in pairs_beside(others, ours, axis)}
    assert labels.neighbours(other).tolist() == sorted(map(list, expected))
    for axis in range(3):
        frame = list(shape[1:])
        frame[axis] *= 2
        behind = [0, 0, 0]
        behind[axis] = shape[axis + 1]
        first = block_kernels.label_block(ours, (0, 0, 0), tuple(frame))
        second = block_kernels.label_block(others, tuple(behind), tuple(frame))
        faces = np.take(ours, -1, axis + 1), np.take(others, 0, axis + 1)
        expected = {(int(a), int(b)) for a, b in zip(*(face.ravel() for face in faces), strict=True) if a and b}
        assert first.contacts(second, axis).tolist() == sorted(map(list, expected))
