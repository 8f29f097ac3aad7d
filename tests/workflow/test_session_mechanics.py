"""Sessions: adding images of all kinds, missing and replaced files, classes, settings, signals, reading only."""

import shutil

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.errors import FeatureError, FileError, ObjClassError, ParameterError, ProjectError
from napari_objclass.features import choose
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.applet import Outputs
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.session import Session


@pytest.fixture
def session():
    with Session(recover=False) as session:
        yield session


@pytest.fixture
def scene():
    return nuclei((60, 80))


# ----------------------------------------------------------------------------------------------------------- images


def test_a_segmentation_gets_ids_and_a_label_image_keeps_its_own(session, scene):
    assert session.add_lane(raw=scene.raw, segmentation=scene.labels > 0) == 0
    assert session.add_lane(raw=scene.raw, labels=scene.labels.astype(np.int64) * 1000) == 1
    assert session.table(0).ids.tolist() == list(range(1, 13))
    assert session.label_image(0).dtype == np.uint32
    assert session.table(1).ids.tolist() == list(range(1000, 13000, 1000))
    assert session.label_image(1).dtype == np.int64


def test_a_segmentation_separates_touching_values(session):
    session.add_lane(segmentation=np.array([[1, 1, 2, 2], [0, 0, 0, -1]], np.int8))
    assert session.label_image(0).tolist() == [[1, 1, 2, 2], [0, 0, 0, 3]]


@pytest.mark.parametrize(
    ("raw_shape", "labels_shape", "axes", "channels"),
    [
        ((60, 80), (60, 80), None, 1),
        ((60, 80, 2), (60, 80), None, 2),
        ((2, 60, 80), (60, 80), None, 2),
        ((20, 60, 80), (20, 60, 80), None, 1),
        ((20, 60, 80, 3), (20, 60, 80), None, 3),
        ((4, 60, 80), (4, 60, 80), "tyx", 1),
        ((80, 60, 2), (80, 60), "xyc", 2),
        ((2, 60, 80), (60, 80), {"raw": "cyx"}, 2),
        ((2, 80, 60), (60, 80), {"raw": "cxy", "labels": "yx"}, 2),
    ],
)
@pytest.mark.parametrize("from_files", [False, True])
def test_axes(session, tmp_path, raw_shape, labels_shape, axes, channels, from_files):
    labels = np.zeros(labels_shape, np.uint8)
    labels[..., 5:15, 5:15] = 1
    raw = np.random.default_rng(0).integers(0, 255, raw_shape, np.uint8)
    if from_files:
        np.save(tmp_path / "raw.npy", raw)
        np.save(tmp_path / "labels.npy", labels)
        raw, labels = tmp_path / "raw.npy", tmp_path / "labels.npy"
    session.add_lane(raw=raw, labels=labels, axes=axes)
    assert len(session.table(0, features=["intensity_mean"]).columns) == channels


def test_name_and_spacing_come_from_the_file(session, tmp_path, scene):
    write_image(tmp_path / "plate.tif", scene.labels.astype(np.uint16), "yx", spacing=(0.5, 0.25))
    session.add_lane(labels=tmp_path / "plate.tif")
    (lane,) = session.lanes
    assert lane.name == "plate"
    assert lane.spacing == pytest.approx((1, 0.5, 0.25))
    assert lane.units == "µm"
    session.add_lane(raw=scene.raw, labels=tmp_path / "plate.tif", spacing=(2, 2))
    assert session.lanes[1].units is None


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ({}, "one of labels="),
        ({"labels": 1, "segmentation": 1}, "come from one of labels="),
        ({"labels": 1, "probabilities": 1}, "come from one of labels="),
        ({"labels": "nowhere.tif"}, "there is no file"),
        ({"labels": 1, "raw": np.zeros((61, 80))}, "does not fit the label image"),
        ({"labels": 1, "raw": np.zeros((61, 80)), "axes": "yx"}, "differ; give images of one size"),
        ({"labels": 1, "axes": "yxc"}, "names 3 axes but the array has 2"),
        ({"labels": 1, "axes": {"raw": "yx"}}, "names the role 'raw', but no such image"),
        ({"labels": np.array([[-1, 0]])}, "negative ids"),
        ({"labels": np.zeros((0, 5), np.uint8)}, "have no pixels"),
        ({"labels": np.eye(2, dtype=int), "raw": np.eye(2, dtype=complex)}, "is complex128; give real numbers"),
        ({"labels": np.eye(2, dtype=int), "raw": np.full((2, 2), "a")}, "give real numbers"),
        ({"labels": np.array([[0.5, 0]])}, "has fractions"),
        ({"labels": np.array([[np.nan, 0]])}, "has fractions"),
        ({"labels": np.array([["a", "b"]])}, "holds integers"),
        ({"labels": np.zeros(5, int)}, "2 to 4 dimensions"),
        ({"labels": 1, "spacing": (0, 1)}, "positive numbers"),
        ({"labels": 1, "spacing": 2}, r"\(y, x\) or \(z, y, x\)"),
        ({"labels": 1, "offset": (1,)}, r"offset is \(y, x\)"),
        ({"labels": 1, "offset": 1}, r"offset is \(y, x\)"),
    ],
)
def test_images_that_do_not_fit_are_refused_in_words(session, scene, images, says):
    images = {role: scene.labels if isinstance(image, int) else image for role, image in images.items()}
    with pytest.raises(ObjClassError, match=says):
        session.add_lane(**images)
    assert session.lanes == []


