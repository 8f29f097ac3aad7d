"""Cores that are not merged grow block by block as in the whole image, whatever the blocks and the windows."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from kernels.test_threshold_invariant import image_of

from napari_objclass import kernels, thresholding
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.blockwise import flooding, thresholding as blockwise
from napari_objclass.workflow.blockwise.labelling import Labelled
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Reads, Volume

RULE = thresholding.Rule(
    method="hysteresis",
    channel=0,
    core_channel=None,
    sigma=1.0,
    threshold=0.45,
    core_threshold=0.6,
    merge=False,
    min_size=3,
    max_size=2000,
    fill_holes=True,
)
PLENTY = 2**40


def rule_of(image, rule):
    volume = Volume(image, "tzyxc", "the probabilities")
    return volume, blockwise.Rule.of(thresholding.checked(rule), volume, value_range=thresholding.range_of(image.dtype))


def run(folder, image, rule, sides, budget, *, order=None):
    """Flood an image, the tasks of each step shuffled."""
    volume, how = rule_of(image, rule)
    plan, parts = BlockPlan(volume.shape, sides), Parts(Path(folder))
    for _, task, items in blockwise.steps(parts, plan, volume, how, budget):
        items = list(items)
        (order or random.Random(0)).shuffle(items)
        for item in items:
            task(*item, 1, None)
    planned = Reads()
    blockwise.planned_reads(parts, plan, volume, how, planned)
    assert volume.reads == planned
    return Labelled.load(plan, parts)


def flooded(image, rule, sides, budget=PLENTY, *, in_one_piece=False, order=None):
    """Label image and counts; frames are too large for the memory unless they are flooded ``in_one_piece``."""
    with TemporaryDirectory() as folder, mock.patch.object(flooding, "fits", return_value=in_one_piece):
        labelled = run(folder, image, rule, sides, budget, order=order)
        frames = range(labelled.plan.shape[0])
        found = np.concatenate([labelled.read(t, (0, 0, 0), labelled.plan.shape[1:]) for t in frames])
        counts = labelled.n_small, labelled.n_large, labelled.n_nan
        return found, counts, labelled


def whole(image, rule):
    _, how = rule_of(image, rule)
    channels = [image[..., channel] for channel in how.channels]
    return kernels.threshold(channels[0], channels[1] if len(channels) > 1 else None, **how.how)


def assert_as_whole(found, counts, expected):
    np.testing.assert_array_equal(found, expected.labels)
    assert counts == expected[1:]


def image_with_channels(seed, shape, dtype, grain):
    """Two channels; of floats, no two pixels are equal but for NaN and infinity here and there."""
    image = np.stack([image_of(seed + each, shape, dtype, grain=grain, nan=True) for each in range(2)], -1)
    if np.dtype(dtype).kind == "f" and seed % 3 == 0:
        image.flat[:: max(1, image.size // 3)] = np.inf
    return image


shapes = st.tuples(st.integers(1, 2), st.sampled_from([1, 1, 3, 8]), st.integers(1, 26), st.integers(1, 26))
sides = st.tuples(st.integers(3, 8), st.integers(3, 20), st.integers(3, 20))
levels = st.sampled_from([-0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 1.2])
widths = st.sampled_from([0.0, 0.09, 0.5, 1.0, 2.0])


@st.composite
def scenes(draw, dtypes):
    image = image_with_channels(
        draw(st.integers(0, 999)), draw(shapes), draw(st.sampled_from(dtypes)), draw(st.sampled_from([0.0, 0.7, 1.5]))
    )
    rule = RULE | {
        "core_channel": draw(st.sampled_from([None, 1])),
        "sigma": draw(widths | st.tuples(widths, widths, widths)),
        "threshold": draw(levels),
        "core_threshold": draw(levels),
        "min_size": draw(st.sampled_from([0, 1, 5, 15])),
        "max_size": draw(st.sampled_from([20, 200, 10**6])),
        "fill_holes": draw(st.booleans()),
    }
    return image, rule


@settings(max_examples=40)
@given(scenes([np.float32, np.float64, np.uint8]), sides, st.sampled_from([False, False, True]), st.integers(0, 99))
def test_any_plan_has_the_objects_of_the_whole_image(scene, sides, in_one_piece, order):
    found, counts, labelled = flooded(*scene, sides, in_one_piece=in_one_piece, order=random.Random(order))
    expected = whole(*scene)
    if labelled.n_contested:
        assert not in_one_piece
        assert "equally near" in flooding.note(labelled)
        return
    assert flooding.note(labelled) is None
    assert_as_whole(found, counts, expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("shape", "sides"), [((1, 1, 40, 55), (1, 14, 9)), ((1, 9, 16, 24), (3, 10, 8))])
def test_crowded_fields_are_flooded_as_the_whole_image(shape, sides, seed):
    """Many objects whose rims meet: a group less wide would be flooded otherwise."""
    image = image_with_channels(3 * seed + 1, shape, np.float32, 1.0)
    rule = RULE | {"sigma": 0.5, "threshold": 0.52, "core_threshold": 0.6, "min_size": 1, "fill_holes": bool(seed % 2)}
    found, counts, labelled = flooded(image, rule, sides)
    expected = whole(image, rule)
    assert expected.labels.max() > 8
    assert labelled.n_contested == 0
    assert_as_whole(found, counts, expected)


@settings(max_examples=8)
@given(scenes([np.uint8]), sides, sides)
def test_contested_groups_do_not_depend_on_the_plan(scene, some, others):
    image, rule = scene
    image = image // 50 * 50
    rule = rule | {"sigma": 0.0}
    found, counts, labelled = flooded(image, rule, some)
    again, other_counts, other = flooded(image, rule, others)
    np.testing.assert_array_equal(found, again)
    assert (counts, labelled.n_contested) == (other_counts, other.n_contested)
    unfilled = flooded(image, rule | {"fill_holes": False, "max_size": 10**6}, some)
    expected = whole(image, rule | {"fill_holes": False, "max_size": 10**6})
    if rule["min_size"] <= 1:
        np.testing.assert_array_equal(unfilled[0] > 0, expected.labels > 0)
    if not unfilled[2].n_contested:
        assert_as_whole(*unfilled[:2], expected)


@settings(max_examples=15)
@given(scenes([np.uint8]), sides)
def test_contested_frames_that_fit_are_those_of_the_whole_image(scene, sides):
    image, rule = scene
    image, rule = image // 50 * 50, rule | {"sigma": 0.0}
    with TemporaryDirectory() as folder:
        labelled = run(folder, image, rule, sides, PLENTY)
        found = np.concatenate([labelled.read(t, (0, 0, 0), image.shape[1:4]) for t in range(len(image))])
    assert_as_whole(found, (labelled.n_small, labelled.n_large, labelled.n_nan), whole(image, rule))
    assert not labelled.n_contested


def blobs():
    """Pairs of touching discs, the pairs apart from each other, and a ring around a hole on the borders of blocks."""
    y, x = np.mgrid[:48, :48]
    image = np.zeros((48, 48))
    for cy, cx in [(8, 8), (8, 17.3), (30.2, 9.1), (39.7, 9.3)]:
        image = np.maximum(image, 1 - np.hypot(y - cy, x - cx) / 12)
    ring = 1 - abs(np.hypot(y - 34.3, x - 33.1) - 7.7) / 6
    image = np.maximum(image, ring * (1 + 0.001 * x))
    return image[None, None, :, :, None].astype(np.float32)


def test_windows_keep_to_the_memory_and_leave_the_same():
    image, rule = blobs(), RULE | {"sigma": 0.7, "core_threshold": 0.8}
    expected = whole(image, rule)
    assert expected.labels.max() > 3
    reads = []
    for budget in (PLENTY, 27 * 27 * 36):
        with mock.patch.object(Volume, "read", autospec=True, side_effect=Volume.read) as read:
            found, counts, _ = flooded(image, rule, (1, 48, 48), budget)
        assert_as_whole(found, counts, expected)
        reads.append([np.prod(np.subtract(call.args[3], call.args[2])) for call in read.call_args_list])
    assert len(reads[0]) == 2
    assert len(reads[1]) > 2
    assert all(voxels * 36 <= 27 * 27 * 36 for voxels in reads[1][1:])


def test_a_group_too_large_for_the_memory_is_refused_before_flooding():
    image = blobs()
    with TemporaryDirectory() as folder:
        message = r"flooded together, 1 x \d+ x \d+ voxels .* takes \d+ kB of memory, and 1 kB may be used; allow more"
        with pytest.raises(ParameterError, match=message):
            run(folder, image, RULE, (1, 16, 16), 1000)
        assert not list(Path(folder).glob(f"{flooding.FLOODS}-*"))


def test_what_led_to_objects_is_removed_and_what_is_there_not_done_again():
    image = blobs()
    with TemporaryDirectory() as folder, mock.patch.object(flooding, "fits", return_value=False):
        run(folder, image, RULE, (1, 16, 16), PLENTY)
        left = {path.name.split("-")[0] for path in Path(folder).iterdir()}
        assert left == {"labels", "labelsfaces", "ids", "objects"}
        volume, how = rule_of(image, RULE)
        plan = BlockPlan(volume.shape, (1, 16, 16))
        assert not list(blockwise.steps(Parts(Path(folder)), plan, volume, how, PLENTY))
        assert not volume.reads.calls


def test_a_run_that_was_interrupted_anywhere_goes_on():
    image = blobs()
    expected = whole(image, RULE)
    volume, how = rule_of(image, RULE)
    plan = BlockPlan(volume.shape, (1, 16, 16))
    with TemporaryDirectory() as folder, mock.patch.object(flooding, "fits", return_value=False):
        parts, done, more = Parts(Path(folder)), 0, True
        while more:
            more = False
            for _, task, items in blockwise.steps(parts, plan, volume, how, PLENTY):
                for item in list(items)[:3]:
                    task(*item, 1, None)
                if len(items) > 3:
                    more = True
                    break
            done += 1
        labelled = Labelled.load(plan, parts)
        assert done > 5
        np.testing.assert_array_equal(labelled.read(0, (0, 0, 0), plan.shape[1:]), expected.labels)


@settings(max_examples=60)
@given(st.floats(-1000, 1000, width=32), st.floats(-(2.0**100), 2.0**100, width=32), st.floats(-1000, 1000, width=32))
def test_nothing_below_the_answer_is_reached(low, largest, value):
    found = np.float32(flooding.reached_from(low, largest))
    deepest = max(np.float32(largest) - np.float32(low), np.float32(0))
    for each in (np.float32(value), np.nextafter(found, np.float32(-np.inf)), np.float32(largest)):
        if each < found and np.isfinite(each):
            assert np.float32(largest) - each > deepest
    assert found <= min(low, largest)


def test_groups_are_found_again_where_the_first_guess_was_too_high():
    image = blobs() * 0.001
    image[0, 0, 47, 47] = 1e6  # so bright that all else is equally far below it
    rule = RULE | {"sigma": 0.0, "threshold": 0.0005, "core_threshold": 0.0008, "fill_holes": False, "min_size": 1}
    found, _, labelled = flooded(image, rule, (1, 16, 16))
    expected = whole(image, rule)
    np.testing.assert_array_equal(found > 0, expected.labels > 0)
    assert (found > 0).all()
    assert labelled.n_contested == 1
