"""When a forest is trained, when the stored one is used, and what is said about either."""

import numpy as np
import pytest
from workflow.scenes import nuclei

from napari_objclass.errors import Cancelled, FeatureError, ObjClassError, ParameterError
from napari_objclass.forest import RandomForest
from napari_objclass.kernels import CancelToken
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.session import Session

SCENE = nuclei((60, 80))
OTHER = nuclei((60, 80), seed=9)


@pytest.fixture
def session():
    with Session(recover=False) as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.annotate_many(0, ids=list(range(1, 9)), classes=[SCENE.truth[0, i] for i in range(1, 9)])
        yield session


@pytest.fixture
def project(tmp_path):
    """Two images in files, both annotated, trained and saved."""
    with Session() as session:
        for name, scene in (("a", SCENE), ("b", OTHER)):
            np.save(tmp_path / f"{name}_raw.npy", scene.raw)
            np.save(tmp_path / f"{name}_labels.npy", scene.labels)
            lane = session.add_lane(raw=tmp_path / f"{name}_raw.npy", labels=tmp_path / f"{name}_labels.npy", name=name)
            session.annotate_many(lane, ids=list(range(1, 9)), classes=[scene.truth[0, i] for i in range(1, 9)])
        session.train()
        session.save(tmp_path / "p.objclass")
    return tmp_path / "p.objclass"


def test_nothing_to_learn_from():
    with Session(recover=False) as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        with pytest.raises(ObjClassError, match="nothing is annotated"):
            session.predict(0)
        with pytest.raises(ObjClassError, match="no trained classifier"):
            session.predict(0, retrain=False)
        session.annotate(0, 1, cls=1)
        session.delete_class(1)
        with pytest.raises(ObjClassError, match="none of the 1 annotations decides"):
            session.predict(0)


def test_one_class_is_certain():
    with Session(recover=False) as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.delete_class(2)
        session.annotate(0, 1, cls=1)
        prediction = session.predict(0)
        assert prediction.probabilities.shape == (12, 1)
        assert (prediction.probabilities == 1).all()
        assert (prediction.uncertainty == 0).all()


def test_a_class_without_samples_keeps_its_column(session):
    session.add_class("never clicked")
    prediction = session.predict(0)
    assert prediction.class_names == ("Class 1", "Class 2", "never clicked")
    assert (prediction.probabilities[:, 2] == 0).all()


def test_no_objects_no_rows(session):
    lane = session.add_lane(raw=SCENE.raw, labels=np.zeros_like(SCENE.labels))
    prediction = session.predict(lane)
    assert prediction.probabilities.shape == (0, 2)
    assert prediction.classes.shape == (0,)
    assert not prediction.paint("uncertainty").any()


def test_what_the_forest_tells(session):
    trained = session.train()
    assert 0 <= trained.oob_error <= 1
    assert trained.oob_confusion.shape == (2, 2)
    assert trained.oob_confusion.sum() <= 8
    assert len(trained.columns) == len(trained.importances)
    assert trained.importances.sum() == pytest.approx(1)
    assert trained.oob_classes.tolist() == trained.samples.y.tolist()
    assert trained.samples.X.dtype == np.float32


def test_prediction_is_computed_once(session):
    assert session.predict(0) is session.predict(0)
    assert session.train() is session.train()
    session.recolour_class(1, "#000000")
    assert session.train() is session.train()
    before = session.predict(0)
    session.annotate(0, 9, cls=1)
    assert session.predict(0) is not before


def test_renaming_renames_without_training(session):
    trained = session.train()
    session.rename_class(1, "interphase")
    assert session.predict(0).class_names == ("interphase", "Class 2")
    assert session.train() is trained


@pytest.mark.parametrize("features", ["default", ["num_pixels", "intensity_mean"]])
def test_images_that_do_not_fit_the_forest(session, features):
    session.feature_selection = FeatureSelection(features)
    two_channels = session.add_lane(raw=np.stack([SCENE.raw] * 2), labels=SCENE.labels)
    with pytest.raises(FeatureError, match="images with the same channels"):
        session.predict(two_channels)


@pytest.mark.parametrize("what", ["Class 3", 0, 3, "probabilities"])
def test_only_what_there_is_can_be_painted(session, what):
    with pytest.raises(ParameterError, match="cannot paint"):
        session.predict(0).paint(what)