def test_a_folder_that_is_missing_is_named_before_anything_is_written(session, tmp_path, scene):
    session.add_lane(raw=scene.raw, labels=scene.labels)
    with pytest.raises(FileError, match="create it first"):
        session.save(tmp_path / "no" / "p.objclass")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8"])
def test_ids_stored_as_floats_are_taken_with_a_note(session, scene, dtype):
    session.add_lane(labels=scene.labels.astype(dtype))
    assert session.table(0).ids.tolist() == list(range(1, 13))
    assert "whole numbers were taken as ids" in session.notes[0]


def test_a_lane_without_objects(session):
    session.add_lane(raw=np.zeros((30, 30)), labels=np.zeros((30, 30), np.uint8))
    assert len(session.table(0)) == 0
    assert session.object_classes(0) == {}


def test_removing_a_lane_parks_and_undo_brings_back(session, scene):
    for _ in range(3):
        session.add_lane(raw=scene.raw, labels=scene.labels)
    session.annotate(0, 1, cls=1)
    session.annotate(1, 2, cls=2)
    names = session.lanes
    session.remove_lane(0)
    parked = session.annotations[-1]
    assert (parked.lane, parked.state, parked.reason) == (None, "parked", "its image was removed")
    assert session.object_classes(0) == {2: 2}
    session.undo()
    assert session.lanes == names
    assert session.object_classes(0) == {1: 1}
    with pytest.raises(ParameterError, match="there is no image set 3; the session has 3"):
        session.table(3)


def test_an_image_that_was_removed_comes_back_with_its_annotations(tmp_path, scene):
    with Session() as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, name="first")
        session.annotate(0, 1, cls=1)
        session.annotate(0, 2, cls=2)
        session.remove_lane(0)
        session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass") as session:
        session.add_lane(raw=scene.raw + 1, labels=scene.labels)
        assert session.object_classes(0) == {}
        session.add_lane(raw=scene.raw, labels=scene.labels, name="again")
        assert session.object_classes(1) == {1: 1, 2: 2}
        assert {each.state for each in session.annotations} == {"active"}
        assert len(session.predict(1).ids) == 12
        session.save()
    with Session.open(tmp_path / "p.objclass") as session:
        assert [lane.name for lane in session.lanes][1] == "again"
        assert session.object_classes(1) == {1: 1, 2: 2}


def test_name_and_voxel_size_can_be_corrected(tmp_path, scene):
    with Session() as session:
        session.save(tmp_path / "p.objclass")
        for _ in range(2):
            session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        trained, objects = session.train(), session.objects(1)
        seen = []
        session.changed.connect(seen.append)
        session.rename_lane(1, "plate")
        assert seen == [{("input_data", None)}]
        assert session.train() is trained
        session.set_spacing(1, (0.5, 0.25), units="µm")
        assert seen.pop() == {("input_data", None), ("object_features", 1), ("object_classification", 1)}
        assert session.train() is trained
        assert session.objects(1) is objects
        session.set_spacing(1, (0.5, 0.25), units="µm")
        assert len(seen) == 1
        session.set_spacing(0, (2, 1, 1))
        assert session.train() is not trained
        assert session.undo()  # of the annotation
        for wrong in (lambda: session.rename_lane(1, " "), lambda: session.set_spacing(1, (0, 1))):
            with pytest.raises(ParameterError, match=r"not empty|positive numbers"):
                wrong()
    with Session.open(tmp_path / "p.objclass") as session:
        first, second = session.lanes
        assert (first.spacing, first.units) == ((2, 1, 1), None)
        assert (second.name, second.spacing, second.units) == ("plate", (1, 0.5, 0.25), "µm")
        session.set_spacing(1, None)
        assert (session.lanes[1].spacing, session.lanes[1].units) == (None, None)


