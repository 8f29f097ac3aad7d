"""``objclass gui``: what it opens, and what it refuses before napari starts."""

import importlib.util

import pytest

from napari_objclass.commands import gui


@pytest.fixture
def opened(monkeypatch):
    """What napari would be started with."""
    from napari_objclass.widgets import launch

    calls = []
    monkeypatch.setattr(gui, "find_spec", lambda name: True)
    monkeypatch.setattr(launch, "launch", lambda project, images: calls.append((project, images)))
    return calls


def test_a_project(objclass, opened, project):
    assert objclass("gui", project).code == 0
    assert opened == [(project, [])]


def test_nothing(objclass, opened):
    assert objclass("gui").code == 0
    assert opened == [(None, [])]


def test_objects_are_known_by_their_names(objclass, opened):
    assert objclass("gui", "a_cp_masks.tif", "b.tif", "b_labels.tif", "a.tif").code == 0
    (_, images) = opened[0]
    assert [(each.raw, each.objects) for each in images] == [("b.tif", "a_cp_masks.tif"), ("a.tif", "b_labels.tif")]


def test_objects_are_those_that_are_named(objclass, opened):
    assert objclass("gui", "segmented.tif", "--segmentation", "x.tif").code == 0
    assert opened[0][1] == [gui.ImageFiles("x.tif", "segmentation", "segmented.tif")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["raw.tif"], "which file has the objects of raw.tif"),
        (["a.tif", "b.tif", "labels.tif"], "2 images need as many"),
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


def test_a_mask_has_one_value(images, tmp_path):
    import numpy as np

    from napari_objclass.io.writers import write_image
    from napari_objclass.workflow.session import Session

    mask = write_image(tmp_path / "mask.tif", 255 * np.eye(8, dtype=np.uint8), "yx")
    with Session(recover=False) as session:
        gui.ImageFiles(str(mask), None, None).add_to(session)
        gui.ImageFiles(str(images / "labels.tif"), None, str(images / "raw.tif")).add_to(session)
        assert [sorted(lane.sources) for lane in session.lanes] == [["segmentation"], ["labels", "raw"]]
