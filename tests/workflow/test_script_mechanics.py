"""The script of a session makes the same session again."""

from dataclasses import replace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass import sample
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.script import script


@pytest.fixture
def session(tmp_path):
    nuclei = sample.nuclei_2d()
    raw = write_image(tmp_path / "raw.tif", nuclei.raw, "yx")
    labels = write_image(tmp_path / "both.h5" / "labels", nuclei.labels, "yx")
    with oc.Session(recover=False) as session:
        session.add_lane(raw=raw, labels=labels, name="nuclei", spacing=(0.5, 0.25), offset=(3, 4))
        examples = sample.labelled_examples(nuclei)
        session.annotate_many(0, ids=list(examples), classes=list(examples.values()))
        yield session


def run(text):
    names = {}
    exec(compile(text, "script.py", "exec"), names)
    return names["session"]


def test_it_runs_as_it_is(session, capsys):
    session.feature_selection = oc.FeatureSelection(features=("num_pixels", "intensity_mean"), margin=(3, 5))
    session.classifier = oc.Classifier(n_trees=7, seed=3)
    made = run(script(session))
    assert made.object_classes(0) == session.object_classes(0)
    assert (made.feature_selection, made.classifier) == (session.feature_selection, session.classifier)
    assert (made.lanes[0].spacing, made.lanes[0].offset) == (session.lanes[0].spacing, session.lanes[0].offset)
    assert np.array_equal(made.predict(0).probabilities, session.predict(0).probabilities)
    assert capsys.readouterr().out.startswith("nuclei {'Class 1': ")


@pytest.mark.parametrize("role", ["probabilities", "raw"])
def test_objects_are_found_again(tmp_path, role):
    nuclei = sample.nuclei_2c()
    pixels = sample.probabilities(nuclei) if role == "probabilities" else nuclei.raw
    with oc.Session(recover=False) as session:
        session.add_lane(**{role: write_image(tmp_path / "image.h5", pixels, "yxc")})
        session.thresholding = replace(session.thresholding, method="hysteresis", sigma=(1.5, 2), min_size=20)
        session.annotate_many(0, ids=[1, 2], classes=[1, 2])
        made = run(script(session))
        assert made.thresholding == session.thresholding
        assert np.array_equal(made.label_image(0), session.label_image(0))
        assert made.object_classes(0) == session.object_classes(0) == {1: 1, 2: 2}


@pytest.mark.parametrize(
    "names", [["one"], ["a", "Class 1"], ["Class 2", "Class 1"], ["Class 2", "x", "Class 1"], ["Class 1", "Class 2"]]
)
def test_classes_are_the_same(names):
    with oc.Session(recover=False) as session:
        for number in (1, 2):
            session.rename_class(number, f"old {number}")
        for name in names:
            session.add_class(name, "#123456", ignore=name == "x")
        for _ in range(2):
            session.delete_class(1)
        made = run(script(session))
        expected = [(each.name, each.color, each.ignore) for each in session.classes]
        assert [(each.name, each.color, each.ignore) for each in made.classes] == expected


def test_an_object_that_left_its_mark_is_labelled_by_its_id(session, tmp_path):
    labels = session.label_image(0).copy()
    mark = next(each for each in session.annotations if each.object_id)
    labels[mark.anchor[1:]] = 0
    session.relink_lane(0, labels=write_image(tmp_path / "moved.tif", labels, "yx"))
    text = script(session)
    assert f"ids=[{mark.object_id}]" in text
    assert run(text).object_classes(0) == session.object_classes(0)


def test_what_is_only_in_memory_is_to_be_put_in(session):
    session.add_lane(labels=np.eye(9, dtype=np.uint8), name="eye")
    assert "labels = ...  # is only in memory" in script(session)


def test_marks_that_decide_nothing_are_counted(session):
    session.delete_class(2)
    assert "# Left out: 6 annotations" in script(session)