def test_more_than_255_classes_are_painted_in_16_bit(session):
    for _ in range(254):
        session.add_class()
    assert session.predict(0).paint().dtype == np.uint16


@pytest.mark.parametrize("rows", [[-1, 2], [2, 12], [3, 3], [3, 2], [[1]], [1.5], [True]])
def test_only_rows_there_are_can_be_predicted(session, rows):
    with pytest.raises(ParameterError, match=r"rows (must rise|are whole numbers)"):
        session.predict(0, rows=rows)


def test_stopping(session):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        session.predict(0, cancel=token)
    assert len(session.predict(0).ids) == 12


# -------------------------------------------------------------------------------------------------- the stored forest


def test_the_stored_forest_needs_no_other_image(project):
    for name in ("a_raw", "a_labels", "b_labels"):
        (project.parent / f"{name}.npy").unlink()
    with Session.open(project, read_only=True) as session:
        stored = session.forest
        lane = session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        assert session.predict(lane, retrain=False).probabilities.shape == (12, 2)
        assert session.forest is stored
        assert session.notes == []
        assert len(session.predict(lane).ids) == 12
        assert session.forest is stored


def test_the_stored_forest_is_used_as_it_is_with_a_note(project):
    with Session.open(project) as session:
        before = session.predict(0, retrain=False).probabilities
        session.annotate(0, 9, cls=1)
        after = session.predict(0, retrain=False)
        np.testing.assert_array_equal(after.probabilities, before)
        (note,) = session.notes
        assert "changed after the classifier was trained" in note
        session.delete_class(2)
        assert session.predict(0, retrain=False).class_names == ("Class 1", "Class 2")


def test_what_was_said_of_each_sample_is_stored(project):
    with Session.open(project, read_only=True) as session:
        assert session.forest.oob_classes.tolist() == session.forest.samples.y.tolist()


def test_a_forest_of_an_earlier_version_says_nothing_of_each_sample(project, monkeypatch):
    with monkeypatch.context() as patch, Session.open(project) as session:
        arrays = session.forest.forest.to_arrays()
        del arrays["oob_classes"]
        patch.setattr(RandomForest, "to_arrays", lambda _: arrays)
        session.save()
    with Session.open(project) as session:
        assert session.forest.oob_classes.tolist() == [0] * 16
        assert session.train() is session.forest


def test_samples_of_a_missing_image_still_train(project):
    (project.parent / "b_labels.npy").unlink()
    with Session.open(project) as session:
        stored = session.forest
        session.annotate(0, 9, cls=SCENE.truth[0, 9])
        trained = session.train()
        assert trained is not stored
        assert len(trained.samples.y) == 17
        np.testing.assert_array_equal(trained.samples.part(session.lanes[1].uuid).X, stored.samples.X[8:])
        assert any("'b' cannot be opened" in note for note in session.notes)
        missing = trained.forest.to_arrays()
        np.save(project.parent / "b_labels.npy", OTHER.labels)
        session.relink_lane(1)
        complete = session.train().forest.to_arrays()
        assert all(np.array_equal(missing[name], complete[name]) for name in complete)


def test_other_features_and_a_missing_image_keep_the_old_forest(project):
    (project.parent / "b_labels.npy").unlink()
    with Session.open(project) as session:
        stored = session.forest
        session.feature_selection = FeatureSelection(features=["num_pixels"])
        assert session.train() is stored
        assert any("features changed but 'b' cannot be read" in note for note in session.notes)
        assert len(session.predict(0).ids) == 12
        np.save(project.parent / "b_labels.npy", OTHER.labels)
        session.relink_lane(1)
        assert session.train().columns == ("num_pixels",)


def test_a_forest_without_an_image_is_grown_again_when_it_is_back(project):
    np.save(project.parent / "b_labels.npy", np.roll(OTHER.labels, 1, 0))
    with Session.open(project) as session:
        session.annotate(0, 9, cls=1)
        assert session.train().without == ("b",)
        assert len(session.train().samples.y) == 9
        session.save()
    np.save(project.parent / "b_labels.npy", OTHER.labels)
    with Session.open(project) as session:
        assert len(session.train().samples.y) == 17
        assert session.notes == []
