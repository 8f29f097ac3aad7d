"""Editing objects by hand: what is kept, what annotations mean afterwards, what is refused, what is not computed."""

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

import napari_objclass as oc
from napari_objclass import kernels
from napari_objclass.errors import DtypeError, FileError, ObjClassError, ParameterError, ShapeError
from napari_objclass.io.writers import write_image
from napari_objclass.workflow import claims
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.thresholding import Thresholding


@pytest.fixture
def scene():
    return nuclei((60, 80))


@pytest.fixture
def session(scene):
    with oc.Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        yield session


def edit(session, change, lane=0, **options):
    """Change a copy of the label image in place, and hand it over."""
    labels = session.label_image(lane).copy()
    change(labels)
    session.edit_objects(lane, labels, **options)
    return labels


def relabel(old, new):
    def change(labels):
        labels[labels == old] = new

    return change


def states(session):
    return sorted(str(each.state) for each in session.annotations)


# ------------------------------------------------------------------------------------------- what marks mean


def test_merging_objects_of_two_classes_is_a_conflict_until_it_is_undone(session):
    session.annotate(0, 1, cls=1)
    session.annotate(0, 2, cls=2)
    edit(session, relabel(2, 1))
    assert states(session) == ["conflict", "conflict"]
    session.undo()
    assert states(session) == ["active", "active"]
    assert session.object_classes(0) == {1: 1, 2: 2}


def test_an_object_more_than_twice_as_large_is_changed(session):
    session.annotate(0, 1, cls=1)
    edit(session, lambda labels: labels.__setitem__((slice(0, 20), slice(0, 20)), 1))
    assert states(session) == ["changed"]
    session.undo()
    assert states(session) == ["active"]


def test_a_deleted_object_parks_its_annotation(session):
    session.annotate(0, 1, cls=1)
    edit(session, relabel(1, 0))
    assert states(session) == ["parked"]
    assert 1 not in session.objects(0).ids
    session.undo()
    session.redo()
    assert states(session) == ["parked"]
    session.undo()
    assert states(session) == ["active"]


def test_an_object_painted_anew_can_be_annotated(session):
    edit(session, lambda labels: labels.__setitem__((slice(0, 3), slice(70, 80)), 500))
    session.annotate(0, at=(1, 75), cls=2)
    assert session.object_classes(0) == {500: 2}
    assert session.objects(0).sizes[-1] == 30


# ------------------------------------------------------------------------------------------------- what is kept


def test_nothing_edited_is_no_change(session, scene):
    session.edit_objects(0, scene.labels)
    session.edit_objects(0, scene.labels[:10, :20], within=(slice(10), slice(0, 20)))
    assert not session.undo()
    assert session.edits(0) == (0, 0)


def test_a_snapshot_that_others_hold_does_not_change(session, scene):
    objects, before = session.objects(0), scene.labels.copy()
    edit(session, relabel(1, 0))
    np.testing.assert_array_equal(objects.labels[0, 0], before)
    np.testing.assert_array_equal(scene.labels, before)


def test_the_users_file_stays_as_it_is_and_edits_come_back(tmp_path, scene):
    file = write_image(tmp_path / "labels.tif", scene.labels, "yx")
    file.chmod(0o444)
    content = file.read_bytes()
    with oc.Session() as session:
        session.add_lane(labels=file)
        labels = edit(session, relabel(2, 1))
        session.save(tmp_path / "p.objclass")
        unsaved = edit(session, relabel(3, 1))
    with oc.Session.open(tmp_path / "p.objclass") as session:
        np.testing.assert_array_equal(session.label_image(0), unsaved)
        session.revert()
        np.testing.assert_array_equal(session.label_image(0), labels)
        assert session.edits(0) == (1, 0)
    assert file.read_bytes() == content


def test_work_that_was_never_saved_is_recovered(tmp_path, scene):
    file = write_image(tmp_path / "labels.tif", scene.labels, "yx")
    with oc.Session() as session:
        session.add_lane(labels=file)
        labels = edit(session, relabel(2, 1))
        edit(session, relabel(3, 1))
        session.undo()
    with oc.Session.recover(oc.Session.recoverable()[0].id) as session:
        np.testing.assert_array_equal(session.label_image(0), labels)