# ---------------------------------------------------------------------------------------- missing and replaced files


@pytest.fixture
def project(tmp_path, scene):
    np.save(tmp_path / "raw.npy", scene.raw)
    np.save(tmp_path / "labels.npy", scene.labels)
    with Session() as session:
        session.add_lane(raw=tmp_path / "raw.npy", labels=tmp_path / "labels.npy", name="plate")
        session.annotate_many(0, ids=scene.of_class(1), classes=[1] * len(scene.of_class(1)))
        session.annotate_many(0, ids=scene.of_class(2), classes=[2] * len(scene.of_class(2)))
        session.train()
        session.save(tmp_path / "p.objclass")
    return tmp_path


def test_a_missing_image_parks_and_its_return_activates(project, scene):
    (project / "labels.npy").rename(project / "moved.npy")
    with Session.open(project / "p.objclass") as session:
        assert {a.state for a in session.annotations} == {"parked"}
        assert len(session.annotations) == 12
        assert "cannot be opened" in session.annotations[0].reason
        assert any("say where it is now" in note for note in session.notes)
        with pytest.raises(FileError, match="the labels image of 'plate' cannot be opened"):
            session.predict(0)
        session.relink_lane(0, labels=project / "moved.npy")
        assert session.object_classes(0) == {i: cls for (_, i), cls in scene.truth.items()}


@pytest.mark.parametrize("role", ["raw", "labels"])
def test_other_content_parks_until_it_is_accepted(project, scene, role):
    images = {"raw": scene.raw, "labels": scene.labels}
    np.save(project / f"{role}.npy", np.roll(images[role], 1, axis=0))
    with Session.open(project / "p.objclass") as session:
        assert {a.state for a in session.annotations} == {"parked"}
        (note,) = session.notes
        assert f"the {role} image of 'plate'" in note
        assert "other content" in note
        with pytest.raises(ObjClassError, match="other content"):
            session.annotate(0, 1, cls=1)
        session.relink_lane(0)
        assert len(session.object_classes(0)) == 12


def test_files_that_are_added_again_are_the_same_image(project, scene):
    files = {"raw": project / "raw.npy", "labels": project / "labels.npy"}
    with Session.open(project / "p.objclass") as session:
        before = session.object_classes(0)
        assert session.add_lane(**files) == 0
        assert [lane.name for lane in session.lanes] == ["plate"]
        assert session.object_classes(0) == before
        assert session.add_lane(labels=files["labels"]) == 1  # without raw it is another image set
    np.save(files["labels"], np.where(scene.labels, scene.labels + 1000, 0))
    with Session.open(project / "p.objclass") as session:
        assert session.object_classes(0) == {}
        assert session.add_lane(**files) == 0
        assert session.object_classes(0) == {1000 + object_id: cls for object_id, cls in before.items()}


def test_a_file_of_another_shape_parks(project, scene):
    np.save(project / "labels.npy", scene.labels[:-1])
    with Session.open(project / "p.objclass") as session:
        assert {a.state for a in session.annotations} == {"parked"}
        assert "other content" in session.annotations[0].reason
    np.save(project / "labels.npy", scene.labels[None, None, None])
    with Session.open(project / "p.objclass") as session:
        assert {a.state for a in session.annotations} == {"parked"}


def test_pixels_that_were_only_in_memory_can_be_handed_over_again(tmp_path, scene):
    with Session() as session:
        session.save(tmp_path / "p.objclass")
        session.add_lane(labels=scene.labels)
        session.annotate(0, 1, cls=1)
    with Session.open(tmp_path / "p.objclass") as session:
        assert "only in memory" in session.annotations[0].reason
        session.relink_lane(0, labels=scene.labels)
        assert session.object_classes(0) == {1: 1}


