"""``objclass export``: the images of a project itself, by its own settings or others."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from napari_objclass.io.readers import open_image
from napari_objclass.workflow.session import Session

PREDICTIONS = "Object Predictions"


@pytest.fixture
def out(tmp_path, project):
    """Where the project's settings say that results go: an image of ids and a table."""
    (tmp_path / "out").mkdir()
    with Session.open(project) as session:
        session.export_settings = replace(
            session.export_settings,
            images=("Object Identities",),
            filename=f"{tmp_path}/out/{{nickname}}_ids",
            format="numpy",
            table=f"{tmp_path}/out/{{nickname}}.csv",
        )
        session.save(project)
    return tmp_path / "out"


def test_the_settings_of_the_project(objclass, project, images, out):
    before = project.read_bytes()
    result = objclass("export", project)
    assert result.code == 0, result.err
    assert result.out.splitlines() == [str(out / "raw_ids.npy"), str(out / "raw.csv")]
    np.testing.assert_array_equal(np.load(out / "raw_ids.npy"), open_image(images / "labels.tif").data)
    with (out / "raw.csv").open(newline="") as file:
        labelled = [row for row in csv.DictReader(file) if row["User Label"] != "0"]
    assert len(labelled) == 12, "labels of the project are in its table"
    assert project.read_bytes() == before


def test_other_settings_for_once(objclass, project, out):
    result = objclass(
        "export", project, "--image", "raw", "--export-source", PREDICTIONS,
        "--output-filename-format", out / "{nickname}", "--table-filename", out / "other.csv",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert {path.name for path in out.iterdir()} == {"raw.npy", "other.csv"}
    with Session.open(project, read_only=True) as session:
        assert session.export_settings.images == ("Object Identities",)


def test_all_images_and_some(objclass, project, images, out):
    with Session.open(project) as session:
        session.add_lane(raw=images / "both.h5/raw", labels=images / "labels.tif")
        session.save(project)
    assert objclass("export", project, "--image", "all").code == 0
    assert {path.name for path in out.iterdir()} == {"raw_ids.npy", "raw.csv", "both_ids.npy", "both.csv"}
    for path in out.iterdir():
        path.unlink()
    assert objclass("export", project, "--image", "both", "both").code == 0
    assert {path.name for path in out.iterdir()} == {"both_ids.npy", "both.csv"}


def test_two_images_do_not_end_in_one_file(objclass, project, images, out):
    with Session.open(project) as session:
        session.add_lane(raw=images / "both.h5/raw", labels=images / "labels.tif")
        session.save(project)
    result = objclass("export", project, "--output-filename-format", out / "ids")
    assert result.code == 1
    assert "two images" in result.err
    assert not any(out.iterdir())


def test_an_image_that_the_project_does_not_have(objclass, project, out):
    result = objclass("export", project, "--image", "nobody")
    assert result.code == 1
    assert "raw" in result.err


def test_a_project_without_images(objclass, tmp_path):
    with Session(recover=False) as session:
        session.save(tmp_path / "empty.objclass")
    result = objclass("export", tmp_path / "empty.objclass")
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