def test_edits_of_other_settings_wait_and_come_back(tmp_path, scene):
    probabilities = np.float32((scene.labels > 0) * (0.4 + scene.labels / 40))
    first, second = (Thresholding(threshold=threshold, sigma=0.0) for threshold in (0.3, 0.5))
    with oc.Session() as session:
        session.thresholding = first
        session.add_lane(probabilities=probabilities, name="cells")
        labels = edit(session, relabel(1, 0))
        session.thresholding = second
        assert session.edits(0) == (0, 1)
        other = edit(session, relabel(2, 0))
        assert session.edits(0) == (1, 1)
        assert "1 edit by hand of 'cells' waits" in session.notes[-1]
        session.save(tmp_path / "p.objclass")
    with oc.Session.open(tmp_path / "p.objclass") as session:
        np.testing.assert_array_equal(session.label_image(0), other)
        session.thresholding = first
        assert session.edits(0) == (1, 1)
        np.testing.assert_array_equal(session.label_image(0), labels)
        assert session.objects(0).n_small == 0


def test_edits_wait_for_the_segmentation_that_they_were_made_on(session, scene):
    labels = edit(session, relabel(1, 0))
    session.relink_lane(0, labels=np.roll(scene.labels, 5))
    assert session.edits(0) == (0, 1)
    np.testing.assert_array_equal(session.label_image(0), np.roll(scene.labels, 5))
    session.relink_lane(0, labels=scene.labels)
    assert session.edits(0) == (1, 0)
    assert session.notes == []
    np.testing.assert_array_equal(session.label_image(0), labels)


def test_other_raw_leaves_edits_where_they_are(session, scene):
    labels = edit(session, relabel(1, 0))
    session.relink_lane(0, raw=scene.raw + 1)
    assert session.edits(0) == (1, 0)
    np.testing.assert_array_equal(session.label_image(0), labels)


def test_a_removed_image_comes_back_with_its_edits(tmp_path, scene):
    with oc.Session() as session:
        session.add_lane(labels=scene.labels)
        labels = edit(session, relabel(1, 0))
        session.remove_lane(0)
        session.save(tmp_path / "p.objclass")
    with oc.Session.open(tmp_path / "p.objclass") as session:
        session.add_lane(labels=scene.labels)
        np.testing.assert_array_equal(session.label_image(0), labels)


def test_whoever_shows_the_objects_is_told(session):
    heard = []
    session.changed.connect(heard.append)
    edit(session, relabel(1, 0))
    assert {("thresholding", 0), ("object_features", 0), ("annotations", 0)} <= heard[-1]
    assert ("input_data", 0) not in heard[-1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.int64, bool])
def test_labels_keep_their_type(dtype, scene):
    given = (scene.labels > 0) if dtype is bool else scene.labels.astype(dtype)
    with oc.Session(recover=False) as session:
        session.add_lane(labels=given)
        kept = session.label_image(0).dtype
        edited = session.label_image(0).astype(np.float64)
        edited[:2, :2] = 77
        session.edit_objects(0, edited)
        assert session.label_image(0).dtype == kept
        assert session.label_image(0)[0, 0] == 77


def test_the_largest_id_of_all(scene):
    with oc.Session(recover=False) as session:
        session.add_lane(labels=scene.labels.astype(np.uint64))
        edit(session, relabel(1, np.uint64(2**64 - 1)))
        assert session.objects(0).ids[-1] == 2**64 - 1
        session.undo()
        assert session.objects(0).ids[0] == 1


