"""What comes over with a project of ilastik, and how long its forest stays in force."""

import shutil

import h5py
import numpy as np
import pytest
from workflow.ilp_files import write_project

import napari_objclass as oc
from napari_objclass.errors import FileError, ProjectError
from napari_objclass.workflow.chain import REPLACED
from napari_objclass.workflow.ilastik_labels import in_order

FILES = ("nuclei2d_raw.h5", "nuclei2d_seg.h5")


@pytest.fixture
def nuclei(tmp_path, data):
    """A copy of the trained project without its images."""
    return shutil.copy(data / "nuclei2d" / "nuclei2d.ilp", tmp_path / "nuclei2d.ilp")


@pytest.fixture
def whole(nuclei, tmp_path, data):
    """The same with its images."""
    for name in FILES:
        shutil.copy(data / "nuclei2d" / name, tmp_path / name)
    return nuclei


def squares():
    """Label image with objects of 4, 9 and 16 pixels; the ids are not in the order of their places."""
    labels = np.zeros((20, 20), np.uint16)
    labels[1:3, 1:3], labels[6:9, 6:9], labels[12:16, 12:16] = 30, 10, 20
    return labels


RAW = np.arange(400, dtype=np.uint8).reshape(20, 20)


# ------------------------------------------------------------------------------------------- the forest in force


def is_imported(session):
    return session.train().imported


def test_training_keeps_the_forest(whole):
    with oc.import_ilp(whole) as session:
        before = session.predict(0, retrain=False).probabilities
        assert is_imported(session)
        np.testing.assert_array_equal(session.predict(0).probabilities, before)
        assert np.isnan(session.forest.oob_error)
        assert session.notes == []


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.annotate(0, int(session.predict(0).ids[5]), cls=1),
        lambda session: session.add_class("third"),
        lambda session: setattr(session, "feature_selection", oc.FeatureSelection(("num_pixels", "axis_radii"))),
        lambda session: setattr(session, "classifier", oc.Classifier(n_trees=7)),
    ],
    ids=["label", "class", "features", "classifier"],
)
def test_a_change_replaces_it_and_undo_brings_it_back(whole, change):
    with oc.import_ilp(whole) as session:
        forest = session.forest
        change(session)
        assert not is_imported(session)
        assert REPLACED in session.notes
        assert session.undo()
        assert session.forest is forest
        assert is_imported(session)
        assert REPLACED not in session.notes
        assert session.redo()
        assert not is_imported(session)


def test_what_is_no_lesson_keeps_it(whole, tmp_path):
    with oc.import_ilp(whole) as session:
        session.rename_class(1, "another name")
        session.recolour_class(2, "#123456")
        session.add_lane(raw=RAW.astype(np.uint16)[..., None].repeat(2, -1), labels=squares(), axes="yxc", name="more")
        session.thresholding = oc.Thresholding(threshold=0.3)
        assert is_imported(session)
        assert session.predict(1).class_names == ("another name", "class B")


def test_saved_and_opened_again(whole, path):
    with oc.import_ilp(whole) as session:
        expected = session.predict(0).probabilities
        session.save(path)
    with oc.Session.open(path) as session:
        assert is_imported(session)
        np.testing.assert_array_equal(session.predict(0).probabilities, expected)
        session.annotate(0, int(session.predict(0).ids[5]), cls=1)
        assert not is_imported(session)
        session.undo()
        session.save()
    with oc.Session.open(path) as session:
        assert is_imported(session)


def test_a_predictor_uses_it(whole):
    with oc.import_ilp(whole, recover=False) as session:
        predictor = session.predictor()
        expected = session.predict(0).probabilities
    chain, lane = predictor.open({"raw": whole.with_name(FILES[0]), "labels": whole.with_name(FILES[1])})
    np.testing.assert_array_equal(chain.predict(lane, retrain=False).probabilities, expected)


# ------------------------------------------------------------------------------------------------ missing images


def test_labels_wait_for_a_missing_image(nuclei, path, data):
    with oc.import_ilp(nuclei) as session:
        assert any("needs image nuclei2d_raw-data" in note for note in session.notes)
        assert {each.state for each in session.annotations} == {"parked"}
        assert "needs image nuclei2d_raw-data" in session.annotations[0].reason
        assert is_imported(session)
        with pytest.raises(FileError, match="needs image"):
            session.predict(0)
        session.save(path)
    for name in FILES:
        shutil.copy(data / "nuclei2d" / name, nuclei.with_name(name))
    with oc.Session.open(path) as session:
        assert [each.state for each in session.annotations] == ["active"] * 40
        assert is_imported(session)
        assert session.predict(0).class_names == ("class A", "class B")


