"""``objclass gui``: what it opens, and what it refuses before napari starts."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_objclass.commands import gui
from napari_objclass.io.writers import write_image


@pytest.fixture
def opened(monkeypatch):
    """What napari would be started with."""
    from napari_objclass.widgets import launch

    calls = []
    monkeypatch.setattr(gui, "find_spec", lambda name: True)
    monkeypatch.setattr(launch, "launch", lambda *wanted: calls.append(wanted))
    return calls


def test_a_project(objclass, opened, project):
    assert objclass("gui", project).code == 0
    assert opened == [(project, (), ())]


def test_a_project_of_ilastik(objclass, opened):
    objclass("gui", "nuclei.ilp")
    assert opened == [(Path("nuclei.ilp"), (), ())]


def test_nothing(objclass, opened):
    assert objclass("gui").code == 0
    assert opened == [(None, (), ())]


def test_images_and_objects_are_paired_by_name(objclass, opened, images, tmp_path):
    folder = tmp_path / "labels"  # the name of a folder does not count where names of files tell enough
    folder.mkdir()
    a, a_masks, b, b_labels = files = [folder / name for name in ("a.tif", "a_cp_masks.tif", "b.tif", "b_labels.tif")]
    for copy, name in ((a, "raw"), (b, "raw"), (b_labels, "labels")):
        shutil.copy(images / f"{name}.tif", copy)
    write_image(a_masks, 255 * np.eye(8, dtype=np.uint8), "yx")
    assert objclass("gui", *reversed(files)).code == 0
    labels, mask = opened[0][1]
    assert mask == {"raw": str(a), "segmentation": str(a_masks)}
    assert labels == {"raw": str(b), "labels": str(b_labels)}


def test_images_and_objects_are_paired_by_folder(objclass, opened, images, tmp_path):
    for folder in ("raw", "labels"):
        (tmp_path / folder).mkdir()
        shutil.copy(images / f"{folder}.tif", tmp_path / folder / "a.tif")
    assert objclass("gui", tmp_path / "raw" / "a.tif", tmp_path / "labels" / "a.tif").code == 0
    assert opened[0][1] == ({"raw": str(tmp_path / "raw/a.tif"), "labels": str(tmp_path / "labels/a.tif")},)


def test_probabilities_are_known_by_name(objclass, opened, images, tmp_path):
    a, own = tmp_path / "a.tif", tmp_path / "a_Probabilities.h5"
    shutil.copy(images / "raw.tif", a)
    shutil.copy(images / "probabilities.h5", own)
    assert objclass("gui", own, a).code == 0
    assert objclass("gui", a, "--prediction-maps", own).code == 0
    assert [call[1] for call in opened] == [({"raw": str(a), "probabilities": str(own)},)] * 2


def test_objects_are_those_that_are_named(objclass, opened):
    assert objclass("gui", "segmented.tif", "--segmentation", "x.tif").code == 0
    assert opened[0][1] == ({"raw": "segmented.tif", "segmentation": "x.tif"},)


def test_folders_are_looked_into_by_the_workbench(objclass, opened, images):
    assert objclass("gui", images).code == 0
    assert opened == [(None, (), (str(images),))]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["raw.tif"], "which file has the objects of raw.tif"),
        (["a.tif", "b.tif", "--labels", "labels.tif"], "2 images need as many"),
        (["nowhere_labels.tif"], "nowhere_labels.tif"),
        (["a.objclass", "labels.tif"], "one project, or images"),
    ],
)
def test_what_does_not_fit_is_refused(objclass, opened, words, sentence):
    said = objclass("gui", *words)
    assert (said.code, opened) == (1, [])
    assert sentence in said.err


def test_without_napari_it_says_how_to_get_it(objclass, monkeypatch):
    monkeypatch.setattr(gui, "find_spec", lambda name: None if name == "napari" else importlib.util.find_spec(name))
    said = objclass("gui")
    assert said.code == 1
    assert said.err == 'objclass: napari is not installed; run: pip install "napari-objclass[all]"\n'
