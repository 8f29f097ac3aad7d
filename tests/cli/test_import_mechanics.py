"""``objclass import``: a project of ilastik becomes one of ours; what it says, and what it refuses."""

import shutil

import numpy as np
import pytest
from workflow.ilp_files import write_project

import napari_objclass as oc


@pytest.fixture
def project(tmp_path):
    """A trained project of ilastik that holds its images."""
    labels = np.zeros((20, 20), np.uint16)
    labels[1:3, 1:3], labels[6:9, 6:9] = 1, 2
    raw = np.arange(400, dtype=np.uint8).reshape(20, 20)
    return write_project(tmp_path / "a.ilp", "labels", [(raw, labels)], tree=(0, 5), labels=[{0: [0, 1, 2]}])


def test_what_came_over(objclass, project, tmp_path):
    result = objclass("import", project, "-o", tmp_path / "a.objclass")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        f"{tmp_path / 'a.objclass'}: 1 image; 2 labels (Label 1 1, Label 2 1); 2 features; "
        "classifier of 1 tree in force\n"
    )
    with oc.Session.open(tmp_path / "a.objclass", read_only=True) as session:
        assert session.forest.imported
        assert session.predict(0).classes.tolist() == [1, 2]


def test_training_says_whose_forest_it_is(objclass, project, tmp_path):
    objclass("import", project, "-o", tmp_path / "a.objclass")
    assert "comes from ilastik" in objclass("train", tmp_path / "a.objclass").out
    assert "comes from ilastik" in objclass("info", tmp_path / "a.objclass").out


def test_missing_images_are_named_once(objclass, data, tmp_path):
    project = shutil.copy(data / "nuclei2d" / "nuclei2d.ilp", tmp_path / "nuclei2d.ilp")
    result = objclass("import", project, "-o", tmp_path / "a.objclass")
    assert result.code == 0
    assert "40 labels" in result.out
    assert [line.count("needs image") for line in result.err.splitlines()] == [1]


def test_the_project_has_our_suffix(objclass, project, tmp_path):
    result = objclass("import", project, "-o", tmp_path / "a.ilp")
    assert result.code == 1
    assert ".objclass" in result.err


def test_an_image_is_no_project(objclass, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 3)))
    result = objclass("import", tmp_path / "a.npy", "-o", tmp_path / "a.objclass")
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "a.objclass").exists()


@pytest.mark.parametrize("words", [("train",), ("annotate", "--from", "x.csv")], ids=["train", "annotate"])
def test_a_project_of_ilastik_is_not_changed(objclass, project, words):
    before = project.read_bytes()
    result = objclass(words[0], project, *words[1:])
    assert result.code == 1
    assert f"objclass import {project}" in result.err
    assert project.read_bytes() == before