def test_a_stroke_in_one_frame_with_axes_in_another_order():
    film = movie(shape=(40, 60))
    with oc.Session(recover=False) as session:
        session.add_lane(labels=film.labels.transpose(2, 0, 1), axes="xty")
        part = (slice(30, 45), slice(1, 2), slice(0, -20))
        labels = session.label_image(0).copy()
        labels[part] = 900
        session.edit_objects(0, labels, within=part)
        np.testing.assert_array_equal(session.label_image(0), labels)
        objects = session.objects(0)
        assert objects.frames[objects.ids == 900].tolist() == [1]
        assert objects.boxes[objects.ids == 900].tolist() == [[0, 0, 30, 1, 20, 45]]


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        (np.zeros((60, 81), np.uint8), ShapeError, "shape"),
        (np.zeros((1, 60, 80), np.uint8), ShapeError, "shape"),
        (np.full((60, 80), 256), ParameterError, "256 does not fit"),
        (np.full((60, 80), -3), ParameterError, "negative label -3"),
        (np.full((60, 80), 0.5), DtypeError, "fractions"),
        (np.full((60, 80), "a"), DtypeError, "integers"),
    ],
)
def test_what_is_no_label_image_of_these_objects(labels, error, words, scene):
    with oc.Session(recover=False) as session:
        session.add_lane(labels=scene.labels.astype(np.uint8))
        with pytest.raises(error, match=words):
            session.edit_objects(0, labels)
        assert session.edits(0) == (0, 0)


def test_negative_labels_of_the_type_of_the_objects(scene):
    with oc.Session(recover=False) as session:
        session.add_lane(labels=scene.labels.astype(np.int32))
        with pytest.raises(ObjClassError, match="negative label -7"):
            edit(session, relabel(3, -7))


@pytest.mark.parametrize("within", [(slice(3),), (slice(0, 9, 2), slice(9)), (3, slice(9))])
def test_a_part_is_a_box(within, session, scene):
    with pytest.raises(ParameterError, match="one slice"):
        session.edit_objects(0, scene.labels, within=within)


def test_an_image_that_is_gone_or_another_one_is_not_edited(tmp_path, scene):
    file = write_image(tmp_path / "labels.tif", scene.labels, "yx")
    with oc.Session() as session:
        session.add_lane(labels=file)
        session.save(tmp_path / "p.objclass")
    write_image(file, scene.labels[::-1], "yx")
    with oc.Session.open(tmp_path / "p.objclass") as session, pytest.raises(ObjClassError, match="other content"):
        session.edit_objects(0, scene.labels)
    file.unlink()
    with oc.Session.open(tmp_path / "p.objclass") as session, pytest.raises(FileError, match="cannot be opened"):
        session.edit_objects(0, scene.labels)


# ------------------------------------------------------------------------------------------- what is not computed


@pytest.fixture
def trained(session):
    chosen = session.feature_selection.features
    local = {spec.id for spec in oc.feature_catalog() if spec.local and not spec.slow}
    session.feature_selection = FeatureSelection([each for each in chosen if each in local])
    session.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 2, 1, 2])
    session.predict(0)
    return session


@pytest.fixture
def measured(monkeypatch):
    """Numbers of objects that the kernel measured, None for all."""
    seen, measure = [], kernels.measure

    def spy(*arguments, only=None, **options):
        seen.append(None if only is None else len(only[0]))
        return measure(*arguments, only=only, **options)

    monkeypatch.setattr(kernels, "measure", spy)
    return seen


def test_only_what_was_edited_is_computed_again(trained, measured, monkeypatch):
    looked_up, predicted, look_up = [], [], claims._look_up
    monkeypatch.setattr(
        claims, "_look_up", lambda objects, marks: looked_up.append(len(marks)) or look_up(objects, marks)
    )
    probabilities = kernels.forest_probabilities
    monkeypatch.setattr(
        kernels,
        "forest_probabilities",
        lambda forest, x, **options: predicted.append(len(x)) or probabilities(forest, x, **options),
    )
    forest = trained.forest.forest
    edit(trained, relabel(6, 0))
    edit(trained, relabel(7, 8))
    for _ in range(2):
        trained.claims(0)
        trained.predict(0)
        assert trained.forest.forest is forest
        assert measured == [1, 2, 1]  # 6, then 7 and 8 for the index; 8 for the table
        assert looked_up == [0]
        assert predicted == [1]
    trained.undo()
    trained.predict(0)
    assert measured[3:] == [2, 2]
    assert predicted[1:] == [2]