def test_a_missing_image_is_relinked(nuclei, data):
    raw, labels = (data / "nuclei2d" / name for name in FILES)
    with oc.import_ilp(nuclei) as session:
        session.relink_lane(0, raw=raw, labels=labels)
        assert [each.state for each in session.annotations] == ["active"] * 40
        assert is_imported(session)


def test_what_a_missing_image_taught_is_learnt_again(nuclei):
    with oc.import_ilp(nuclei) as session:
        session.add_class("third")
        trained = session.train()
        assert not trained.imported
        assert trained.n_samples == (24, 16, 0)


def test_channels_of_missing_images_follow_from_the_forest(tmp_path):
    features = {"Standard Object Features": ["Count", "Mean"]}  # with two channels, three columns
    path = write_project(
        tmp_path / "a.ilp", "labels", [("gone.h5/raw", "gone.h5/labels")], features=features, tree=(0, 5)
    )
    with oc.import_ilp(path, recover=False) as session:
        raw = np.stack([RAW, RAW], axis=-1)
        session.relink_lane(0, raw=raw, labels=squares(), axes="yxc")
        assert session.predict(0).classes.tolist() == [2, 2, 1]


def test_a_place_of_another_system_is_awaited_beside_the_project(tmp_path):
    places = (r"C:\images\raw.h5\data", r"C:\images\labels.h5\data")
    path = write_project(tmp_path / "a.ilp", "labels", [places], tree=(0, 5))
    with oc.import_ilp(path, recover=False) as session:
        for name, array in (("raw", RAW), ("labels", squares())):
            with h5py.File(tmp_path / f"{name}.h5", "w") as file:
                file["data"] = array
        assert session.predict(0).classes.tolist() == [2, 2, 1]


def test_missing_images_of_two_projects_are_not_the_same(nuclei):
    with oc.import_ilp(nuclei) as one, oc.import_ilp(nuclei) as other:
        assert one.lane(0).content != other.lane(0).content
        assert one.lane(0).looks != other.lane(0).looks


# ------------------------------------------------------------------------------------------------------- labels


def test_labels_are_found_without_stored_objects(whole):
    with oc.import_ilp(whole, recover=False) as session:
        expected = session.object_classes(0)
    with h5py.File(writable(whole), "r+") as file:
        del file["ObjectExtraction/RelabelData"]
    with oc.import_ilp(whole, recover=False) as session:
        assert session.object_classes(0) == expected
        assert session.notes == []


def test_labels_without_any_objects_are_counted(nuclei):
    with h5py.File(writable(nuclei), "r+") as file:
        del file["ObjectExtraction/RelabelData"]
    with oc.import_ilp(nuclei, recover=False) as session:
        assert session.annotations == []
        assert any(note.startswith("40 labels of 'nuclei2d_raw-data' could not be placed") for note in session.notes)


def test_an_object_that_is_not_there(tmp_path):
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares())], labels=[{0: [2, 1, 0, 0, 2]}])
    with oc.import_ilp(path, recover=False) as session:
        assert session.object_classes(0) == {30: 1}
        assert [note[:8] for note in session.notes] == ["1 label "]


def test_frames_and_images(tmp_path):
    frames = np.stack([squares(), np.roll(squares(), 2, axis=1)])
    raw = np.stack([RAW, RAW])
    labels = [{0: [0, 1, 2], 1: [0, 0, 0, 2]}, {1: [0, 2]}]
    path = write_project(tmp_path / "a.ilp", "labels", [(raw, frames), (raw, frames[::-1])], axes="tyx", labels=labels)
    with oc.import_ilp(path, recover=False) as session:
        assert [session.object_classes(0, t) for t in (0, 1)] == [{30: 1, 10: 2}, {20: 2}]
        assert [session.object_classes(1, t) for t in (0, 1)] == [{}, {30: 2}]


def test_ids_are_in_the_order_of_their_places():
    assert in_order(squares()) == [30, 10, 20]
    assert in_order(np.array([[7, 0], [0, 7]])) == [7]
    assert in_order(np.zeros((2, 2), int)) == []


