"""What is read of stored images, counted where it is stored: no more than the plan says, which it says beforehand."""

import re
from collections import Counter
from contextlib import closing
from itertools import product

import numpy as np
import pytest
from scipy.ndimage import label

import napari_objclass as oc
from napari_objclass.errors import FileError
from napari_objclass.workflow.blockwise import cells
from napari_objclass.workflow.blockwise.classify import Job
from napari_objclass.workflow.blockwise.parts import Parts

CHUNKS = (4, 16, 16)
SHAPE = (16, 96, 80)
BLOCK = (8, 32, 32)


class Stored:
    """An array in chunks that counts how often each is read."""

    def __init__(self, data):
        self.data, self.chunks, self.read = data, CHUNKS, Counter()
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, data.ndim

    def __getitem__(self, key):
        ranges = [
            range(each.start // side, (each.stop - 1) // side + 1) for each, side in zip(key, CHUNKS, strict=True)
        ]
        self.read.update(product(*ranges))
        return self.data[key]


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(5)
    z, y, x = np.indices(SHAPE)
    probabilities = ((z % 8 < 5) & (y % 12 < 8) & (x % 12 < 8)) * np.float32(0.9)
    labels = label(probabilities)[0].astype(np.uint32)
    raw = (rng.integers(0, 99, SHAPE) + labels % 7 * 50).astype(np.uint16)
    return {"raw": raw, "labels": labels, "probabilities": probabilities}


@pytest.fixture(scope="module", params=["labels", "probabilities", "flooded", "raw"])
def kind_and_predictor(request, scene):
    kind = "probabilities" if request.param == "flooded" else request.param
    with closing(oc.Session()) as session:
        session.feature_selection = oc.FeatureSelection("default", margin=(1, 3, 3))
        if kind != "labels":
            level = {"threshold": 60 if kind == "raw" else 0.5, "sigma": 1.0, "min_size": 1}
            if request.param == "flooded":
                level |= {"method": "hysteresis", "core_threshold": 0.7, "merge": False}
            session.thresholding = oc.Thresholding(**level)
        lane = session.add_lane(**{role: scene[role] for role in {"raw", kind}})
        for object_id in session.table(lane).ids[:20]:
            session.annotate(lane, int(object_id), cls=1 + int(object_id) % 2)
        session.train()
        return kind, session.predictor()


def test_nothing_is_read_more_often_than_the_plan_says(kind_and_predictor, scene):
    kind, predictor = kind_and_predictor
    images = {role: Stored(scene[role]) for role in {"raw", kind}}
    report = oc.classify_blockwise(predictor, **images, block_shape=BLOCK, memory="2GB").report
    assert report.reads == report.planned
    role_of = {"raw": "raw", kind: "objects"} if kind != "raw" else {"raw": "raw"}
    for role, image in images.items():
        assert sum(image.read.values()) == report.planned[role_of[role]].chunks
    if kind == "labels":
        assert set(images["labels"].read.values()) == {1}


def test_the_plan_says_beforehand_how_often_about(kind_and_predictor, scene):
    kind, predictor = kind_and_predictor
    images = {role: Stored(scene[role]) for role in {"raw", kind}}
    job = Job.of(predictor, images, block_shape=BLOCK, memory="2GB")
    assert not any(image.read for image in images.values())
    assert job.summary.startswith("18 blocks of up to 8 x 32 x 32 voxels")
    assert re.search(r"raw (is read )?about \d+\.\d×", job.summary)
    report = job.run(folder=None, export=None).report
    n_chunks = np.prod(np.divide(SHAPE, CHUNKS))
    planned = {role: reads.chunks / n_chunks for role, reads in report.planned.items()}
    if kind == "raw":
        assert planned["raw"] == pytest.approx(sum(job.times), rel=0.5)
    else:
        assert planned["raw"] == pytest.approx(job.times[1], rel=0.5)


def test_one_block_is_said_to_be_one(scene):
    with closing(oc.Session()) as session:
        lane = session.add_lane(raw=scene["raw"], labels=scene["labels"])
        for object_id in session.table(lane).ids[:20]:
            session.annotate(lane, int(object_id), cls=1 + int(object_id) % 2)
        session.train()
        images = {role: scene[role] for role in ("raw", "labels")}
        job = Job.of(session.predictor(), images, block_shape=SHAPE, memory="2GB", workers=1)
    assert job.summary == "1 block of 16 x 96 x 80 voxels, in at most 2.0 GB; objects are read 1.0×, raw about 2.0×"


@pytest.mark.parametrize("most", [11_000_000, 22_000_000, 100_000_000])
def test_cells_read_chunks_less_often_the_more_memory_there_is(most):
    lengths, chunks, reach = (512, 1024, 1024), (64, 128, 128), (16, 74, 74)
    found = cells.choose(lengths, chunks, reach, most)
    assert np.prod(np.minimum(np.add(found.shape, reach) - 1, lengths)) <= most
    assert found.times < {11_000_000: 3.6, 22_000_000: 2.4, 100_000_000: 1.5}[most]
    assert found.times >= cells.choose(lengths, chunks, reach, 4 * most).times


def test_chunks_around_blocks():
    assert cells.times_of_blocks((64, 64, 64), (16, 16, 16), (32, 16, 64), (0, 0, 0)) == 1
    assert cells.times_of_blocks((64, 64, 64), (16, 16, 16), (32, 64, 64), (1, 1, 1)) == 1.5
    assert cells.times_of_blocks((1, 64, 64), None, (1, 32, 64), (0, 4, 4)) == 72 / 64


def test_arrays_of_a_step_are_what_was_left(tmp_path):
    parts = Parts(tmp_path)
    left = {
        "none": np.zeros((0, 3), np.int64),
        "one": np.array(7),
        "texts": np.array(["too small", "é"]),
        "flags": np.array([True, False, True]),
        "across": np.arange(12.0).reshape(3, 4).T,
    }
    parts.save("values", 3, **left)
    found = parts.load("values", 3)
    assert list(found) == list(left)
    for name, array in left.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        found[name][...] = found[name]  # may be changed


@pytest.mark.parametrize("spoil", [lambda data: data[:-70], lambda data: b"", lambda data: data[:-64] + bytes(64)])
def test_a_damaged_step_is_told(tmp_path, spoil):
    parts = Parts(tmp_path)
    parts.save("ids", 0, ids=np.arange(100, 200))
    path = parts.path("ids", 0)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(FileError, match="damaged or missing"):
        parts.load("ids", 0)
