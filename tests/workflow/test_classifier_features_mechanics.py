"""A classifier that uses some of the selected features: which, what follows, what is refused, old projects."""

import json

import h5py
import numpy as np
import pytest
from workflow.scenes import nuclei

from napari_objclass.errors import ObjClassError
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.session import Session
from napari_objclass.workflow.state import State

SCENE = nuclei((60, 80))
SELECTED = ("num_pixels", "centroid", "intensity_mean", "axis_radii")
USED = ("axis_radii", "num_pixels", "intensity_max")


@pytest.fixture
def session():
    with Session(recover=False) as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.feature_selection = FeatureSelection(SELECTED)
        session.annotate_many(0, ids=list(range(1, 9)), classes=[SCENE.truth[0, i] for i in range(1, 9)])
        yield session


def bits(session):
    trained = session.train()
    arrays = trained.forest.to_arrays() | {"X": trained.samples.X, "p": session.predict(0).probabilities}
    return {name: array.tobytes() for name, array in arrays.items()}


def test_the_forest_is_that_of_these_features_selected_alone(session):
    session.classifier = Classifier(features=USED)
    trained = session.train()
    assert trained.features == ("num_pixels", "axis_radii")
    assert trained.columns == ("num_pixels", "axis_radii_0", "axis_radii_1")
    assert trained.importances.shape == (3,)
    assert session.table(0).features == SELECTED
    subset = bits(session)
    session.classifier = Classifier()
    assert session.train().features == SELECTED
    session.feature_selection = FeatureSelection(["num_pixels", "axis_radii"])
    assert bits(session) == subset


def test_what_it_makes_stale(session):
    trained = session.train()
    seen = []
    session.changed.connect(seen.append)
    forest = {("object_classification", None), ("object_classification", 0)}
    session.classifier = Classifier(features=USED)
    assert seen.pop() == forest
    used = session.train()
    assert used is not trained
    session.feature_selection = FeatureSelection(["num_pixels", "axis_radii"])
    assert seen.pop() == {("feature_selection", None), ("object_features", 0)}
    assert session.train() is used
    session.undo()
    session.undo()
    assert session.classifier == Classifier()
    assert seen.pop() == forest
    assert session.train().features == SELECTED


def test_all_features_by_name_are_all_features(session):
    trained, prediction = session.train(), session.predict(0)
    session.classifier = Classifier(features=SELECTED[::-1])
    assert session.train() is trained
    assert session.predict(0) is prediction


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: setattr(s, "classifier", Classifier(features=["num_pixel"])), "did you mean 'num_pixels'"),
        (lambda s: setattr(s, "classifier", Classifier(features=["num_pixels"] * 2)), "asked for twice"),
        (lambda s: setattr(s, "classifier", Classifier(features="num_pixels")), "list of ids"),
        (lambda s: setattr(s, "classifier", Classifier(features=[])), "list of ids"),
        (lambda s: setattr(s, "classifier", Classifier(features=["intensity_max"])), "nothing of that is selected"),
    ],
)
def test_what_cannot_be_used_is_refused(session, change, says):
    before = bits(session)
    with pytest.raises(ObjClassError, match=says) as caught:
        change(session)
    assert "\n" not in str(caught.value)
    assert session.classifier == Classifier()
    assert bits(session) == before


def test_the_last_feature_in_use_cannot_be_deselected(session):
    session.classifier = Classifier(features=["centroid"])
    with pytest.raises(ObjClassError, match="may use only centroid"):
        session.feature_selection = FeatureSelection(["num_pixels"])
    assert session.feature_selection.features == SELECTED


def test_chosen_before_there_is_an_image():
    with Session(recover=False) as session:
        session.classifier = Classifier(features=["centroid"])
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.annotate(0, 1, cls=1)
        with pytest.raises(ObjClassError, match="nothing of that is selected"):
            session.train()


def test_an_image_that_cannot_be_read_keeps_its_samples(tmp_path):
    np.save(tmp_path / "labels.npy", SCENE.labels)
    with Session() as session:
        session.add_lane(raw=SCENE.raw, labels=tmp_path / "labels.npy")
        session.classifier = Classifier(features=["num_pixels"])
        session.annotate_many(0, ids=[1, 2, 3], classes=[1, 2, 1])
        session.train()
        session.save(tmp_path / "p.objclass")
    (tmp_path / "labels.npy").unlink()
    with Session.open(tmp_path / "p.objclass") as session:
        other = session.add_lane(raw=SCENE.raw, labels=np.roll(SCENE.labels, 1))
        session.annotate(other, 4, cls=2)
        trained = session.train()
        assert trained.columns == ("num_pixels",)
        assert len(trained.samples.y) == 4


# ------------------------------------------------------------------------------------------------------ project files


@pytest.mark.parametrize("saved", [False, True])
def test_it_is_kept_with_the_project(saved, tmp_path):
    with Session() as session:
        session.save(tmp_path / "p.objclass")
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.classifier = Classifier(seed=3, features=USED)
        session.annotate(0, 1, cls=1)
        trained = session.train()
        if saved:
            session.save()
    with Session.open(tmp_path / "p.objclass") as session:
        assert session.classifier == Classifier(seed=3, features=USED)
        if saved:
            assert session.forest.features == trained.features
            assert session.train() is session.forest


def test_earlier_versions_can_read_what_they_know(tmp_path):
    with Session(recover=False) as session:
        session.save(tmp_path / "p.objclass")
    with h5py.File(tmp_path / "p.objclass") as file:
        values = json.loads(file["settings/object_classification"].asstr()[()])
    assert values == {"n_trees": 100, "seed": 0, "missing": "last"}


def test_forests_of_earlier_versions_stand():
    """A digest that had changed would have every stored forest grown again."""
    assert State().training_digest() == "3ae603c93188747b86bb795953ae53847971a218222983211b7f965375b7a94f"
