"""Labels of blocks: put together, they are the labels of the whole image, whatever the blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst

import napari_objclass as oc
from napari_objclass import block_kernels
from napari_objclass.block_kernels import BlockLabels, Sets
from napari_objclass.workflow.blockwise.plan import BlockPlan

shapes = st.one_of(
    st.tuples(st.just(1), st.integers(0, 25), st.integers(0, 25)),
    st.tuples(st.integers(2, 6), st.integers(1, 8), st.integers(1, 8)),
)
images = shapes.flatmap(
    lambda shape: npst.arrays(
        st.sampled_from([np.uint8, np.int32, np.uint64]), (1, *shape), elements=st.integers(0, 2), fill=st.nothing()
    )
)
sides = st.tuples(*3 * [st.integers(1, 9)])


def cut(image, block):
    return image[(slice(None), *map(slice, block.start, block.stop))]


def labelled(image, plan, label) -> list[BlockLabels]:
    blocks = [label(cut(image, block), block.start, image.shape[1:]) for block in plan.blocks]
    return [BlockLabels.from_bytes(labels.to_bytes()) for labels in blocks]


def put_together(image, plan, blocks, values):
    whole = np.full(image.shape, 99, np.uint32)
    for block, labels, own in zip(plan.blocks, blocks, values, strict=True):
        cut(whole, block)[:] = block_kernels.paint_block(labels, np.append(0, own).astype(np.uint32))
    return whole


def stitched(plan, blocks) -> list[np.ndarray]:
    """Ids of the parts of each block: 1, 2, … by the first pixel of the object."""
    starts = np.cumsum([0, *map(len, blocks)])
    sets = Sets(int(starts[-1]))
    for block in plan.blocks:
        for axis in range(3):
            behind = plan.next(block, axis)
            if behind is not None:
                joints = blocks[block.number].joints(blocks[behind.number], axis).astype(np.uint64)
                offsets = starts[[block.number, behind.number]].astype(np.uint64) - np.uint64(1)
                sets.join(joints + offsets)
    roots = sets.roots().astype(np.intp)
    firsts = np.full(len(roots), np.iinfo(np.uint64).max)
    np.minimum.at(firsts, roots, np.concatenate([np.empty(0, np.uint64), *(labels.firsts for labels in blocks)]))
    ids = np.unique(firsts[roots], return_inverse=True)[1] + 1
    return np.split(ids, starts[1:-1]) if blocks else []


@given(images, sides)
def test_stitched_components(image, sides):
    plan = BlockPlan(image.shape, sides)
    blocks = labelled(image, plan, block_kernels.label_segmentation_block)
    whole = put_together(image, plan, blocks, stitched(plan, blocks))
    np.testing.assert_array_equal(whole, oc.connected_components(image[0])[None])


@given(images, sides)
def test_keys_are_the_labels(image, sides):
    plan = BlockPlan(image.shape, sides)
    for label in (block_kernels.label_block, block_kernels.label_segmentation_block):
        blocks = labelled(image, plan, label)
        np.testing.assert_array_equal(put_together(image, plan, blocks, [each.keys for each in blocks]), image)


@given(images, sides)
def test_parts_of_a_label_image(image, sides):
    frame = image.shape[1:]
    plan = BlockPlan(image.shape, sides)
    for block, labels in zip(plan.blocks, labelled(image, plan, block_kernels.label_block), strict=True):
        pixels = cut(image, block)[0]
        ids, first, counts = np.unique(pixels, return_index=True, return_counts=True)
        order = np.argsort(first)[ids[np.argsort(first)] > 0]
        assert (labels.start, labels.stop, labels.frame_shape) == (block.start, block.stop, frame)
        assert len(labels) == len(order)
        np.testing.assert_array_equal(labels.keys, ids[order])
        np.testing.assert_array_equal(labels.counts, counts[order])
        places = np.array(np.unravel_index(first[order], pixels.shape)).T + block.start
        np.testing.assert_array_equal(labels.firsts, np.ravel_multi_index(places.T.astype(np.intp), frame))
        inside = [np.argwhere(pixels == key) + block.start for key in labels.keys]
        boxes = [[*each.min(0), *each.max(0) + 1] for each in inside]
        np.testing.assert_array_equal(labels.boxes, np.reshape(boxes, (-1, 6)))


@given(images, sides, st.integers(0, 2**32))
def test_windows(image, sides, seed):
    corners = np.sort(np.random.default_rng(seed).integers(0, np.add(image.shape[1:], 1), (2, 3)), axis=0)
    start, stop = corners.tolist()
    labels = block_kernels.label_block(image, (0, 0, 0), image.shape[1:])
    for dtype in (np.uint8, np.uint16, np.uint32, np.uint64, np.float32):
        values = np.append(7, labels.keys).astype(dtype)
        window = block_kernels.paint_block(labels, values, start, stop)
        assert window.dtype == dtype
        expected = image[(slice(None), *map(slice, start, stop))]
        np.testing.assert_array_equal(window, np.where(expected, expected, 7))


@given(images, sides)
def test_overlaps(image, sides):
    plan = BlockPlan(image.shape, sides)
    other = np.roll(image, 1, -1)
    pairs = zip(
        labelled(image, plan, block_kernels.label_segmentation_block),
        labelled(other, plan, block_kernels.label_block),
        strict=True,
    )
    for one, two in pairs:
        pixels = [
            block_kernels.paint_block(labels, np.arange(len(labels) + 1, dtype=np.uint32)) for labels in (one, two)
        ]
        both = np.stack([each[np.logical_and(*pixels)] for each in pixels], axis=1)
        np.testing.assert_array_equal(one.overlaps(two), np.unique(both, axis=0).reshape(-1, 2))


@given(images)
def test_memory_layout(image):
    of = block_kernels.label_segmentation_block
    expected = of(image, (0, 0, 0), image.shape[1:]).to_bytes()
    for same in (np.asfortranarray(image), np.repeat(image, 2, -1)[..., ::2]):
        assert of(same, (0, 0, 0), image.shape[1:], threads=3).to_bytes() == expected


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_sets(pairs):
    sets = Sets(31)
    sets.join(np.array(pairs, np.uint64).reshape(-1, 2))
    roots = list(range(31))
    for a, b in pairs:
        low, high = sorted((roots[a], roots[b]))
        roots = [low if root == high else root for root in roots]
    np.testing.assert_array_equal(sets.roots(), roots)
