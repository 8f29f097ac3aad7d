"""Every command does what the README says it does."""

import csv
import json
import re
import signal
import subprocess
import sys
from importlib.metadata import version

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile

import napari_objclass as oc
from napari_objclass.io.writers import write_image


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_help_answers_at_once():
    program = "import sys; from napari_objclass.cli import main; main(['--help'])"
    timed = f"import atexit, time; atexit.register(lambda: print(time.process_time())); {program}"
    told = [subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True).stdout for _ in range(3)]
    assert min(float(each.split()[-1]) for each in told) < 0.3


def test_demo(objclass, tmp_path):
    result = objclass("demo", "--out", tmp_path)
    assert result.code == 0, result.err
    assert {path.name for path in tmp_path.iterdir()} >= {
        "overview.png", "raw.tif", "labels.tif", "classes.tif", "uncertainty.tif", "table.csv", "demo.objclass",
        "annotations.csv", "probabilities.h5",
    }  # fmt: skip
    truth = oc.sample.nuclei_2d().truth
    names = oc.sample.nuclei_2d().class_names
    table = rows(tmp_path / "table.csv")
    unlabelled = [row for row in table if row["User Label"] == "0"]
    assert len(table) - len(unlabelled) == 12
    right = [row["Predicted Class"] == names[truth[int(row["labelimage_oid"])] - 1] for row in unlabelled]
    assert np.mean(right) >= 0.95
    classes = tifffile.imread(tmp_path / "classes.tif")
    labels = tifffile.imread(tmp_path / "labels.tif")
    for row in table:
        painted = np.unique(classes[labels == int(row["labelimage_oid"])])
        assert [names[k - 1] for k in painted] == [row["Predicted Class"]]


def test_features(objclass, images, tmp_path):
    result = objclass("features", images / "raw.tif", "--labels", images / "labels.tif", "-o", tmp_path / "t.csv")
    assert result.code == 0, result.err
    nuclei = oc.sample.nuclei_2d()
    table = oc.measure(nuclei.labels, nuclei.raw)
    written = rows(tmp_path / "t.csv")
    assert [int(row["labelimage_oid"]) for row in written] == table.ids.tolist()
    means = np.array([np.float32(row["Mean Intensity"]) for row in written])
    np.testing.assert_array_equal(means, table["intensity_mean"][:, 0].astype(np.float32))


@pytest.mark.parametrize("suffix", ["h5", "xlsx"])
def test_features_as_other_tables(objclass, images, tmp_path, suffix):
    words = ("features", images / "raw.tif", "--labels", images / "labels.tif", "--features", "intensity_mean", "-o")
    assert objclass(*words, tmp_path / "t.csv").code == objclass(*words, tmp_path / f"t.{suffix}").code == 0
    means = [float(row["Mean Intensity"]) for row in rows(tmp_path / "t.csv")]
    if suffix == "h5":
        with h5py.File(tmp_path / "t.h5") as data:
            np.testing.assert_array_equal(data["table"]["Mean Intensity"], np.float32(means))
    else:
        assert pd.read_excel(tmp_path / "t.xlsx")["Mean Intensity"].tolist() == means


def test_features_without_raw(objclass, images, tmp_path):
    result = objclass("features", "-", "--segmentation", images / "labels.tif", "-o", tmp_path / "t.csv")
    assert result.code == 0, result.err
    assert "Mean Intensity" not in rows(tmp_path / "t.csv")[0]


def test_the_catalogue_is_listed_without_an_image(objclass):
    shown, everything = objclass("features", "--list"), objclass("features", "--list", "--dims", 3, "--advanced")
    assert shown.code == everything.code == 0
    lines = {line.split()[0]: line for line in shown.out.splitlines() if line.startswith("  ")}
    assert set(lines) == {spec.id for spec in oc.feature_catalog(hidden=False)}
    assert " ".join(lines["axis_radii"].split()) == "axis_radii Radii of the object 2 default"
    assert "default" not in lines["centroid"]
    lines = {line.split()[0]: line for line in everything.out.splitlines() if line.startswith("  ")}
    assert set(lines) == {spec.id for spec in oc.feature_catalog(3)}
    assert lines["coordinate_sum"].endswith("3  advanced")
    for spec in oc.feature_catalog(3):
        assert ("slow" in lines[spec.id].rpartition("  ")[2].split(", ")) == spec.slow


