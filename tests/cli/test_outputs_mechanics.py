"""Where results go: nothing is overwritten by accident, half-written, or lost in silence."""

import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

OBJCLASS = [sys.executable, "-m", "napari_objclass"]


@pytest.fixture
def plates(images, tmp_path):
    """Two folders with images of the same names."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        for name in ("raw.tif", "labels.tif"):
            shutil.copy(images / name, folder / name)
    return folders


def both(plates, *words):
    raws, labels = ([folder / name for folder in plates] for name in ("raw.tif", "labels.tif"))
    return ["--raw-data", *raws, "--labels", *labels, *words]


@pytest.mark.parametrize(
    "words",
    [
        ["--output-filename-format", "{out}/{{nickname}}_{{result_type}}"],
        ["--table-only", "--table-filename", "{out}/{{nickname}}.csv"],
        ["--output-filename-format", "{out}/../out/{{nickname}}", "--output-format", "tif"],
    ],
)
def test_two_images_do_not_end_in_one_file(objclass, project, plates, tmp_path, words):
    (tmp_path / "out").mkdir()
    result = objclass("predict", project, *both(plates, *(word.format(out=tmp_path / "out") for word in words)))
    assert result.code == 1
    assert "two images" in result.err
    assert len(result.err.splitlines()) == 1
    assert not any((tmp_path / "out").iterdir())


def test_no_result_replaces_another_image(objclass, project, plates):
    first, second = plates
    (second / "labels.tif").rename(second / "raw_Uncertainty.tif")
    result = objclass(
        "predict", project, "--raw-data", first / "raw.tif", second / "raw.tif",
        "--labels", first / "labels.tif", second / "raw_Uncertainty.tif",
        "--export-source", "Uncertainty", "--output-format", "tif",
    )  # fmt: skip
    assert result.code == 1
    assert "labels image itself" in result.err
    assert not (first / "raw_Uncertainty.tif").exists()


def test_no_result_replaces_an_image_of_the_project(objclass, project, images, plates):
    result = objclass(
        "predict", project, "--raw-data", plates[0] / "raw.tif", "--labels", plates[0] / "labels.tif",
        "--output-filename-format", images / "labels", "--output-format", "tif",
    )  # fmt: skip
    assert result.code == 1
    assert "labels image itself" in result.err


def test_a_folder_that_cannot_be_is_said_before_anything_is_computed(objclass, project, plates):
    taken = plates[0] / "raw.tif" / "{nickname}"
    result = objclass("predict", project, *both(plates, "--output-filename-format", taken))
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "raw.tif is not a folder" in result.err


def test_a_missing_folder_is_made(objclass, project, plates, tmp_path):
    result = objclass("predict", project, *both(plates, "--output-filename-format", tmp_path / "a/{x_stop}/{nickname}"))
    assert result.code == 1  # two images, one name
    assert not (tmp_path / "a").exists()
    words = ["--raw-data", plates[0] / "raw.tif", "--labels", plates[0] / "labels.tif"]
    result = objclass("predict", project, *words, "--output-filename-format", tmp_path / "a/{x_stop}/{nickname}")
    assert result.code == 0, result.err
    (folder,) = (tmp_path / "a").iterdir()
    assert folder.name.isdigit()
    assert [path.name for path in folder.iterdir()] == ["raw.h5"]


def test_files_named_alike_in_their_own_folders(objclass, project, plates):
    result = objclass("predict", project, *both(plates, "--table-filename", "{dataset_dir}/{nickname}.csv"))
    assert result.code == 0, result.err
    for folder in plates:
        assert {path.name for path in folder.iterdir()} == {
            "raw.tif", "labels.tif", "raw.csv", "raw_Object Predictions.h5",
        }  # fmt: skip


def test_a_pattern_may_have_an_inner_path(objclass, project, images, tmp_path):
    for name in ("a", "b"):
        shutil.copy(images / "both.h5", tmp_path / f"{name}.h5")
    result = objclass(
        "predict", project, "--raw-data", tmp_path / "?.h5/raw", "--labels", images / "labels.tif",
        images / "labels.tif", "--output-filename-format", tmp_path / "{nickname}", "--output-format", "tif",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert {path.name for path in tmp_path.glob("*.tif")} == {"a.tif", "b.tif"}


@pytest.fixture
def closed_pipe():
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_had_enough_is_no_failure_of_an_image(project, plates, closed_pipe, unbuffered):
    result = subprocess.run(
        [*OBJCLASS, "predict", project, *both(plates, "--output-format", "tif")],
        stdout=closed_pipe, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert result.returncode == 1
    assert "pipe" not in result.stderr.lower()
    assert "failed" not in result.stderr.replace("0 failed", "")
    assert (plates[0] / "raw_Object Predictions.tif").exists()


TERMINATED_WHILE_WRITING = """
import os, signal, sys, time
from napari_objclass.cli import main
from napari_objclass.io import tiff

def write(path, *_, **__):
    path.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)

tiff.write = write
sys.exit(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="only POSIX asks a program to end by SIGTERM; Windows ends it at once")
def test_a_terminated_program_leaves_no_half_written_file(project, plates):
    words = ["predict", project, *both(plates, "--output-format", "tif")]
    result = subprocess.run([sys.executable, "-c", TERMINATED_WHILE_WRITING, *words], timeout=4)
    assert result.returncode == 128 + signal.SIGTERM
    assert sorted(path.name for path in plates[0].iterdir()) == ["labels.tif", "raw.tif"]


def test_a_full_device_is_one_line(images):
    full = os.open("/dev/full", os.O_WRONLY)
    result = subprocess.run([*OBJCLASS, "info", images / "raw.tif"], stdout=full, stderr=subprocess.PIPE, text=True)
    os.close(full)
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["objclass: cannot access the output: No space left on device"]


def test_what_nobody_expected_is_one_line_too(objclass, images, monkeypatch):
    from napari_objclass.commands import info

    monkeypatch.setattr(info, "run", lambda args: np.zeros(2)[5])
    result = objclass("info", images / "raw.tif")
    assert result.code == 1
    assert "--debug" in result.err
    assert len(result.err.splitlines()) == 1


def test_a_log_on_a_full_device_is_told_by_its_name(objclass, project, plates):
    result = objclass("predict", project, *both(plates), "--log-json", "/dev/full")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "objclass: the log /dev/full cannot be written: No space left on device"


def test_a_folder_in_the_place_of_a_report_is_said_before_anything_is_computed(objclass, project, plates):
    words = both(plates, "--output-filename-format", "{dataset_dir}/{nickname}_new")
    (plates[0].parent / "run.json").mkdir()
    result = objclass("predict", project, *words)
    assert result.code == 1
    assert "run.json cannot be written: it is not a file" in result.err
    assert not list(plates[0].glob("*_new*"))
