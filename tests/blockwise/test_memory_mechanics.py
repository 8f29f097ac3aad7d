"""A run keeps to its memory, and says before it measures that it cannot."""

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import zarr
from blockwise.executors import Shuffled

import napari_objclass
import napari_objclass as oc
from napari_objclass import memory
from napari_objclass.errors import FileError, ParameterError
from napari_objclass.workflow.blockwise import measuring, rows, running
from napari_objclass.workflow.blockwise.classify import Job
from napari_objclass.workflow.session import Session

SHAPE, PITCH, SIDES = (128, 256, 256), (4, 8, 8), (2, 3, 4)

#: Many columns, so that the values of all objects take more than the memory.
FEATURES = ("num_pixels", "intensity_histogram", "intensity_histogram_neighborhood")

#: A process begins with the peak memory of the one that started it, so that it takes a small one to start it.
WATCHER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def boxes(shape):
    """Label image of boxes on a grid."""
    lengths = list(zip(shape, PITCH, SIDES, strict=True))
    places = np.ix_(*(np.arange(n) // pitch for n, pitch, _ in lengths))
    inside = np.meshgrid(*(np.arange(n) % pitch < side for n, pitch, side in lengths), indexing="ij", sparse=True)
    _, height, width = (n // pitch for n, pitch in zip(shape, PITCH, strict=True))
    labels = (places[0] * height + places[1]) * width + places[2] + 1
    return (labels * (inside[0] & inside[1] & inside[2])).astype(np.uint32)


def pixels(labels):
    return np.random.default_rng(5).integers(0, 900, labels.shape, np.uint16) + (labels % 2 * 300).astype(np.uint16)


def trained(labels, raw, features):
    session = Session(recover=False)
    session.feature_selection = type(session.feature_selection)(features)
    session.add_lane(raw=raw, labels=labels, axes="zyx")
    ids = session.table(0).ids[:40].tolist()
    session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in range(len(ids))])
    session.train()
    return session


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not tell how much memory a process took that has ended"
)
def test_a_process_keeps_to_its_memory(tmp_path):
    labels = boxes(SHAPE)
    raw, budget = pixels(labels), memory.parse("160MB")
    corner = (slice(0, 16), slice(0, 64), slice(0, 64))
    for name, image in {"labels": labels, "raw": raw}.items():
        form = {"chunks": (32, 64, 64), "dtype": image.dtype, "dimension_names": ("z", "y", "x")}
        stored = zarr.create_array(tmp_path / f"{name}.zarr", shape=SHAPE, **form)
        stored[...] = image
    with trained(labels[corner], raw[corner], FEATURES) as session:
        session.save(tmp_path / "cells.objclass")
        n_columns = len(session.table(0).columns)
    command = [
        sys.executable, "-m", "napari_objclass", "predict", "cells.objclass", "--raw", "raw.zarr", "--labels",
        "labels.zarr", "--out", "results", "--table-filename", "table.csv", "--memory", str(budget),
        "--export-source", "Object Predictions", "--output-format", "single-scale OME-Zarr", "--threads", "2",
    ]  # fmt: skip
    watched = [sys.executable, "-c", WATCHER, *command]
    environment = {**os.environ, "PYTHONPATH": str(Path(napari_objclass.__file__).parents[1])}
    done = subprocess.run(watched, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    n_rows = (tmp_path / "results" / "table.csv").read_bytes().count(b"\n") - 1
    assert (code, n_rows) == (0, labels.max())
    assert 8 * n_rows * n_columns + labels.nbytes > 0.4 * budget
    assert peak < 1.2 * budget


@pytest.fixture(scope="module")
def small():
    labels = boxes((32, 64, 64))
    with trained(labels, pixels(labels), FEATURES[:2]) as session:
        yield session.predictor(), {"labels": labels, "raw": pixels(labels)}


def test_objects_that_leave_too_little_memory_are_told_before_they_are_measured(small, monkeypatch):
    predictor, images = small
    job = Job.of(predictor, images, memory="4GB", workers=2)
    n_objects, shared = int(images["labels"].max()), 2 * job.room
    monkeypatch.setattr(measuring, "steps", lambda *_: pytest.fail("objects were measured"))
    monkeypatch.setattr(running, "_PER_OBJECT", shared // n_objects)
    with pytest.raises(ParameterError, match=f"what is kept of the {n_objects} objects .*; allow .* GB or more"):
        job.run(folder=None, export=None)


def test_tasks_leave_room_for_what_is_kept_of_every_object(small, monkeypatch):
    predictor, images = small
    job = Job.of(predictor, images, memory="4GB", workers=2)
    n_objects, rooms, steps = int(images["labels"].max()), [], measuring.steps
    monkeypatch.setattr(measuring, "steps", lambda task, groups: rooms.append(task.room) or steps(task, groups))
    expected = job.run(folder=None, export=None)
    monkeypatch.setattr(running, "_PER_OBJECT", job.room // n_objects)
    result = job.run(folder=None, export=None)
    assert rooms[0] == job.room > rooms[1] > job.room // 2
    np.testing.assert_array_equal(result.table.values, expected.table.values)


def test_no_more_is_used_than_the_machine_leaves_and_other_memory_does_not_begin_anew(small, tmp_path, monkeypatch):
    predictor, images = small
    classified = partial(oc.classify_blockwise, predictor, **images, out=tmp_path, workers=1)
    with monkeypatch.context() as short, closing(Shuffled(fail=fail_in("collect"))) as client:
        short.setattr(memory, "used", lambda: 0)
        short.setattr(memory, "available", lambda *_: 41_000_000)
        with pytest.raises(InterruptedError):
            classified(client=client)
    result = classified()
    assert result.report.n_before == result.report.n_blocks > 1
    assert result.notes == ()
    monkeypatch.setattr(memory, "available", lambda *_: 200_000_000)
    monkeypatch.setattr(memory, "used", lambda: 0)
    result = classified(memory="3GB")
    assert result.notes == ("of 3.0 GB of memory, the machine left 200 MB, which was used",)


def fail_in(name):
    def fail(task):
        if task.__name__ == name:
            raise InterruptedError

    return fail


def test_groups_of_many_objects_are_divided(small, monkeypatch):
    predictor, images = small
    job, groups, steps = Job.of(predictor, images, memory="4GB"), [], measuring.steps
    monkeypatch.setattr(measuring, "steps", lambda task, own: groups.append(own) or steps(task, own))
    expected = job.run(folder=None, export=None).table.values
    divided = replace(job, room=200_000).run(folder=None, export=None).table.values
    most = [max(8 * len(group.ids) * expected.shape[1] for group in own) for own in groups]
    assert most[0] > 200_000 > 4 * most[1]
    np.testing.assert_array_equal(divided, expected)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has /dev/full, a file on a disk that is always full"
)
def test_values_on_a_full_disk_are_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(rows.tempfile, "TemporaryFile", lambda **_: FileIO("/dev/full", "r+"))
    with pytest.raises(FileError, match=r"values of objects cannot be kept in .*: No space left on device; make room"):
        rows.Stored(tmp_path, 3, np.float64).fill(5)


def test_stored_rows_are_those_that_were_added(tmp_path):
    stored = rows.Stored(tmp_path, 3, np.int64)
    assert stored[:].shape == (0, 3)
    stored.fill(4)
    stored.append(np.arange(6).reshape(2, 3))
    stored[1:3][[1]] = 7
    np.testing.assert_array_equal(stored[2:5], [[7, 7, 7], [0, 0, 0], [0, 1, 2]])
    assert (len(stored), stored[4:1].shape) == (6, (0, 3))
