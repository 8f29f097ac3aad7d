"""Block by block, an image has the objects, the table, the classes and the images that it has as a whole."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from blockwise.executors import Shuffled
from hypothesis import given, settings, strategies as st
from kernels.rounding import assert_within_rounding
from scipy.ndimage import uniform_filter

import napari_objclass as oc
from napari_objclass import kernels
from napari_objclass.features import feature_catalog, neighbourhood
from napari_objclass.workflow.blockwise import passes
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.passes import Origin
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Reads, Volume
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.objects import Objects

#: Ids with gaps, up to the largest there is.
IDS = np.array([0, 7, 3, 2**40, 2**64 - 1, 19, 12, 1], np.uint64)

shapes = st.tuples(st.integers(1, 2), st.sampled_from([1, 1, 5, 9]), st.integers(1, 21), st.integers(1, 21))
sides = st.tuples(*(st.integers(3, 23) for _ in range(3)))


def blobs_of(seed, shape, *, levels=8):
    """Irregular, partly disconnected objects of few values."""
    rng = np.random.default_rng(seed)
    noise = uniform_filter(rng.random(shape), (0, 3, 3, 3), mode="nearest")
    return np.digitize(noise, np.quantile(noise, np.linspace(0.3, 0.95, levels - 1))) * (rng.random(shape) < 0.95)


def raw_of(seed, shape, channels, dtype):
    """Intensities ``tzyxc``, with NaN where there may be some."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(100, 30, (*shape, channels))
    if np.dtype(dtype).kind == "f":
        raw[rng.random(raw.shape) < 0.001] = np.nan
        return raw.astype(dtype)
    return raw.clip(0, np.iinfo(dtype).max).astype(dtype)


def found(folder, image, plan, client, *, connected):
    """Objects of a label image or a segmentation, block by block."""
    volume = Volume(image, "tzyx", "the image", ids=True)
    workers = Workers(2, client=client)
    return passes.find(Origin(volume, connected=connected), plan, Parts(Path(folder)), 10**9, workers), volume


def measured(labelled, raw, features, margin, client, *, room=10**9):
    """Table of the objects, block by block; how many were too large, and what was to be read of raw."""
    planned = Reads()
    rows = passes.measure(labelled, raw, features, margin, room, Workers(2, client=client), planned)
    return rows.table(), rows.n_large, planned


def read_all(labelled):
    frames = range(labelled.plan.shape[0])
    return np.concatenate([labelled.read(t, (0, 0, 0), labelled.plan.shape[1:]) for t in frames])


def assert_same_objects(labelled, labels):
    np.testing.assert_array_equal(read_all(labelled), labels)
    expected = Objects.of(labels)
    for name in ("frames", "ids", "sizes", "boxes"):
        np.testing.assert_array_equal(getattr(labelled, name), getattr(expected, name))


def assert_same_table(table, expected, labels=None, raw=None, *, exact):
    np.testing.assert_array_equal(table.ids, expected.ids)
    np.testing.assert_array_equal(table.frames, expected.frames)
    assert table.problems == expected.problems
    if exact:
        np.testing.assert_array_equal(table.values, expected.values)
        return
    assert_within_rounding(table.values, expected.values, expected.specs, labels, raw)


@settings(max_examples=60)
@given(st.data())
def test_objects_of_any_plan(data):
    draw = data.draw
    shape, seed = draw(shapes), draw(st.integers(0, 999))
    blobs = blobs_of(seed, shape)
    plan, connected = BlockPlan(shape, draw(sides)), draw(st.booleans())
    image = blobs.astype(draw(st.sampled_from([np.uint8, np.int64, np.float32]))) if connected else IDS[blobs]
    with TemporaryDirectory() as folder, closing(Shuffled(seed, draw(st.integers(1, 4)))) as client:
        labelled, volume = found(folder, image, plan, client, connected=connected)
        labels = kernels.connected_components(image.astype(np.int64)) if connected else image
        assert_same_objects(labelled, labels)
    assert volume.reads.voxels == image.size


@settings(max_examples=25)
@given(st.data())
def test_every_feature_of_any_plan(data):
    draw = data.draw
    shape, seed, channels = draw(shapes), draw(st.integers(0, 999)), draw(st.integers(1, 3))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    labels, raw = IDS[blobs_of(seed, shape)], raw_of(seed, shape, channels, dtype)
    n_dims = 3 if shape[1] > 1 else 2
    features = [spec.id for spec in feature_catalog(n_dims, channels)]
    margin = neighbourhood(draw(st.sampled_from([1, 4])), n_dims)
    with TemporaryDirectory() as folder, closing(Shuffled(seed, draw(st.integers(1, 4)))) as client:
        labelled, _ = found(folder, labels, BlockPlan(shape, draw(sides)), client, connected=False)
        volume = Volume(raw, "tzyxc", "raw")
        room = draw(st.sampled_from([10**9, 400_000]))
        table, n_large, planned = measured(labelled, volume, features, margin, client, room=room)
        assert volume.reads == planned
        expected = oc.measure(labels, raw, axes="tzyxc", features=features, margin=margin)
        if not n_large:
            assert_same_table(table, expected, labels, raw, exact=dtype != np.float32)