def test_the_margin_is_kept_in_the_project(objclass, images, project, tmp_path):
    assert "30 pixels in the plane" in objclass("info", project).out
    assert objclass("train", project, "--features", "default", "--margin", "8,7").code == 0
    assert "8, 7 pixels along y, x" in objclass("info", project).out
    with oc.Session.open(project) as session:
        assert session.feature_selection.margin == session.forest.margin == (8, 7)
    words = ("features", images / "raw.tif", "--labels", images / "labels.tif", "-o", tmp_path / "t.csv")
    assert objclass(*words, "--margin", "8").code == 0
    refused = objclass(*words, "--margin", "8,7,6,5")
    assert refused.code == 1
    assert "one per axis" in refused.err


@pytest.mark.parametrize("source", ["table.csv", "classes.tif"])
def test_annotate(objclass, images, tmp_path, source):
    path = tmp_path / "p.objclass"
    result = objclass(
        "annotate", path, "--raw", images / "raw.tif", "--labels", images / "labels.tif", "--from", images / source
    )
    assert result.code == 0, result.err
    with oc.Session.open(path) as session:
        assert session.object_classes(0) == oc.sample.labelled_examples(oc.sample.nuclei_2d())


def test_annotate_by_place(objclass, images, tmp_path):
    y, x = np.argwhere(tifffile.imread(images / "labels.tif") == 1)[5]
    (tmp_path / "places.csv").write_text(f"y,x,class\n{y},{x},mitotic\n", "utf-8")
    result = objclass(
        "annotate", tmp_path / "p.objclass", "--labels", images / "labels.tif", "--from", tmp_path / "places.csv"
    )
    assert result.code == 0, result.err
    with oc.Session.open(tmp_path / "p.objclass") as session:
        assert session.object_classes(0) == {1: 1}
        assert session.classes[0].name == "mitotic"


def test_annotating_again_adds_to_the_project(objclass, images, project, tmp_path):
    (tmp_path / "more.csv").write_text("labelimage_oid,User Label\n1,debris\n2,0\n", "utf-8")
    result = objclass("annotate", project, "--from", tmp_path / "more.csv")
    assert result.code == 0, result.err
    with oc.Session.open(project) as session:
        assert [each.name for each in session.classes][-1] == "debris"
        assert session.object_classes(0)[1] == 3


def test_an_exported_table_comes_back(objclass, images, project, tmp_path):
    objclass("predict", project, "--raw-data", images / "raw.tif", "--labels", images / "labels.tif",
             "--table-only", "--table-filename", tmp_path / "t.csv")  # fmt: skip
    again = tmp_path / "again.objclass"
    objclass("annotate", again, "--labels", images / "labels.tif", "--from", images / "table.csv")
    assert objclass("annotate", again, "--from", tmp_path / "t.csv").code == 0


def test_predict_with_flags_of_ilastik(objclass, images, project, tmp_path):
    result = objclass(
        "predict", project, "--raw_data", images / "raw.tif", "--label_image", images / "labels.tif",
        "--export_source=Object Predictions", "--output_filename_format", tmp_path / "{nickname}_{result_type}.h5",
        "--table_filename", tmp_path / "{nickname}.csv",
    )  # fmt: skip
    assert result.code == 0, result.err
    written = tmp_path / "raw_Object Predictions.h5"
    with oc.Session.open(project) as session:
        expected = session.predict(0).paint("classes")
    with h5py.File(written) as file:
        dataset = file["exported_data"]
        np.testing.assert_array_equal(dataset[()].squeeze(), expected)
        assert [axis["key"] for axis in json.loads(dataset.attrs["axistags"])["axes"]][:2] == ["y", "x"]
    assert len(rows(tmp_path / "raw.csv")) == 160


