"""Bad input on the command line: one clear line, exit code 1 or 2, no traceback, nothing written."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tifffile

FEATURES = ("features", "{images}/raw.tif", "--labels", "{images}/labels.tif", "-o", "{out}/t.csv")
PREDICT = ("predict", "{project}", "--raw-data", "{images}/raw.tif", "--labels", "{images}/labels.tif",
           "--output-filename-format", "{out}/x")  # fmt: skip
THRESHOLD = ("threshold", "{images}/probabilities.h5", "-o", "{out}/objects.tif")
ANNOTATE = ("annotate", "{out}/new.objclass", "--raw", "{images}/raw.tif", "--labels", "{images}/labels.tif")


def but(words, **changed):
    """Return the words with some replaced: by position, or the value after a flag."""
    words = list(words)
    for key, value in changed.items():
        if key.startswith("at"):
            words[int(key[2:])] = value
        else:
            words[words.index("--" + key.replace("_", "-")) + 1] = value
    return words


CASES = {
    "no command": ([], 2, "COMMAND"),
    "unknown command": (["dance"], 2, "dance"),
    "missing flag": (["features", "{images}/raw.tif", "-o", "t.csv"], 2, "--labels"),
    "flag of another command": ([*FEATURES, "--discard"], 2, "--discard"),
    "margin not a number": ([*FEATURES, "--margin", "1,many"], 2, "1,many"),
    "negative margin": ([*FEATURES, "--margin=-1"], 1, "none of them negative"),
    "threads not a number": ([*FEATURES, "--threads", "many"], 2, "many"),
    "no threads": ([*FEATURES, "--threads", "0"], 1, "at least 1"),
    "fewer than no threads": ([*FEATURES, "--threads=-1"], 1, "at least 1"),
    "threads without end": ([*FEATURES, "--threads", "100000"], 1, "at most 1024"),
    "more threads than there are numbers": ([*FEATURES, "--threads", "9" * 30], 1, "--debug"),
    "labels and segmentation": ([*FEATURES, "--segmentation", "{images}/labels.tif"], 2, "not allowed"),
    "raw missing": (but(FEATURES, at1="{images}/gone.tif"), 1, "gone.tif"),
    "labels missing": (but(FEATURES, labels="{images}/gone.tif"), 1, "gone.tif"),
    "raw is a folder": (but(FEATURES, at1="{images}"), 1, "{images}"),
    "raw without suffix": (but(FEATURES, at1="{images}/raw"), 1, "suffix"),
    "unknown format": (but(FEATURES, at1="{images}/table.csv"), 1, ".csv"),
    "not a TIFF": (but(FEATURES, at1="{bad}/text.tif"), 1, "text.tif"),
    "cut TIFF": (but(FEATURES, at1="{bad}/cut.tif"), 1, "cut.tif"),
    "empty file": (but(FEATURES, at1="{bad}/empty.npy"), 1, "empty.npy"),
    "pickled array": (but(FEATURES, at1="{bad}/objects.npy"), 1, "objects.npy"),
    "not HDF5": (but(FEATURES, at1="{bad}/text.h5"), 1, "text.h5"),
    "no such dataset": (but(FEATURES, at1="{images}/both.h5/labels"), 1, "raw"),
    "several datasets": (but(FEATURES, at1="{bad}/two.h5"), 1, "first"),
    "other size": (but(FEATURES, at1="{images}/other.tif"), 1, "512"),
    "fractions as labels": (but(FEATURES, labels="{images}/floats.npy"), 1, "whole numbers"),
    "negative ids": (but(FEATURES, labels="{bad}/negative.npy"), 1, "negative"),
    "wrong axes": ([*FEATURES, "--axes", "yxq"], 1, "q"),
    "axes for another array": ([*FEATURES, "--axes", "zyx"], 1, "zyx"),
    "unknown feature": ([*FEATURES, "--features", "intensity_maen"], 1, "intensity_mean"),
    "table without suffix": (but(FEATURES, at5="{out}/t"), 1, ".csv"),
    "table in a file": (but(FEATURES, at5="{images}/raw.tif/t.csv"), 1, "raw.tif is not a folder"),
    "table is the raw image": (but(FEATURES, at5="{images}/raw.tif"), 1, ".csv"),
    "web address": (but(FEATURES, at1="https://example.org/raw.tif"), 1, "download"),
    "probabilities missing": (but(THRESHOLD, at1="{images}/gone.h5"), 1, "gone.h5"),
    "label image without suffix": (but(THRESHOLD, at3="{out}/objects"), 1, "suffix"),
    "label image as picture": (but(THRESHOLD, at3="{out}/objects.jpg"), 1, ".tif"),
    "label image in a file": (but(THRESHOLD, at3="{images}/raw.tif/a.tif"), 1, "raw.tif is not a folder"),
    "label image over the probabilities": (but(THRESHOLD, at3="{images}/probabilities.h5"), 1, "image itself"),
    "unknown method": ([*THRESHOLD, "--method", "graphcut"], 2, "hysteresis"),
    "no such channel": ([*THRESHOLD, "--channel", "2"], 1, "no channel 2"),
    "no such core channel": ([*THRESHOLD, "--method", "hysteresis", "--core-channel", "-1"], 1, "core_channel"),
    "sigma not a number": ([*THRESHOLD, "--sigma", "wide"], 2, "wide"),
    "negative sigma": ([*THRESHOLD, "--sigma", "-1"], 1, "sigma"),
    "too many sigmas": ([*THRESHOLD, "--sigma", "1", "1", "1", "1"], 1, "sigma"),
    "threshold not finite": ([*THRESHOLD, "--threshold", "nan"], 1, "finite"),
    "smallest above largest": ([*THRESHOLD, "--min-size", "9", "--max-size", "3"], 1, "smallest size, 9, is above"),
    "value range upside down": ([*THRESHOLD, "--value-range", "1", "0"], 1, "value_range"),
    "physical sizes without voxel size": ([*THRESHOLD, "--physical-sizes"], 1, "voxel size"),
    "spacing of nothing": ([*THRESHOLD, "--spacing", "0", "1"], 1, "positive"),
    "axes for other probabilities": ([*THRESHOLD, "--axes", "yx"], 1, "yx"),
    "probabilities of another size": (
        [*PREDICT[:4], "--probabilities", "{bad}/small.npy", *PREDICT[6:]], 1, "differ"
    ),
    "raw alone for a project of label images": ([*PREDICT[:4], *PREDICT[6:]], 1, "--labels"),
    "nothing to predict": (PREDICT[:2], 1, "--labels"),
    "labels and probabilities": ([*PREDICT, "--probabilities", "{images}/probabilities.h5"], 2, "not allowed"),
    "project missing": (but(PREDICT, at1="{out}/gone.objclass"), 1, "gone.objclass"),
    "not a project": (but(PREDICT, at1="{images}/both.h5"), 1, "both.h5"),
    "text as project": (but(PREDICT, at1="{bad}/text.objclass"), 1, "text.objclass"),
    "untrained project": (but(PREDICT, at1="{untrained}"), 1, "objclass train"),
    "raw and labels differ in number": ([*PREDICT, "--raw-data", "a.tif", "b.tif"], 1, "2"),
    "glob without match": (but(PREDICT, raw_data="{images}/*.nd2"), 1, "*.nd2"),
    "other channels": (but(PREDICT, raw_data="{bad}/two_channels.npy"), 1, "use images with the same channels"),
    "unknown source": ([*PREDICT, "--export-source", "Pixel Probabilities"], 1, "Object Probabilities"),
    "unknown output format": ([*PREDICT, "--output-format", "docx"], 1, "docx"),
    "output is the input": (
        [*but(PREDICT, output_filename_format="{images}/raw"), "--output-format", "tif"], 1, "raw image itself",
    ),
    "only a table, but none": ([*PREDICT, "--table-only"], 1, "--table-filename"),
    "annotations missing": ([*ANNOTATE, "--from", "{bad}/gone.csv"], 1, "gone.csv"),
    "annotations empty": ([*ANNOTATE, "--from", "{bad}/empty.csv"], 1, "empty"),
    "annotations without class": ([*ANNOTATE, "--from", "{bad}/no_class.csv"], 1, "class"),
    "annotations garbled": ([*ANNOTATE, "--from", "{bad}/garbled.csv"], 1, "line 3"),
    "annotations of unknown objects": ([*ANNOTATE, "--from", "{bad}/unknown.csv"], 1, "99999"),
    "annotations outside": ([*ANNOTATE, "--from", "{bad}/outside.csv"], 1, "outside"),
    "annotations binary": ([*ANNOTATE, "--from", "{bad}/binary.csv"], 1, "binary.csv"),
    "classes of another size": ([*ANNOTATE, "--from", "{images}/other.tif"], 1, "512"),
    "no image to annotate": (["annotate", "{out}/new.objclass", "--from", "{images}/table.csv"], 1, "--labels"),
    "unknown image": (["annotate", "{project}", "--image", "x", "--from", "{images}/table.csv"], 1, "--image"),
    "nothing to train on": (["train", "{empty}"], 1, "annotate"),
    "unknown recovery": (["recover", "nonsense", "-o", "{out}/p.objclass"], 1, "nonsense"),
    "recovery to nowhere": (["recover", "nonsense"], 1, "-o"),
    "info about nothing": (["info", "{out}/gone.tif"], 1, "gone.tif"),
}  # fmt: skip


@pytest.fixture(scope="session")
def bad(tmp_path_factory, images):
    """Folder of files that cannot be used."""
    folder = tmp_path_factory.mktemp("bad")
    for name in ("text.tif", "text.h5", "text.objclass"):
        (folder / name).write_text("once upon a time", "utf-8")
    (folder / "cut.tif").write_bytes((images / "raw.tif").read_bytes()[:2000])
    (folder / "empty.npy").touch()
    (folder / "empty.csv").touch()
    np.save(folder / "objects.npy", np.array([{}, None], object))
    np.save(folder / "negative.npy", -np.ones((512, 512), np.int32))
    np.save(folder / "small.npy", np.zeros((100, 100, 2), np.float32))
    np.save(folder / "two_channels.npy", np.zeros((512, 512, 2), np.uint8))
    with h5py.File(folder / "two.h5", "w") as file:
        file["first"] = file["second"] = np.zeros((4, 4))
    (folder / "no_class.csv").write_text("id,name\n1,mitotic\n", "utf-8")
    (folder / "garbled.csv").write_text("id,class\n1,a\nx,a\n", "utf-8")
    (folder / "unknown.csv").write_text("id,class\n99999,a\n", "utf-8")
    (folder / "outside.csv").write_text("y,x,class\n9999,3,a\n", "utf-8")
    (folder / "binary.csv").write_bytes(bytes(range(256)))
    return folder


@pytest.fixture
def places(images, bad, project, tmp_path, objclass):
    """What the words of a case stand for."""
    untrained, empty, out = tmp_path / "untrained.objclass", tmp_path / "empty.objclass", tmp_path / "out"
    objclass("annotate", untrained, "--labels", images / "labels.tif", "--from", images / "table.csv")
    (tmp_path / "none.csv").write_text("id,class\n", "utf-8")
    objclass("annotate", empty, "--labels", images / "labels.tif", "--from", tmp_path / "none.csv")
    out.mkdir()
    return {
        "images": images, "bad": bad, "project": project, "untrained": untrained, "empty": empty, "out": out,
    }  # fmt: skip


def content(*folders):
    return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_refusal(case, objclass, places):
    words, code, hint = CASES[case]
    before = content(places["images"], places["bad"], places["project"].parent)
    result = objclass(*(word.format(**places) for word in words))
    assert result.code == code, result
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].startswith("objclass")
    assert hint.format(**places) in lines[0]
    assert "Traceback" not in result.err
    assert content(places["images"], places["bad"], places["project"].parent) == before


def test_debug_shows_where(objclass, images, tmp_path):
    with pytest.raises(Exception, match="gone"):
        objclass("info", tmp_path / "gone.tif", "--debug")


def test_read_only_folder(images, tmp_path):
    """Root may write anywhere, so the folder is on a file system that nobody may write to."""
    result = subprocess.run(
        [sys.executable, "-m", "napari_objclass", "features", images / "raw.tif", "--labels", images / "labels.tif",
         "-o", "/proc/t.csv"],
        capture_output=True, text=True, env=os.environ | {"OBJCLASS_STATE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_interrupted(images, tmp_path):
    tifffile.imwrite(tmp_path / "big.tif", np.random.default_rng(0).integers(0, 2, (200, 1024, 1024), np.uint8))
    process = subprocess.Popen(
        [sys.executable, "-m", "napari_objclass", "features", "-", "--segmentation", tmp_path / "big.tif",
         "-o", tmp_path / "t.csv", "--axes", "zyx"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        process.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        process.send_signal(2)
    _, said = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "interrupted" in said
    assert [path.name for path in tmp_path.iterdir()] == ["big.tif"]