@pytest.mark.parametrize("kind", ["labels", "segmentation", "probabilities", "raw"])
@pytest.mark.parametrize("n_dims", [2, 3])
def test_classes_are_those_of_the_session(kind, n_dims, tmp_path):
    shape = (1, 1, 60, 70) if n_dims == 2 else (1, 9, 30, 31)
    blobs = blobs_of(3, shape)[0]
    raw = raw_of(3, shape, 1, np.uint8)[0]
    images = {
        "labels": {"labels": blobs.astype(np.uint16)},
        "segmentation": {"segmentation": blobs.astype(np.uint8)},
        "probabilities": {"probabilities": (blobs / 8).astype(np.float32)},
        "raw": {},
    }[kind]
    images = {role: image[0] if n_dims == 2 else image for role, image in images.items()}
    raw = raw[0, ..., 0] if n_dims == 2 else raw[..., 0]
    axes = "yx" if n_dims == 2 else "zyx"
    with closing(oc.Session()) as session:
        threshold = 108 if kind == "raw" else 0.4
        session.thresholding = oc.Thresholding(threshold=threshold, min_size=2)
        session.feature_selection = oc.FeatureSelection("default", margin=3)
        lane = session.add_lane(raw=raw, **images, axes=dict.fromkeys(["raw", *images], axes))
        ids = session.table(lane).ids
        for position, object_id in enumerate(ids[:8]):
            session.annotate(lane, int(object_id), cls=1 + position % 2)
        session.train()
        expected = session.predict(lane)
        result = oc.classify_blockwise(
            session,
            raw,
            **images,
            axes=dict.fromkeys(["raw", *images], axes),
            block_shape=(5, 13, 11),
            workers=2,
        )
        assert_same_table(result.table, session.table(lane), exact=True)
    np.testing.assert_array_equal(result.probabilities, expected.probabilities)
    np.testing.assert_array_equal(result.classes, expected.classes)
    np.testing.assert_array_equal(result.uncertainty, expected.uncertainty)
    assert len(result.classes) >= 7
    assert result.report.n_blocks > 4
    assert result.report.reads["raw" if kind == "raw" else "objects"].voxels >= raw.size


def test_objects_larger_than_the_memory(tmp_path):
    """What is counted block by block is there, and what needs a crop is missing for a reason."""
    shape = (1, 9, 40, 41)
    labels = np.ones(shape, np.uint8)
    labels[0, :3, :5, :5] = 2
    raw = raw_of(5, shape, 1, np.uint16)
    features = ["num_pixels", "intensity_mean", "intensity_histogram", "intensity_quantiles", "hull_area"]
    with closing(Shuffled()) as client:
        labelled, _ = found(tmp_path, labels, BlockPlan(shape, (4, 16, 16)), client, connected=False)
        volume = Volume(raw, "tzyxc", "raw")
        table, n_large, planned = measured(labelled, volume, features, (0, 0, 0), client, room=10_000)
    expected = oc.measure(labels, raw, axes="tzyxc", features=features)
    assert n_large == 1
    assert volume.reads == planned
    counted = features[:-1]
    np.testing.assert_array_equal(table.select(counted).values, expected.select(counted).values)
    assert table["hull_area"][1] == expected["hull_area"][1]
    (problem,) = table.problems
    assert (problem.id, problem.feature) == (1, "hull_area")
    assert "exceeds the memory" in problem.reason


@pytest.mark.parametrize("merge", [True, False])
def test_cores_are_those_of_the_session(merge):
    rng = np.random.default_rng(1)
    image = uniform_filter(rng.random((60, 70)), 3)
    image = ((image - image.min()) / np.ptp(image)).astype(np.float32)
    with closing(oc.Session()) as session:
        session.thresholding = oc.Thresholding(
            method="hysteresis", threshold=0.5, core_threshold=0.7, merge=merge, min_size=2
        )
        session.feature_selection = oc.FeatureSelection("default", margin=3)
        lane = session.add_lane(probabilities=image, axes="yx")
        for object_id in session.table(lane).ids[:8]:
            session.annotate(lane, int(object_id), cls=1 + int(object_id) % 2)
        session.train()
        result = oc.classify_blockwise(session, probabilities=image, axes="yx", block_shape=(17, 23))
        assert_same_table(result.table, session.table(lane), exact=True)
        np.testing.assert_array_equal(result.classes, session.predict(lane).classes)
