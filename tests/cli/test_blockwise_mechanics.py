"""``objclass predict`` block by block: the files of the whole image, the plan, stopping and going on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_objclass.cli import main
from napari_objclass.io.writers import write_image
from napari_objclass.workflow import input_data
from napari_objclass.workflow.batch_record import Record
from napari_objclass.workflow.blockwise.predictor import BlockwisePredictor
from napari_objclass.workflow.session import Session

FEATURES = ("num_pixels", "intensity_mean", "intensity_max", "intensity_variance")


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """A trained project, and an image with its labels."""
    folder = tmp_path_factory.mktemp("volume")
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 90, (5, 10, 12))
    coarse[coarse > 50] = 0
    labels = np.kron(coarse, np.ones((8, 8, 8), np.uint8)).astype(np.uint8)
    raw = rng.integers(0, 250, labels.shape).astype(np.uint8)
    with Session(recover=False) as session:
        session.feature_selection = type(session.feature_selection)(FEATURES)
        session.add_lane(raw=raw, labels=labels)
        for object_id in range(1, 20):
            session.annotate(0, object_id, cls=1 + object_id % 2)
        session.train()
        session.save(folder / "p.objclass")
    write_image(folder / "cells.zarr", raw, "zyx")
    write_image(folder / "labels.h5", labels, "zyx")
    return folder


def command(volume, out, *more):
    images = ["--raw", volume / "cells.zarr", "--labels", volume / "labels.h5"]
    sources = ["--export-source", "Object Predictions", "Object Probabilities", "Object Identities"]
    table = ["--table-filename", "{nickname}.csv"]
    return ["predict", volume / "p.objclass", *images, *sources, *table, "--out", out, *more]


def content(folder):
    return {each.relative_to(folder): each.read_bytes() for each in Path(folder).rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def whole(volume):
    out = volume / "whole"
    words = command(volume, out, "--output-format", "multi-scale OME-Zarr")
    assert main([str(word) for word in words]) == 0
    return out


def results(folder):
    """Files but for the reports, which tell times."""
    return {path: data for path, data in content(folder).items() if path.parts[0].startswith("cells")}


@pytest.mark.parametrize("options", [("--block-shape", "16,24,40"), ("--memory", "2GB")])
def test_files_are_those_of_the_whole_image(objclass, volume, whole, tmp_path, options):
    result = objclass(*command(volume, tmp_path, "--output-format", "multi-scale OME-Zarr", *options))
    assert result.code == 0, result.err
    found, expected = results(tmp_path), results(whole)
    assert found.keys() == expected.keys()
    assert [str(path) for path, data in expected.items() if found[path] != data] == []
    assert "40 x 80 x 96 voxels in" in result.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in whole.iterdir())


def test_hdf5(objclass, volume, whole, tmp_path):
    assert objclass(*command(volume, tmp_path, "--block-shape", "16,24,40")).code == 0
    assert objclass(*command(volume, volume / "hdf5")).code == 0
    for path in tmp_path.glob("*.h5"):
        with h5py.File(path) as ours, h5py.File(volume / "hdf5" / path.name) as theirs:
            np.testing.assert_array_equal(ours["exported_data"][...], theirs["exported_data"][...])
            assert ours["exported_data"].dtype == theirs["exported_data"].dtype


def test_dry_run_says_the_plan_and_writes_nothing(objclass, volume, tmp_path):
    out = tmp_path / "out"
    result = objclass(*command(volume, out, "--block-shape", "16,24,40", "--dry-run"))
    assert result.code == 0
    assert "40 x 80 x 96 voxels in 36 blocks of up to 16 x 24 x 40 voxels" in result.err
    assert not out.exists()
    result = objclass(*command(volume, out, "--block-shape", "16,24,40", "--dry-run", "--output-format", "tiff"))
    assert result.code == 1
    assert "tiff is not written block by block; choose one of compressed hdf5, hdf5" in result.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--memory", "lots"], "no amount of memory; write it as 4GB"),
        (["--block-shape", "a"], "whole numbers with commas between"),
        (["--block-shape", "0,4,4"], "whole numbers from 1 are expected, not '0,4,4'"),
        (["--block-shape", "1,2,3,4"], "Z,Y,X or Y,X of whole numbers"),
    ],
)
def test_what_cannot_be_understood_is_an_error_of_use(objclass, volume, tmp_path, options, said):
    result = objclass(*command(volume, tmp_path, *options))
    assert result.code == 2
    assert said in result.err


def test_what_cannot_be_done_is_one_sentence(objclass, volume, tmp_path):
    result = objclass(*command(volume, tmp_path / "out", "--memory", "1kB"))
    assert result.code == 1
    assert "too little" in result.err
    assert not (tmp_path / "out").exists()


def test_an_image_too_large_for_what_is_left_goes_block_by_block(objclass, volume, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(input_data, "is_large", lambda arrays, budget=None: budget is None)
    result = objclass(*command(volume, tmp_path, "--output-format", "multi-scale OME-Zarr"))
    assert result.code == 0, result.err
    assert "cells is too large for the " in result.err
    assert " of memory that are left, so images are classified block by block; --memory says" in result.err
    assert results(tmp_path) == results(whole)


def test_ilastiks_flags_go_block_by_block_too(objclass, volume, tmp_path, monkeypatch):
    images = ["--raw_data", volume / "cells.zarr", "--label_image", volume / "labels.h5"]
    words = ["--headless", "--project", volume / "p.objclass", *images, "--output_format", "multi-scale OME-Zarr"]
    assert objclass(*words, "--out", tmp_path / "whole").code == 0
    monkeypatch.setattr(input_data, "is_large", lambda arrays, budget=None: budget is None)
    result = objclass(*words, "--out", tmp_path / "blocks")
    assert result.code == 0, result.err
    assert "cells-0 is too large for the " in result.err
    assert "40 x 80 x 96 voxels in " in result.err
    assert "3D" not in result.err
    assert results(tmp_path / "blocks") == results(tmp_path / "whole") != {}


def test_features_of_a_large_image_say_nothing_of_the_window(objclass, volume, tmp_path, monkeypatch):
    monkeypatch.setattr(input_data, "is_large", lambda arrays, budget=None: True)
    images = [volume / "cells.zarr", "--labels", volume / "labels.h5"]
    result = objclass("features", *images, "--features", ",".join(FEATURES), "-o", tmp_path / "cells.csv")
    assert result.code == 0, result.err
    assert "note: 'cells' does not fit into memory and is worked on block by block\n" in result.err


@pytest.mark.parametrize(
    ("dies", "said"),
    [
        ((Record, "add"), "36 of 36 blocks were done before"),
        ((BlockwisePredictor, "forget"), "1 images were done before"),
    ],
)
def test_who_dies_when_all_is_done_has_not_worked_in_vain(objclass, volume, whole, tmp_path, monkeypatch, dies, said):
    words = command(volume, tmp_path, "--output-format", "multi-scale OME-Zarr", "--block-shape", "16,24,40")
    with monkeypatch.context() as dying:
        dying.setattr(*dies, lambda *_: signal.raise_signal(signal.SIGINT))
        assert objclass(*words).code == 130
    assert results(tmp_path) == results(whole)
    assert [path.name for path in tmp_path.glob(".*")] == [".cells.parts"]
    result = objclass(*words)
    assert (result.code, said in result.err) == (0, True), result.err
    assert results(tmp_path) == results(whole)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send SIGINT or SIGTERM to another process")
@pytest.mark.parametrize(
    ("number", "step", "n_files"),
    [
        (signal.SIGINT, "labels", 10),
        (signal.SIGKILL, "labels", 10),
        (signal.SIGTERM, "values*", 5),
        (signal.SIGKILL, "image*", 1),
    ],
)
def test_stopped_runs_go_on(objclass, volume, whole, tmp_path, number, step, n_files):
    words = command(volume, tmp_path, "--output-format", "multi-scale OME-Zarr", "--block-shape", "8,16,24")
    process = subprocess.Popen(
        [sys.executable, "-m", "napari_objclass", *map(str, words)], stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while len(list(tmp_path.glob(f".*/{step}-*.bin"))) < n_files and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(number)
    sent = time.monotonic()
    _, err = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert time.monotonic() - sent < 10
        assert "goes on from here" in err
    assert results(tmp_path).keys() < results(whole).keys()
    result = objclass(*words)
    assert result.code == 0, result.err
    assert "of 100 blocks were done before" in result.err
    assert results(tmp_path) == results(whole)
    assert not list(tmp_path.glob(".*"))