def test_pixels_that_were_lost_are_known_when_they_are_added_again(tmp_path, scene):
    np.save(tmp_path / "labels.npy", scene.labels)
    with Session() as session:
        session.save(tmp_path / "p.objclass")
        session.add_lane(labels=scene.labels, name="in memory")
        session.add_lane(labels=tmp_path / "labels.npy", name="file")
        for lane in (0, 1):
            session.annotate(lane, 1, cls=1)
    (tmp_path / "labels.npy").rename(tmp_path / "moved.npy")
    with Session.open(tmp_path / "p.objclass") as session:
        assert {each.state for each in session.annotations} == {"parked"}
        assert session.add_lane(labels=scene.labels) == 0
        assert session.add_lane(labels=tmp_path / "moved.npy") == 1
        assert [session.object_classes(lane) for lane in (0, 1)] == [{1: 1}, {1: 1}]
        assert [lane.name for lane in session.lanes] == ["in memory", "file"]
        assert session.add_lane(labels=scene.labels) == 2, "nothing is lost now: it is another one"


def test_large_raw_in_memory_is_stored_on_request(tmp_path, scene, monkeypatch):
    monkeypatch.setattr("napari_objclass.workflow.input_data.LARGE_RAW", scene.raw.nbytes - 1)
    with Session() as session:
        session.add_lane(raw=scene.raw, labels=scene.labels, name="big")
        session.save(tmp_path / "without.objclass")
        assert session.notes == ["raw of 'big' is only in memory: more than 1 GB is stored on request only"]
        session.table(0)
        session.save(tmp_path / "with.objclass", store_raw=True)
        assert session.notes == []
    for name, roles in (("without", {"labels"}), ("with", {"labels", "raw"})):
        stored = [path.name.split("-")[1] for path in (tmp_path / f"{name}.objclass.data").iterdir()]
        assert set(stored) == roles
        assert len(stored) == len(roles)


def test_lost_pixels_do_not_keep_a_project_from_being_saved(tmp_path, scene):
    with Session() as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.annotate(0, 1, cls=1)
        session.save(tmp_path / "p.objclass")
        session.relink_lane(0, labels=scene.labels * 2)
    shutil.rmtree(tmp_path / "p.objclass.data")
    (tmp_path / "elsewhere").mkdir()
    with Session.open(tmp_path / "p.objclass") as session:
        session.save(tmp_path / "elsewhere" / "p.objclass")
    with Session.open(tmp_path / "elsewhere" / "p.objclass") as session:
        assert [a.state for a in session.annotations] == ["parked"]
        session.relink_lane(0, raw=scene.raw, labels=scene.labels)
        assert session.object_classes(0) == {1: 1}


# ---------------------------------------------------------------------------------------------- classes and settings


def test_classes(session):
    assert [each.name for each in session.classes] == ["Class 1", "Class 2"]
    assert session.add_class() == 3
    assert session.classes[2].name == "Class 3"
    assert len({each.color for each in session.classes}) == 3
    session.rename_class("Class 1", "interphase")
    session.recolour_class(1, "#abcdef")
    session.ignore_class(1)
    assert (session.classes[0].name, session.classes[0].color, session.classes[0].ignore) == (
        "interphase",
        "#abcdef",
        True,
    )
    session.delete_class("Class 2")
    assert session.add_class() == 3
    assert session.classes[2].name == "Class 4"


def test_a_new_class_is_named_by_its_number(session):
    session.rename_class(1, "interphase")
    session.rename_class(2, "mitotic")
    session.add_class()
    assert session.classes[2].name == "Class 3"


def test_ninety_nine_classes_differ_in_colour(session):
    while len(session.classes) < 99:
        session.add_class()
    assert len({each.color for each in session.classes}) == 99