@pytest.fixture
def shared(monkeypatch, declare):
    """Id of a feature whose value depends on all objects: the share that an object has of their brightness."""
    measure = kernels.measure
    declare(lambda specs: [{**spec, "local": spec["local"] and spec["id"] != "intensity_sum"} for spec in specs])

    def with_shares(labels, raw, features, **options):
        found = measure(labels, raw, features, **options)
        if "intensity_sum" in features:
            assert features == ["intensity_sum"] or options["only"] is None
            column = features.index("intensity_sum")  # of features with one value each
            values = found.values.reshape(len(found.ids), -1)
            values[:, column] /= values[:, column].sum()
        return found

    monkeypatch.setattr(kernels, "measure", with_shares)
    return "intensity_sum"


def test_a_feature_that_depends_on_all_objects_is_measured_and_predicted_for_all(session, scene, shared, measured):
    chosen = ("intensity_mean", shared, "num_pixels")
    session.feature_selection = FeatureSelection(chosen)
    session.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 2, 1, 2])
    before = session.predict(0), session.table(0)
    measured.clear()
    labels = edit(session, relabel(6, 0))
    prediction, table = session.predict(0), session.table(0)
    assert measured[:3] == [1, 0, None]  # the index; what of the edited object is left; the share of all
    fresh = oc.measure(labels, scene.raw, features=chosen)
    assert table.features == chosen
    assert table.values.tobytes() == fresh.values.tobytes()
    assert (table[shared][:5] != before[1][shared][:5]).all()
    assert prediction.probabilities.tobytes() == session.forest.forest.predict_proba(fresh.float32).tobytes()
    session.undo()
    assert session.predict(0).probabilities.tobytes() == before[0].probabilities.tobytes()
    assert session.table(0).values.tobytes() == before[1].values.tobytes()


def test_another_margin_measures_again_what_depends_on_it_alone(session, monkeypatch, declare):
    measure, seen = kernels.measure, []
    declare(lambda specs: [{**spec, "uses_margin": spec["id"] == "intensity_max"} for spec in specs])

    def spy(labels, raw, features, **options):
        seen.append((features, options["margin"], options["only"] is None))
        return measure(labels, raw, features, **options)

    session.feature_selection = FeatureSelection(["intensity_max", "num_pixels"], margin=5)
    first = session.table(0)
    monkeypatch.setattr(kernels, "measure", spy)
    session.feature_selection = FeatureSelection(["intensity_max", "num_pixels"], margin=(5, 6))
    assert session.table(0).values.tobytes() == first.values.tobytes()
    assert seen == [(["intensity_max"], (0, 5, 6), True)]
    edit(session, relabel(6, 0))
    session.feature_selection = FeatureSelection(["intensity_max", "num_pixels"])
    labels, raw = session.label_image(0), session.images(0).raw[0, 0, ..., 0]
    again = oc.measure(labels, raw, features=["intensity_max", "num_pixels"])
    del seen[:]
    assert session.table(0).values.tobytes() == again.values.tobytes()
    assert [features for features, _, _ in seen] == [["num_pixels"], ["intensity_max"]]


def test_an_edit_of_an_annotated_object_grows_another_forest(trained):
    forest = trained.forest.forest
    edit(trained, lambda labels: labels.__setitem__((slice(0, 12), slice(0, 20)), 1))
    trained.annotate(0, 1, cls=1)
    trained.predict(0)
    assert trained.forest.forest is not forest
    row = trained.forest.samples.ids.tolist().index(1)
    column = trained.forest.columns.index("num_pixels")
    assert trained.forest.samples.X[row, column] == (trained.label_image(0) == 1).sum()


def test_values_that_are_missing_stay_with_their_objects():
    labels = np.zeros((20, 30), np.uint32)
    labels[2, 2], labels[5:9, 5:9], labels[12, 12], labels[15, 20:22] = 1, 2, 3, 4
    with oc.Session(recover=False) as session:
        session.add_lane(raw=np.ones((20, 30), np.float32), labels=labels)
        session.feature_selection = FeatureSelection(features="all")
        assert {each.id for each in session.table(0).problems} >= {1, 3}
        for change in (relabel(1, 0), relabel(2, 9), relabel(4, 3)):
            labels = edit(session, change)
            fresh = oc.measure(labels, np.ones((20, 30), np.float32), features="all")
            assert session.table(0).problems == fresh.problems
