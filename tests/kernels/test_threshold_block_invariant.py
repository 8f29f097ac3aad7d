"""The foreground of a block is that of the whole image, pixel by pixel, however little around the block is read."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from kernels.test_threshold_invariant import image_of, sigmas

from napari_objclass import block_kernels, kernels
from napari_objclass.errors import ObjClassError

DTYPES = [np.float32, np.float64, np.uint8, np.uint16, np.int16]
RULE = kernels.How(
    sigma=(1.0, 1.0, 1.0),
    value_range=(0.0, 1.0),
    low=0.5,
    high=None,
    merge=True,
    min_size=0,
    max_size=10**9,
    fill_holes=False,
)


def window(block, shape, sigma):
    """What has to be read for a block: start and stop."""
    halo = block_kernels.smoothing_halo(sigma, shape)
    return np.maximum(np.subtract(block[0], halo), 0), np.minimum(np.add(block[1], halo), shape)


def foreground(last, core, how, block, reach=(0, 0, 0)):
    """Foreground of a block, given as start and stop, from what has to be read and ``reach`` more."""
    shape = last.shape[1:]
    start, stop = window(block, shape, how["sigma"])
    start, stop = np.maximum(start - reach, 0), np.minimum(stop + reach, shape)
    part = (slice(None), *map(slice, start, stop))
    return block_kernels.threshold_block(
        last[part],
        None if core is None else core[part],
        how=how,
        start=tuple(start.tolist()),
        inner_start=block[0],
        inner_stop=block[1],
        frame_shape=shape,
    )


def painted(labels):
    numbers = np.arange(len(labels) + 1, dtype=np.uint32)
    return block_kernels.paint_block(labels, numbers)


def blocks_of(shape, sides):
    ranges = [[(a, min(a + side, n)) for a in range(0, n, side)] for n, side in zip(shape, sides, strict=True)]
    return [tuple(zip(*place, strict=True)) for place in product(*ranges)]


spaces = st.tuples(st.sampled_from([1, 1, 2, 3, 9]), st.integers(1, 40), st.integers(1, 40))


@settings(max_examples=60)
@given(st.data())
def test_the_foreground_of_a_block_is_that_of_the_whole_image(data):
    draw = data.draw
    shape, dtype, seed = (1, *draw(spaces)), draw(st.sampled_from(DTYPES)), draw(st.integers(0, 999))
    levels = st.sampled_from([-0.1, 0.0, 0.3, 0.5, 0.6, 1.0])
    how = RULE | {
        "sigma": draw(sigmas),
        "value_range": (0, 250) if np.dtype(dtype).kind in "ui" else draw(st.sampled_from([(0, 1), (-1, 3), (1, 0)])),
        "low": draw(levels),
        "high": draw(st.none() | levels),
    }
    grain = draw(st.sampled_from([0.0, 1.0]))
    last = image_of(seed, shape, dtype, grain=grain, nan=True)
    core = image_of(seed + 1, shape, dtype, grain=grain, nan=True) if draw(st.booleans()) else None
    if np.dtype(dtype).kind == "f" and draw(st.booleans()):
        last[0, 0, shape[2] // 2, shape[3] // 2] = draw(st.sampled_from([np.inf, -np.inf]))
    used = core if how["high"] is not None else None
    mask = kernels.threshold(last, used, stage="mask", **how).labels > 0
    cores = kernels.threshold(last, used, stage="core", **how).labels > 0 if how["high"] is not None else None
    smoothed = sum(
        kernels.smooth(each, sigma=how["sigma"], value_range=how["value_range"])
        for each in (last, used)
        if each is not None
    )
    sides = draw(st.tuples(st.integers(1, 9), st.integers(3, 40), st.integers(3, 40)))
    blocks = blocks_of(shape[1:], sides)
    for block in np.random.default_rng(seed).permutation(blocks)[:6].tolist():
        part = (slice(None), *map(slice, *block))
        found = foreground(last, core, how, block, draw(st.sampled_from([(0, 0, 0), (1, 0, 5)])))
        expected = kernels.connected_components(mask[part])
        np.testing.assert_array_equal(painted(found.mask), expected)
        assert (found.mask.keys == 1).all()
        assert found.mask.frame_shape == shape[1:]
        assert found.n_nan == sum(np.isnan(each[part]).sum() for each in (last, used) if each is not None)
        if cores is None:
            assert found.cores is None
        else:
            np.testing.assert_array_equal(painted(found.cores), kernels.connected_components(cores[part]))
            finite = smoothed[part][np.isfinite(smoothed[part])]
            assert found.largest == (finite.max() if finite.size else -np.inf)


@settings(max_examples=60)
@given(spaces, st.integers(0, 999), st.sampled_from([0.3, 0.5, 0.6]))
def test_gaps_and_their_filling(shape, seed, level):
    """Of one block: gaps are the components of what is not kept, and whatever is filled joins what it touches."""
    image = image_of(seed, (1, *shape), np.float32)
    labels = block_kernels.threshold_block(
        image,
        None,
        how=RULE | {"low": level},
        start=(0, 0, 0),
        inner_start=(0, 0, 0),
        inner_stop=shape,
        frame_shape=shape,
    ).mask
    rng = np.random.default_rng(seed)
    kept = rng.random(len(labels) + 1) < 0.7
    gaps = block_kernels.block_gaps(labels, kept)
    kept_pixels = (kept & (np.arange(len(kept)) > 0))[painted(labels).astype(int)]
    np.testing.assert_array_equal(painted(gaps), kernels.connected_components(~kept_pixels))
    assert (gaps.keys == 0).all()
    holes = rng.random(len(gaps) + 1) < 0.5
    filled = block_kernels.block_filled(labels, kept, gaps, holes)
    hole_pixels = (holes & (np.arange(len(holes)) > 0))[painted(gaps).astype(int)]
    np.testing.assert_array_equal(painted(filled), kernels.connected_components(kept_pixels | hole_pixels))
    assert (filled.keys == 1).all()


def test_what_does_not_fit_is_said():
    image = np.zeros((1, 6, 30, 30), np.float32)
    whole = {"how": RULE, "start": (0, 0, 0), "frame_shape": (6, 30, 30)}
    with pytest.raises(ObjClassError, match="read them with the halo"):
        block_kernels.threshold_block(image[:, :, :12], None, **whole, inner_start=(0, 0, 0), inner_stop=(6, 11, 30))
    with pytest.raises(ObjClassError, match="does not lie in"):
        block_kernels.threshold_block(image, None, **whole, inner_start=(0, 0, 0), inner_stop=(7, 30, 30))
    with pytest.raises(ObjClassError, match="one frame"):
        block_kernels.threshold_block(
            np.repeat(image, 2, 0), None, **whole, inner_start=(0, 0, 0), inner_stop=(6, 30, 30)
        )
    with pytest.raises(ObjClassError, match="read exactly the window"):
        block_kernels.threshold_block(
            image,
            image[:, :, 1:],
            **whole | {"how": RULE | {"high": 1.0}},
            inner_start=(0, 0, 0),
            inner_stop=(6, 30, 30),
        )
    labels = block_kernels.threshold_block(image + 1, None, **whole, inner_start=(0, 0, 0), inner_stop=(6, 30, 30)).mask
    with pytest.raises(ObjClassError, match="one for each number"):
        block_kernels.block_gaps(labels, np.ones(5, bool))