def test_changes_in_a_block_are_made_together_or_not_at_all(project):
    before = {path.name: path.read_bytes() for path in project.iterdir()}
    with Session.open(project / "p.objclass") as session:
        said = []
        state = (session.classes, session.object_classes(0), session.lanes)

        def fail():
            with session.all_or_nothing():
                session.add_class("third")
                session.annotate(0, 1, cls="third")
                session.remove_lane(0)
                session.undo()
                session.changed.connect(said.append)
                session.annotate(0, 999, cls=1)

        with pytest.raises(ParameterError, match="no object 999"):
            fail()
        assert (session.classes, session.object_classes(0), session.lanes) == state
        assert said
        assert not session.undo()
    assert {path.name: path.read_bytes() for path in project.iterdir()} == before
    with Session.open(project / "p.objclass") as session, session.all_or_nothing():
        session.add_class("third")
        with pytest.raises(ObjClassError, match="save after"):
            session.save()
        session.annotate(0, 1, cls="third")
    with Session.open(project / "p.objclass") as session:
        assert session.object_classes(0)[1] == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.add_class("Class 1"), "there is a class 'Class 1' already"),
        (lambda s: s.add_class(" "), "needs a name"),
        (lambda s: s.add_class("0"), "objects of none"),
        (lambda s: s.annotate(0, 1.5, cls=1), "no object 1.5"),
        (lambda s: s.annotate(0, 1, cls=1.5), "no class 1.5"),
        (lambda s: s.export(0, "Object Prediction"), "unknown source 'Object Prediction'"),
        (lambda s: s.add_class("x", "red"), "not of the form '#rrggbb'"),
        (lambda s: s.rename_class(1, "Class 2"), "already"),
        (lambda s: s.delete_class(3), "no class 3"),
        (lambda s: (s.delete_class(2), s.delete_class(1)), "the only one"),
        (lambda s: setattr(s, "classifier", Classifier(n_trees=0)), "at least one tree"),
        (lambda s: setattr(s, "classifier", Classifier(missing="first")), "missing is"),
        (lambda s: setattr(s, "feature_selection", FeatureSelection(features=["intensity_men"])), "intensity_mean"),
        (lambda s: setattr(s, "feature_selection", FeatureSelection(features="fast")), "'default' or 'all'"),
        (lambda s: setattr(s, "feature_selection", FeatureSelection(margin=-1)), "negative"),
    ],
)
def test_impossible_changes_say_why(session, scene, change, says):
    session.add_lane(raw=scene.raw, labels=scene.labels)
    with pytest.raises(ObjClassError, match=says):
        change(session)


def test_a_deleted_class_parks_its_annotations_and_undo_brings_them_back(session, scene):
    session.add_lane(raw=scene.raw, labels=scene.labels)
    session.add_class("third")
    session.annotate_many(0, ids=[1, 2, 3], classes=[1, 2, 3])
    session.delete_class(2)
    assert session.object_classes(0) == {1: 1, 3: 2}
    parked = next(a for a in session.annotations if a.state == "parked")
    assert (parked.cls, parked.class_name, parked.reason) == (None, None, "its class was deleted")
    session.undo()
    assert session.object_classes(0) == {1: 1, 2: 2, 3: 3}


def test_the_first_image_settles_the_features(session, scene):
    assert session.feature_selection.features == ()
    with pytest.raises(ObjClassError, match="no features are chosen"):
        _ = session.feature_selection.ids
    session.add_lane(labels=scene.labels)
    assert session.feature_selection.features
    assert not any(feature.startswith("intensity") for feature in session.feature_selection.features)
    session.add_lane(raw=scene.raw, labels=scene.labels)
    assert session.table(0).columns == session.table(1).columns


def test_feature_sets_become_explicit_ids(session, scene):
    session.feature_selection = FeatureSelection(features="all", margin=3)
    session.add_lane(raw=scene.raw, labels=scene.labels)
    everything = session.feature_selection
    assert len(everything.features) > 5
    assert everything.margin == 3
    session.feature_selection = FeatureSelection(features="default")
    assert set(session.feature_selection.features) < set(everything.features)
    assert session.table(0).features == session.feature_selection.features
    assert session.table(0, features=["num_pixels"]).columns == ["num_pixels"]


@pytest.mark.parametrize(("margin", "plain"), [([3, 5], (3, 5)), (np.array([3, 5]), (3, 5)), (np.int64(3), 3)])
def test_margins_are_kept_as_plain_numbers(session, scene, margin, plain, tmp_path):
    session.add_lane(raw=scene.raw, labels=scene.labels)
    session.feature_selection = FeatureSelection(["num_pixels"], margin)
    session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass", read_only=True) as again:
        assert again.feature_selection == FeatureSelection(["num_pixels"], plain)


def test_default_features_are_those_of_all_images(session, scene):
    volume = nuclei((6, 20, 20))
    session.add_lane(raw=scene.raw, labels=scene.labels)
    flat = session.feature_selection.features
    session.add_lane(raw=volume.raw, labels=volume.labels)
    with pytest.raises(FeatureError, match="exists only for 2D images, and this one is 3D; choose other features"):
        session.table(1)
    session.feature_selection = FeatureSelection("default", margin=(3, 5))
    both = session.feature_selection.features
    assert both == tuple(feature for feature in flat if feature in choose("default", 3, 1))
    assert 0 < len(both) < len(flat)
    assert session.table(0).features == session.table(1).features == both