# ------------------------------------------------------------------------------------- images, settings, classes


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_channel_axis_that_the_file_has_not(tmp_path, moment):
    def put():
        for name, array in (("raw", RAW), ("labels", squares())):
            with h5py.File(tmp_path / f"{name}.h5", "w") as file:
                file["data"] = array

    path = write_project(tmp_path / "a.ilp", "labels", [("raw.h5/data", "labels.h5/data")], axes="yxc", tree=(0, 5))
    if moment == "before":
        put()
    with oc.import_ilp(path, recover=False) as session:
        put()
        assert session.predict(0).classes.tolist() == [2, 2, 1]
        assert session.axes(0) == "yx"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_stack_of_files(tmp_path, moment):
    def put():
        for t in range(3):
            np.save(tmp_path / f"raw{t}.npy", RAW + t)
            np.save(tmp_path / f"labels{t}.npy", squares())

    names = [":".join(f"{name}{t}.npy" for t in range(3)) for name in ("raw", "labels")]
    path = write_project(tmp_path / "a.ilp", "labels", [names], axes="tyx", tree=(0, 5))
    if moment == "before":
        put()
    with oc.import_ilp(path, recover=False) as session:
        put()
        assert session.predict(0).classes.tolist() == [2, 2, 1] * 3
        assert session.predict(0).frames.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_data_in_the_project_go_into_ours(tmp_path, path):
    given = write_project(tmp_path / "a.ilp", "segmentation", [(RAW, squares() > 0)], tree=(0, 5))
    with oc.import_ilp(given) as session:
        assert session.lane(0).folder == tmp_path
        assert session.predict(0).classes.tolist() == [1, 2, 2]
        session.save(path)
    given.unlink()
    with oc.Session.open(path) as session:
        assert session.predict(0).classes.tolist() == [1, 2, 2]
        assert session.lane(0).folder == path.parent


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (0, {"method": "simple"}),
        (1, {"method": "hysteresis"}),
        (3, {"method": "hysteresis", "merge": False}),
    ],
)
def test_thresholds(tmp_path, operator, expected):
    values = {
        "CurOperator": operator, "Channel": 1, "CoreChannel": 0, "LowThreshold": 0.4, "HighThreshold": 0.7,
        "MinSize": 3, "MaxSize": 99, "SmootherSigma/z": 0.0, "SmootherSigma/y": 1.5, "SmootherSigma/x": 2.0,
    }  # fmt: skip
    probabilities = np.zeros((20, 20, 2), np.float32)
    settings = {f"ThresholdTwoLevels/{name}": value for name, value in values.items()}
    path = write_project(tmp_path / "a.ilp", "probabilities", [(RAW, probabilities)], settings=settings)
    with oc.import_ilp(path, recover=False) as session:
        assert session.thresholding == oc.Thresholding(
            channel=1, core_channel=0, sigma=(0.0, 1.5, 2.0), threshold=0.4, core_threshold=0.7, min_size=3,
            max_size=99, **expected,
        )  # fmt: skip


@pytest.mark.parametrize(("operator", "name"), [(2, "graph cut"), (7, "method 7")])
def test_other_thresholds(tmp_path, operator, name):
    settings = {"ThresholdTwoLevels/CurOperator": operator}
    path = write_project(
        tmp_path / "a.ilp", "probabilities", [(RAW, np.zeros((20, 20, 1), np.float32))], settings=settings
    )
    with oc.import_ilp(path, recover=False) as session:
        assert session.thresholding.method == "simple"
        assert any(note.startswith(f"objects were found by {name}, which does not exist") for note in session.notes)


def test_integers_are_no_fractions_unless_the_project_says_so(tmp_path):
    probabilities = (squares() > 0)[..., None].astype(np.uint8)
    settings = {f"ThresholdTwoLevels/SmootherSigma/{axis}": 0.0 for axis in "zyx"} | {"ThresholdTwoLevels/MinSize": 1}
    path = write_project(tmp_path / "a.ilp", "probabilities", [(RAW, probabilities)], settings=settings)
    with oc.import_ilp(path, recover=False) as session:
        assert session.objects(0).sizes.tolist() == [4, 9, 16]
        session.relink_lane(0, raw=RAW + 1)
        assert session.objects(0).sizes.tolist() == [4, 9, 16]
    with h5py.File(path, "r+") as file:
        file["Input Data/infos/lane0000/Prediction Maps/drange"] = (0, 255)
    with oc.import_ilp(path, recover=False) as session:
        assert len(session.objects(0).ids) == 0
        session.relink_lane(0, raw=RAW + 1)
        assert len(session.objects(0).ids) == 0


def test_features_and_subset(tmp_path):
    settings = {"ObjectClassification/SelectedFeatures/Standard Object Features/Count/displaytext": b"Size in pixels"}
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares())], settings=settings)
    with oc.import_ilp(path, recover=False) as session:
        assert session.feature_selection.features == ("num_pixels", "axis_radii")
        assert session.classifier.features == ("num_pixels",)


def test_a_feature_that_does_not_exist_here(tmp_path):
    features = {"Standard Object Features": ["Count"], "Somebody's": ["Beauty"]}
    labels = [{0: [0, 1, 2]}]
    path = write_project(
        tmp_path / "a.ilp", "labels", [(RAW, squares())], features=features, tree=(0, 5), labels=labels
    )
    with oc.import_ilp(path, recover=False) as session:
        assert session.forest is None
        assert any("'Beauty'" in note for note in session.notes)
        assert any("classifier of the project cannot be used" in note for note in session.notes)
        assert session.train().n_samples == (1, 1)


