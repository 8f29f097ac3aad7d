"""A run keeps to its memory, and says before it measures that it cannot."""

import subprocess
import sys

import numpy as np
import pytest
import zarr

from napari_objclass import memory
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


@pytest.mark.skipif(sys.platform == "win32", reason="nobody tells how much memory a child took")
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
    done = subprocess.run(watched, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    rows = (tmp_path / "results" / "table.csv").read_bytes().count(b"\n") - 1
    assert (code, rows) == (0, labels.max())
    assert 8 * rows * n_columns + labels.nbytes > 0.4 * budget
    print("PEAK", peak, rows, n_columns)
    assert peak < 1.2 * budget