def test_default_features_can_be_chosen_while_an_image_is_missing(tmp_path):
    for seed, name in enumerate(("gone", "here")):
        np.save(tmp_path / f"{name}.npy", nuclei(seed=seed).labels)
    with Session(recover=False) as session:
        for name in ("gone", "here"):
            session.add_lane(labels=tmp_path / f"{name}.npy")
        session.save(tmp_path / "a.objclass")
    (tmp_path / "gone.npy").unlink()
    with Session.open(tmp_path / "a.objclass") as session:
        session.feature_selection = FeatureSelection("default")
        assert session.feature_selection.features == choose("default", 2, 0)
    (tmp_path / "here.npy").unlink()
    with Session.open(tmp_path / "a.objclass") as session, pytest.raises(FileError, match="gone"):
        session.feature_selection = FeatureSelection("default")


# ------------------------------------------------------------------------------------------------ signal, reading only


def test_changed_names_what_became_stale_and_nothing_else(session, scene):
    session.add_lane(raw=scene.raw, labels=scene.labels)
    session.add_lane(raw=scene.raw, labels=scene.labels)
    seen = []
    session.changed.connect(seen.append)
    session.annotate(1, 3, cls=1)
    forest = {("object_classification", each) for each in (None, 0, 1)}
    assert seen.pop() == {("annotations", 1)} | forest
    session.recolour_class(1, "#000000")
    assert seen.pop() == {("annotations", None)}
    session.feature_selection = FeatureSelection(features=["num_pixels"])
    assert seen.pop() == {("feature_selection", None), ("object_features", 0), ("object_features", 1)} | forest
    session.classifier = Classifier(seed=1)
    assert seen.pop() == forest
    session.classifier = Classifier(seed=1)
    assert seen == []
    session.undo()
    assert seen.pop() == forest


def test_read_only_sessions_change_nothing_on_disk(project, scene):
    before = {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()}
    with Session.open(project / "p.objclass", read_only=True) as session:
        assert session.read_only
        lane = session.add_lane(raw=scene.raw, labels=scene.labels)
        session.predict(lane, retrain=False)
        session.annotate(0, 1, cls=0)
    assert {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()} == before


def test_a_second_session_on_a_project_may_only_look(project):
    with Session.open(project / "p.objclass"), Session.open(project / "p.objclass") as second:
        assert second.read_only
        assert second.notes
        assert len(second.object_classes(0)) == 12
        with pytest.raises(ProjectError, match="reading only"):
            second.annotate(0, 1, cls=0)
        assert len(second.object_classes(0)) == 12


def test_saving_needs_a_name_once(session, tmp_path, scene):
    with pytest.raises(ObjClassError, match="name a file"):
        session.save()
    session.add_lane(labels=scene.labels)
    session.save(tmp_path / "p.objclass")
    session.annotate(0, 1, cls=1)
    session.save()
    assert session.path == tmp_path / "p.objclass"


def test_a_journal_of_a_newer_version_is_refused_and_left_to_it(project):
    with Session.open(project / "p.objclass") as session:
        session._store.append({"event": "time travel"})
    for _ in range(2):  # the second time, the lock of the first must be gone
        with pytest.raises(ProjectError, match="'time travel' that this version does not know"):
            Session.open(project / "p.objclass")


def test_outputs_are_held_by_key_and_the_oldest_dropped():
    outputs, computed = Outputs(limits={"images": 2}), []

    def get(applet, lane, key):
        return outputs.get(applet, lane, (key,), lambda: computed.append((applet, lane, key)) or len(computed))

    assert [get("table", 0, "a"), get("table", 0, "a"), get("table", 0, "b"), get("table", 0, "a")] == [1, 1, 2, 3]
    for lane in (0, 1, 0, 2, 0, 1):
        get("images", lane, "a")
    assert [lane for applet, lane, _ in computed if applet == "images"] == [0, 1, 2, 1]


def test_movies_have_frames(session):
    film = movie(2, shape=(40, 40))
    session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
    assert session.table(0).frames.tolist() == [0] * 4 + [1] * 4
    assert session.table(0).ids.tolist() == [1, 2, 3, 4] * 2
