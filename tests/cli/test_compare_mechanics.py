"""``objclass compare``, and labels of one project annotated into another."""

import csv
import shutil

import h5py
import numpy as np
import pytest

import napari_objclass as oc


@pytest.fixture
def projects(images, tmp_path):
    """Two people's projects on the same files."""
    for name in ("raw.tif", "labels.tif"):
        shutil.copy(images / name, tmp_path / name)
    said = {"a": ([1, 2, 3, 4], ["x", "x", "y", "y"]), "b": ([1, 2, 3, 5], ["x", "y", "y", "x"])}
    for person, (ids, classes) in said.items():
        with oc.Session(recover=False) as session:
            session.add_lane(raw=tmp_path / "raw.tif", labels=tmp_path / "labels.tif", name=f"image of {person}")
            for number, name in enumerate("xy", 1):
                session.rename_class(number, name)
            session.annotate_many(0, ids=ids, classes=classes)
            session.save(tmp_path / f"{person}.objclass")
    return tmp_path


def test_agreement_matrix_and_table(objclass, projects):
    words = ("compare", projects / "a.objclass", projects / "b.objclass", "--image", "image of a")
    result = objclass(*words, "-o", projects / "table.csv")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "3 objects are labelled in both, 2 alike (67 %); Cohen's kappa 0.40"
    assert [line.split() for line in lines[1:4]] == [["x", "y"], ["x", "1", "1"], ["y", "0", "1"]]
    assert lines[4].endswith("b.objclass: 1; to be confirmed first: 0; without object: 0")
    with (projects / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["class_a"], row["class_b"]) for row in rows] == [
        ("1", "x", "x"), ("2", "x", "y"), ("3", "y", "y"), ("4", "y", ""), ("5", "", "x"),
    ]  # fmt: skip
    assert objclass(*words, "-o", projects / "table.h5").code == 0
    with h5py.File(projects / "table.h5") as data:
        assert data["table"]["class_b"].tolist() == [b"x", b"y", b"y", b"", b"x"]


def test_comparing_leaves_both_as_they_are(objclass, projects):
    before = {path: path.read_bytes() for path in projects.glob("*.objclass*")}
    assert objclass("compare", projects / "a.objclass", projects / "b.objclass").code == 0
    assert {path: path.read_bytes() for path in projects.glob("*.objclass*")} == before


def test_images_that_are_not_told_apart_are_asked_for(objclass, projects):
    with oc.Session.open(projects / "b.objclass") as session:
        session.relink_lane(0, raw=np.zeros(oc.sample.nuclei_2d().raw.shape, np.uint8))
        session.save()
    words = ("compare", projects / "a.objclass", projects / "b.objclass")
    result = objclass(*words)
    assert result.code == 1
    assert "its images are 'image of b'" in result.err
    assert "3 objects" in objclass(*words, "--other-image", "image of b").out


@pytest.mark.parametrize(
    ("conflicts", "classes"), [(None, {1: 1, 3: 2, 4: 2, 5: 1}), ("theirs", {1: 1, 2: 2, 3: 2, 4: 2, 5: 1})]
)
def test_labels_of_another_project(objclass, projects, conflicts, classes):
    words = () if conflicts is None else ("--conflicts", conflicts)
    result = objclass("annotate", projects / "a.objclass", "--from", projects / "b.objclass", *words)
    assert result.code == 0, result.err
    assert "labels came" in result.out
    with oc.Session.open(projects / "a.objclass") as session:
        assert session.object_classes(0) == classes


def test_a_new_project_takes_the_classes_of_the_other(objclass, projects):
    image = ("--raw", projects / "raw.tif", "--labels", projects / "labels.tif")
    result = objclass("annotate", projects / "c.objclass", *image, "--from", projects / "a.objclass")
    assert result.code == 0, result.err
    with oc.Session.open(projects / "c.objclass") as session:
        assert [each.name for each in session.classes] == ["x", "y"]
        assert session.object_classes(0) == {1: 1, 2: 1, 3: 2, 4: 2}


def test_lines_that_cannot_be_used_are_counted(objclass, projects):
    (projects / "table.csv").write_text("id,class\n7,x\n99999,x\n", "utf-8")
    result = objclass("annotate", projects / "a.objclass", "--from", projects / "table.csv")
    assert result.code == 0, result.err
    assert "1 label came: 1 active; 1 label left out: there are no such objects;" in result.out
