"""Thresholding block by block leaves the label image and the counts of the whole image, whatever the blocks."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from kernels.test_threshold_invariant import image_of

from napari_objclass import kernels, thresholding
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.blockwise import thresholding as blockwise
from napari_objclass.workflow.blockwise.labelling import Labelled
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Volume

RULE = thresholding.Rule(
    method="hysteresis",
    channel=0,
    core_channel=None,
    sigma=1.0,
    threshold=0.45,
    core_threshold=0.6,
    merge=True,
    min_size=3,
    max_size=2000,
    fill_holes=True,
)


def volume_of(image):
    return Volume(image, "tzyxc", "the probabilities")


def label(folder, image, rule, sides, *, order=None, value_range=None, spacing=None):
    """Objects of an image, the tasks of each step shuffled."""
    volume = volume_of(image)
    value_range = thresholding.range_of(image.dtype) if value_range is None else value_range
    how = blockwise.Rule.of(thresholding.checked(rule), volume, value_range=value_range, spacing=spacing)
    plan, parts = BlockPlan(volume.shape, sides), Parts(Path(folder))
    for _, task, items in blockwise.steps(parts, plan, volume, how, 2**40):
        (order or random.Random(0)).shuffle(items)
        for item in items:
            task(*item, 1, None)
    return Labelled.load(plan, parts), volume


def assert_as_whole(labelled, expected):
    frames = range(labelled.plan.shape[0])
    found = np.concatenate([labelled.read(t, (0, 0, 0), labelled.plan.shape[1:]) for t in frames])
    np.testing.assert_array_equal(found, expected.labels)
    assert (labelled.n_small, labelled.n_large, labelled.n_nan) == expected[1:]


def image_with_channels(seed, shape, dtype, grain):
    """Two channels, with NaN and infinity where there are such; of few values, so that there are plateaus."""
    channels = [image_of(seed + each, shape, dtype, grain=grain, nan=True) for each in range(2)]
    image = np.stack(channels, -1)
    if np.dtype(dtype).kind == "f":
        image = np.round(image * 8) / 8 if seed % 2 else image
        image.flat[:: max(1, image.size // 3)] = np.inf
    return image


shapes = st.tuples(st.integers(1, 2), st.sampled_from([1, 1, 3, 8]), st.integers(1, 26), st.integers(1, 26))
widths = st.sampled_from([0.0, 0.09, 0.5, 1.0, 2.0])


@settings(max_examples=80)
@given(st.data())
def test_any_plan_has_the_objects_of_the_whole_image(data):
    draw = data.draw
    shape, seed = draw(shapes), draw(st.integers(0, 999))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    image = image_with_channels(seed, shape, dtype, draw(st.sampled_from([0.0, 0.7, 1.5])))
    rule = RULE | {
        "method": draw(st.sampled_from(["simple", "hysteresis"])),
        "channel": draw(st.integers(0, 1)),
        "core_channel": draw(st.sampled_from([None, 0, 1])),
        "sigma": draw(st.tuples(widths, widths, widths)),
        "threshold": draw(st.sampled_from([0.3, 0.45, 0.55, 0.9])),
        "core_threshold": draw(st.sampled_from([0.4, 0.5, 0.6])),
        "min_size": draw(st.sampled_from([0, 1, 4, 12])),
        "max_size": draw(st.sampled_from([30, 10**6])),
        "fill_holes": draw(st.booleans()),
    }
    value_range = (0, 250) if np.dtype(dtype).kind == "u" else draw(st.sampled_from([(0, 1), (-0.5, 1.5)]))
    sides = draw(st.tuples(st.integers(3, 8), st.integers(3, 26), st.integers(3, 26)))
    expected = thresholding.find(image, thresholding.checked(rule), value_range=value_range)
    with TemporaryDirectory() as folder:
        order = random.Random(seed)
        labelled, _ = label(folder, image, rule, sides, order=order, value_range=value_range)
        assert_as_whole(labelled, expected)


def test_a_hole_and_a_core_that_many_blocks_share(tmp_path):
    """A hollow ball over 27 blocks, in which another one lies; its only core is in one corner of the shell."""
    z, y, x = np.ogrid[:24, :24, :24]
    distance = np.sqrt((z - 11.5) ** 2 + (y - 11.5) ** 2 + (x - 11.5) ** 2)
    image = ((distance < 11) & (distance > 8)).astype(np.float32) * 0.5
    image[2:4, 11:13, 11:13] = 1
    image[11:13, 11:13, 11:13] = 0.5  # no core: dropped, and then part of the hole
    image[0, 0, :5] = 1  # too small
    image = image[None, ..., None]
    rule = RULE | {"sigma": 0.0, "core_threshold": 0.9, "max_size": 10**6, "min_size": 8}
    expected = thresholding.find(image, rule, value_range=(0, 1))
    labelled, _ = label(tmp_path, image, rule, (8, 8, 8))
    assert_as_whole(labelled, expected)
    assert labelled.sizes.tolist() == [int((distance < 11).sum())]


def test_pixels_are_read_once_with_the_halo(tmp_path):
    image = image_of(1, (1, 20, 30, 40), np.float32)[..., None]
    labelled, volume = label(tmp_path, image, RULE | {"sigma": (0.5, 1.0, 2.0)}, (10, 15, 20))
    assert volume.reads.calls == len(labelled.plan) == 8
    assert volume.reads.voxels == 8 * (10 + 1) * (15 + 2) * (20 + 4)


def test_what_led_to_the_objects_is_removed_and_nothing_is_done_again(tmp_path):
    image = image_of(1, (2, 1, 30, 40), np.float32)[..., None]
    first, _ = label(tmp_path, image, RULE, (1, 15, 20))
    names = {path.name.partition("-")[0] for path in tmp_path.iterdir()}
    assert names == {"labels", "labelsfaces", "ids", "objects"}
    again, volume = label(tmp_path, image, RULE, (1, 15, 20))
    assert volume.reads.calls == 0
    np.testing.assert_array_equal(first.ids, again.ids)


@pytest.mark.parametrize("n_tasks", [1, 5, 9, 20, 33])
def test_it_goes_on_where_it_was_stopped(tmp_path, n_tasks):
    image = image_of(1, (2, 1, 30, 40), np.float32)[..., None]
    volume, plan, parts = volume_of(image), BlockPlan((2, 1, 30, 40), (1, 15, 20)), Parts(tmp_path)
    how = blockwise.Rule.of(RULE, volume, value_range=(0, 1))
    left = n_tasks
    for _, task, items in blockwise.steps(parts, plan, volume, how, 2**40):
        for item in items[:left]:
            task(*item, 1, None)
        left -= len(items)
        if left <= 0:
            break
    labelled, again = label(tmp_path, image, RULE, (1, 15, 20))
    assert_as_whole(labelled, thresholding.find(image, RULE, value_range=(0, 1)))
    assert volume.reads.calls + again.reads.calls == len(plan)


def test_sizes_in_physical_units(tmp_path):
    image = image_of(2, (1, 6, 30, 30), np.float32)[..., None]
    rule = RULE | {"method": "simple", "threshold": 0.6, "min_size": 2.0, "max_size": 40.0}
    spacing = (2.0, 0.5, 0.5)
    expected = thresholding.find(image, rule, value_range=(0, 1), spacing=spacing)
    assert expected.n_small > 0
    assert expected.labels.max() > 1
    assert_as_whole(label(tmp_path, image, rule, (3, 16, 16), spacing=spacing)[0], expected)


def test_a_channel_that_is_not_there(tmp_path):
    with pytest.raises(ParameterError, match="no channel 3"):
        label(tmp_path, np.zeros((1, 1, 5, 5, 2), np.float32), RULE | {"core_channel": 3}, (1, 5, 5))


def test_nothing_and_everything_is_foreground(tmp_path):
    image = np.full((1, 1, 9, 9, 1), 0.5, np.float32)
    for number, level in enumerate((0.4, 0.6)):
        rule = RULE | {"threshold": level, "core_threshold": level}
        expected = kernels.threshold(image[..., 0], None, **thresholding.in_pixels(rule, image, value_range=(0, 1)))
        assert_as_whole(label(tmp_path / str(number), image, rule, (1, 4, 4))[0], expected)