def test_classes(tmp_path):
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares())])
    with oc.import_ilp(path, recover=False) as session:
        assert [(each.name, each.color) for each in session.classes] == [("Label 1", "#ffe119"), ("Label 2", "#0082c8")]


@pytest.mark.parametrize(
    ("version", "first"), [("1.2.2rc4", ("#ff0000", "#00ff00")), ("1.4.2", ("#ffe119", "#0082c8"))]
)
def test_classes_without_colors_have_those_of_ilastik(tmp_path, version, first):
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares())])
    with h5py.File(path, "r+") as file:
        file["ilastikVersion"][()] = version.encode()
        for name in ("LabelColors", "PmapColors"):
            file[f"ObjectClassification/{name}"].attrs["isEmpty"] = True
        file["ObjectClassification/LabelInputs/0000/0"] = np.array([0.0, 3.0])
    with oc.import_ilp(path, recover=False) as session:
        assert tuple(each.color for each in session.classes) == (*first, "#e6194b")


def test_export_settings(tmp_path):
    settings = {
        f"Object Information Export/{name}": value
        for name, value in {
            "OutputFilenameFormat": b"{dataset_dir}/x_{nickname}", "OutputFormat": b"hdf5", "OutputAxisOrder": b"xy",
            "OutputInternalPath": b"volume", "RegionStart": [-1, 2, 0, -1, -1], "RegionStop": [-1, 9, 5, -1, -1],
        }.items()
    }  # fmt: skip
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares())], settings=settings)
    with oc.import_ilp(path, recover=False) as session:
        assert session.export_settings == oc.Export(
            filename="{dataset_dir}/x_{nickname}", format="hdf5", inner="volume", axes="xy",
            region=(("x", 2, 9), ("y", 0, 5)), ilastik_names=True,
        )  # fmt: skip


def test_the_feature_table(whole):
    with oc.import_ilp(whole, recover=False) as session:
        assert session.export_settings.table == "{dataset_dir}/nuclei2d_table.csv"
        assert set(session.export_settings.features) == set(session.feature_selection.features)
    with oc.import_ilp(whole, recover=False, look=False) as session:
        assert session.export_settings.table == "nuclei2d_table.csv"


def test_an_image_without_objects_is_left_out(tmp_path):
    path = write_project(tmp_path / "a.ilp", "labels", [(RAW, squares()), (RAW, squares())])
    with h5py.File(path, "r+") as file:
        del file["Input Data/infos/lane0000/Label Image"]
    with oc.import_ilp(path, recover=False) as session:
        assert len(session.lanes) == 1
        assert session.notes == ["1 of 2 images left out: no labels were given for them"]


# --------------------------------------------------------------------------------------------- files and journal


def test_nothing_is_written(whole, state):
    before = {file: file.stat().st_mtime_ns for file in whole.parent.iterdir()}
    with oc.open_project(whole, read_only=True) as session:
        session.predict(0)
    assert {file: file.stat().st_mtime_ns for file in whole.parent.iterdir()} == before
    assert not state.exists()


def test_images_are_not_read_to_predict_others(whole, monkeypatch):
    with oc.import_ilp(whole, recover=False) as session:
        expected = session.predict(0).probabilities
    with monkeypatch.context() as patch:
        patch.setattr("napari_objclass.io.hdf5.Hdf5Array.__getitem__", None)
        session = oc.open_project(whole, read_only=True)
        predictor = session.predictor()
    with session:
        np.testing.assert_array_equal(session.predict(0).probabilities, expected)
        assert is_imported(session)
        assert session.notes == []
    assert predictor.forest.n_samples == (24, 16)


def test_the_journal_has_it(whole, path):
    session = oc.import_ilp(whole)
    (recovery,) = session.recoverable() or [None]
    assert session.unsaved
    session.close()
    assert recovery is None  # its process is alive
    (recovery,) = oc.Session.recoverable()
    with oc.Session.recover(recovery.id) as session:
        assert len(session.annotations) == 40
        assert [each.name for each in session.classes] == ["class A", "class B"]


def test_projects_of_both_kinds_are_opened(whole, path):
    with oc.open_project(whole) as session:
        session.save(path)
    with oc.open_project(path, read_only=True) as session:
        assert session.forest.imported
    with pytest.raises(ProjectError, match="objclass import"):
        oc.Session.open(whole)


def writable(path):
    path.chmod(0o644)
    return path