def test_predict_goes_on_after_a_bad_image(objclass, images, project, tmp_path):
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    result = objclass(
        "predict", project, "--raw-data", tmp_path / "broken.tif", images / "raw.tif",
        "--labels", images / "labels.tif", images / "labels.tif",
        "--output-format", "tiff", "--output-filename-format", tmp_path / "{nickname}",
    )  # fmt: skip
    assert result.code == 3
    assert result.err.splitlines()[-1] == "1 of 2 done, 1 failed"
    assert (tmp_path / "raw.tiff").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if "broken" in path.name) == ["broken.tif"]


def test_predict_leaves_the_project_alone(objclass, images, project):
    before = project.read_bytes()
    journals = sorted(path.name for path in project.parent.iterdir())
    objclass("predict", project, "--raw-data", images / "raw.tif", "--labels", images / "labels.tif",
             "--output-filename-format", project.parent / "out" / "x")  # fmt: skip
    assert project.read_bytes() == before
    assert sorted(path.name for path in project.parent.iterdir() if path.suffix != "") == journals


def test_globs(objclass, images, project, tmp_path):
    result = objclass("predict", project, "--raw-data", images / "r*.tif", "--labels", images / "l?bels.tif",
                      "--output-filename-format", tmp_path / "x")  # fmt: skip
    assert result.code == 0, result.err


@pytest.mark.parametrize("name", ["raw.tif", "both.h5/raw", "floats.npy"])
def test_info_about_images(objclass, images, name):
    result = objclass("info", images / name)
    assert result.code == 0
    assert "y 512 × x 512" in result.out


def test_info_tells_levels_and_chunks(objclass, tmp_path):
    path = write_image(tmp_path / "a.zarr", np.zeros((70, 300, 20), np.uint8), "zyx")
    lines = objclass("info", path).out.splitlines()
    told = {line.split("  ")[0]: line for line in lines}
    assert told["chunks"].endswith("z 64 × y 64 × x 20")
    assert told["level 0"].endswith("z 70 × y 300 × x 20")
    assert told["level 1"].endswith("z 35 × y 150 × x 10")


def test_info_about_a_project(objclass, project):
    result = objclass("info", project)
    assert result.code == 0
    assert "6 objects labelled" in result.out
    assert "100 trees" in result.out


def test_doctor(objclass):
    result = objclass("doctor")
    assert result.code == 0
    assert "threads" in result.out
    assert "\nQt " in result.out
    for package in ("zarr", "ome-zarr-models"):
        assert re.search(rf"^{package} +{version(package)}$", result.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("installed", "python", "said"),
    [
        ({}, (3, 11), 'not installed (pip install "napari-objclass[all]" adds it)'),
        ({"PyQt6": "6.11.0", "PySide6": "6.11.2"}, (3, 11), "PyQt6 6.11.0, PySide6 6.11.2"),
        ({"PySide6": "6.12.0"}, (3, 12), "PySide6 6.12.0"),
        ({"PySide6": "6.12.0"}, (3, 11), "PySide6 6.12.0: ends Python 3.11"),
    ],
)
def test_doctor_knows_which_qt_will_hurt(monkeypatch, installed, python, said):
    from napari_objclass.commands import doctor

    monkeypatch.setattr(doctor, "_version", lambda name: installed.get(name, doctor.MISSING))
    monkeypatch.setattr(doctor.sys, "version_info", python)
    assert doctor._qt().partition(" after")[0] == said


def test_recover(objclass, tmp_path):
    code = (
        "import napari_objclass as oc, os\n"
        "s = oc.Session(); n = oc.sample.nuclei_2d()\n"
        "s.add_lane(raw=n.raw, labels=n.labels); s.annotate(0, 1, cls=1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    listed = objclass("recover")
    assert listed.code == 0
    recovery_id = listed.out.split()[0]
    saved = objclass("recover", recovery_id, "-o", tmp_path / "found.objclass")
    assert saved.code == 0, saved.err
    with oc.Session.open(tmp_path / "found.objclass") as session:
        assert len(session.annotations) == 1
    assert objclass("recover").out == "every session was saved\n"
