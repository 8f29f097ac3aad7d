"""Settings, labels and what ilastik computed in its projects; damage costs only what is damaged."""

import pickle

import h5py
import numpy as np
import pytest
from hypothesis import given, strategies as st
from workflow import ilp_files
from workflow.ilp_files import HULL, RAW, SKELETON, STANDARD

from napari_objclass import RandomForest
from napari_objclass.errors import FileError
from napari_objclass.io import ilp, ilp_pickle

TABLE = {"file type": "h5", "file path": "{dataset_dir}/ü.h5", "margin": 3, "include raw": False, "compression": {}}


@pytest.fixture
def project(tmp_path):
    """Path of a project to be."""
    return tmp_path / "x.ilp"


def read_soundly(path):
    read = ilp.read(path)
    assert read.notes == ()
    return read


def read_lane(path):
    [lane] = read_soundly(path).lanes
    return lane


# --- settings


def test_a_project_without_anything_is_read(project):
    ilp_files.create(project).close()
    read = read_soundly(project)
    assert (read.lanes, read.thresholds, read.features, read.selected, read.margin) == ((), {}, (), (), None)
    assert (read.class_names, read.forest, read.export, read.table, read.blockwise) == ((), None, {}, {}, {})


def test_thresholds_have_the_names_of_ilastik(project):
    values = {"CurOperator": 3, "Channel": 1, "CoreChannel": 0, "MinSize": 5, "MaxSize": 900, "HighThreshold": 0.8}
    with ilp_files.create(project, "probabilities") as file:
        ilp_files.add_thresholds(file, {"x": 2.0, "y": 2.1, "z": 1.9}, LowThreshold=0.25, **values)
        file["ThresholdTwoLevels/CachedThresholdLabels/threshold000/block0000"] = np.ones((1, 4, 3, 1, 1))
    sigma = {"SmootherSigma/x": 2.0, "SmootherSigma/y": 2.1, "SmootherSigma/z": 1.9}
    assert read_soundly(project).thresholds == {**values, "LowThreshold": 0.25, **sigma}


@pytest.mark.parametrize(("method", "low"), [(0, 0.7), (1, 0.2)])
def test_thresholds_of_very_old_versions(project, method, low):
    with ilp_files.create(project, "probabilities", version="1.0") as file:
        ilp_files.add_thresholds(file, CurOperator=method, Channel=2, SingleThreshold=0.7, LowThreshold=0.2)
    thresholds = {"CurOperator": method, "Channel": 2, "CoreChannel": 2, "LowThreshold": low}
    assert read_soundly(project).thresholds == thresholds


@pytest.mark.parametrize("group", ["ObjectExtraction/Features", "ObjectExtraction/Features/0"])
def test_features_come_in_the_order_of_the_columns(project, group):
    with ilp_files.create(project) as file:
        ids = {STANDARD: ["Mean", "Count"], HULL: ["Convexity"], "Default features": ["Count"]}
        ilp_files.add_features(file, ids, group=group)
        ilp_files.add_features(file, {SKELETON: ["Mean in neighborhood"]}, (9, 8, 3), group)
        ilp_files.add_features(file, {STANDARD: ["Sum in neighborhood"]}, (4, 10, 2), group)
        ilp_files.add_selection(file, {STANDARD: ["Mean"], HULL: ["Convexity"]})
    read = read_soundly(project)
    standard = [(STANDARD, name) for name in ("Count", "Mean", "Sum in neighborhood")]
    assert read.features == ((HULL, "Convexity"), (SKELETON, "Mean in neighborhood"), *standard)
    assert read.selected == ((HULL, "Convexity"), (STANDARD, "Mean"))
    assert read.margin == (3, 10, 9)


def test_without_a_selection_the_classifier_uses_all_features(project):
    with ilp_files.create(project) as file:
        ilp_files.add_features(file, {STANDARD: ["Mean in neighborhood"], HULL: ["Convexity"]}, (30, 20))
    read = read_soundly(project)
    assert read.selected == read.features
    assert read.margin == (20, 30)


def test_classes_and_colors(project):
    with ilp_files.create(project) as file:
        ilp_files.add_classes(file, **{"mitotic": (255, 0, 16), "größer, 2": (0, 130, 200)})
    read = read_soundly(project)
    assert read.class_names == ("mitotic", "größer, 2")
    assert read.label_colors == ("#ff0010", "#0082c8")
    assert read.prediction_colors == ("#1000ff", "#c88200")


def test_what_is_marked_as_empty_counts_as_nothing(project):
    with ilp_files.create(project) as file:
        ilp_files.add_classes(file)
    read = read_soundly(project)
    assert (read.class_names, read.label_colors, read.prediction_colors) == ((), (), ())


def test_settings_of_the_export(project):
    with ilp_files.create(project) as file:
        ilp_files.add_export(
            file, OutputFormat="hdf5", ExportDtype="<class 'numpy.uint16'>", OutputAxisOrder="zyxc", InputMax=1.5
        )
        ilp_files.add_export(file, RegionStart=np.array([0, 2, -1, 0, 0]), RegionStop=np.array([-1, 5, -1, 1, -1]))
        ilp_files.add_blocks(file, {"x": 512, "y": 256, "z": 1}, {"x": 64, "y": 32, "z": 0})
    read = read_soundly(project)
    assert read.export == {
        "OutputFormat": "hdf5",
        "ExportDtype": "uint16",
        "OutputAxisOrder": "zyxc",
        "InputMax": 1.5,
        "RegionStart": (0, 2, None, 0, 0),
        "RegionStop": (None, 5, None, 1, None),
    }
    assert read.blockwise == {"block": (1, 256, 512), "halo": (0, 32, 64)}


# --- pickles


@pytest.mark.parametrize(("protocol", "opaque"), [(0, False), (0, True), (1, True), (2, True)])
def test_settings_of_the_table(project, protocol, opaque):
    pickled = pickle.dumps((TABLE, ["Count", "Mean in neighborhood"]), protocol)
    with ilp_files.create(project) as file:
        ilp_files.add_table(file, pickled, opaque=opaque)
    assert read_soundly(project).table == {**TABLE, "features": ("Count", "Mean in neighborhood")}


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_table_that_was_never_configured(project, protocol):
    with ilp_files.create(project) as file:
        ilp_files.add_table(file, pickle.dumps((None, None), protocol))
    assert read_soundly(project).table == {}


class Trap:
    """What would write a file if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_is_executed(project, protocol):
    trap = project.with_name("trap")
    with ilp_files.create(project) as file:
        ilp_files.add_table(file, pickle.dumps((TABLE, [Trap(trap)]), protocol))
        file["ObjectClassification/ClassifierForests/pickled_type"] = np.void(pickle.dumps(Trap(trap), protocol))
    read = ilp.read(project)
    assert not trap.exists()
    assert read.table == {}
    assert any("more than plain values" in note for note in read.notes)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.lists(inner).map(tuple),
    max_leaves=30,
)


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_are_read_as_they_were(value, protocol):
    found = ilp_pickle.load(pickle.dumps((value, [value, value]), protocol))
    assert found == (value, [value, value])


@given(PLAIN, st.integers(0, 2), st.integers(0, 400), st.binary(max_size=3))
def test_damaged_pickles_are_refused_or_read_as_something(value, protocol, at, dust):
    pickled = pickle.dumps(value, protocol)
    at = min(at, len(pickled) - 1)
    for damaged in (pickled[:at], pickled[:at] + dust + pickled[at + 1 :]):
        try:
            ilp_pickle.load(damaged)
        except ValueError:
            continue


# --- labels and what was computed


def test_labels(project):
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_classes(file, a=(1, 2, 3))
        ilp_files.add_labels(file, 1, 10, [0, 2, 0, 1])
        ilp_files.add_labels(file, 1, 9, [0, np.nan, np.inf, -1, 1e12, 3])
    read = read_soundly(project)
    assert read.lanes[0].labels == {}
    assert {frame: labels.tolist() for frame, labels in read.lanes[1].labels.items()} == {
        9: [0, 0, 0, 0, 0, 3],
        10: [0, 2, 0, 1],
    }
    assert read.class_names == ("a", "Label 2", "Label 3")


def objects(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 99, shape)


def test_label_images_are_put_together_from_blocks(project):
    labels = objects((2, 3, 5, 4))
    blocks = {
        (0, 0, 0, 0): labels[:, :2, :, :],
        (0, 2, 0, 0): labels[:1, 2:, :3],
        (0, 2, 3, 0): labels[:1, 2:, 3:],
        (1, 2, 0, 0): labels[1:, 2:],
    }
    with ilp_files.create(project, "segmentation") as file:
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_objects(file, 0, blocks)
    found = read_lane(project).label_image
    assert sorted(found) == [0, 1]
    for frame in found:
        np.testing.assert_array_equal(found[frame], labels[frame])


def test_frames_that_are_stored_in_part_are_left_out(project):
    labels = objects((2, 1, 5, 4))
    with ilp_files.create(project, "segmentation") as file:
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_objects(file, 0, {(0, 0, 0, 0): labels[:1, :, :3], (1, 0, 0, 0): labels[1:]})
    assert list(read_lane(project).label_image) == [1]


def test_attributes_of_a_damaged_type_are_not_read(project):
    with ilp_files.create(project, "segmentation") as file:
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_objects(file, 0, {(0, 0, 0, 0): objects((1, 1, 5, 4))})
        block = next(iter(file["ObjectExtraction/LabelImage_v2/labelimage000"].values()))
        del block.attrs["blockSlice"]
        numbers = np.empty(1, object)
        numbers[0] = np.arange(3, dtype="f4")
        block.attrs.create("blockSlice", numbers, dtype=h5py.vlen_dtype("f4"))
    read = ilp.read(project)
    assert not read.lanes[0].label_image
    assert "blockSlice" in read.notes[0]
    assert "neither text nor number" in read.notes[0]


def test_given_label_images_with_their_ids(project):
    labels = objects((2, 5, 4))
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: None})
        ilp_files.add_relabelled(file, 0, 0, labels, [(0, 0), (42, 1), (126, 2)])
        ilp_files.add_relabelled(file, 0, 1, labels + 1, [(3, 2), (2**40, 1)])
    lane = read_lane(project)
    np.testing.assert_array_equal(lane.label_image[1], labels + 1)
    assert lane.original_ids[0].tolist() == [[1, 42], [2, 126]]
    assert lane.original_ids[1].tolist() == [[2, 3], [1, 2**40]]


def test_what_was_computed_is_read_when_it_is_asked_for(project):
    features = {(STANDARD, "Mean"): objects((4, 3)), (HULL, "Convexity"): objects((4, 1))}
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: None})
        for frame in (2, 10, 0):
            ilp_files.add_computed(file, 0, frame, features, objects((4, 2), frame))
    lane = read_lane(project)
    assert list(lane.features) == list(lane.probabilities) == [0, 2, 10]
    np.testing.assert_array_equal(lane.probabilities[10], objects((4, 2), 10))
    for key, values in lane.features[2].items():
        np.testing.assert_array_equal(values, features[key])
    project.unlink()
    with pytest.raises(FileError, match="there is no file"):
        lane.features[2]


def test_reading_leaves_the_file_alone(project, data):
    project.write_bytes((data / "nuclei2d" / "nuclei2d.ilp").read_bytes())
    project.chmod(0o444)
    project.parent.chmod(0o555)
    before = project.read_bytes(), project.stat().st_mtime_ns
    [lane] = read_soundly(project).lanes
    assert lane.features[0]
    assert lane.label_image[0].any()
    project.parent.chmod(0o755)
    assert (project.read_bytes(), project.stat().st_mtime_ns) == before
    assert list(project.parent.iterdir()) == [project]


# --- damage


def whole_project(path):
    """Make a project that has a bit of everything."""
    tree = ilp_files.random_tree(np.random.default_rng(0), 2, 2, 3, np.arange(3.0))
    with ilp_files.create(path, "probabilities") as file:
        dataset = ilp_files.new_dataset("raw.h5/data", "yx", (5, 4))
        ilp_files.add_lane(file, **{RAW: dataset, "Prediction Maps": dataset})
        ilp_files.add_thresholds(file, {"x": 1.0, "y": 1.0, "z": 1.0}, CurOperator=0, LowThreshold=0.5)
        ilp_files.add_features(file, {STANDARD: ["Mean", "Sum in neighborhood"]})
        ilp_files.add_selection(file, {STANDARD: ["Mean", "Sum in neighborhood"]})
        ilp_files.add_classes(file, a=(1, 2, 3), b=(3, 4, 5))
        ilp_files.add_labels(file, 0, 0, [0, 1, 2])
        ilp_files.add_objects(file, 0, {(0, 0, 0, 0): objects((1, 1, 5, 4))})
        ilp_files.add_computed(file, 0, 0, {(STANDARD, "Mean"): objects((3, 1))}, objects((3, 2)))
        ilp_files.add_forest(file, [tree], [1, 2])
        ilp_files.add_table(file, pickle.dumps((TABLE, ["Count"]), 0))
        ilp_files.add_export(file, OutputFormat="hdf5", RegionStart=np.array([-1, 0]))
        ilp_files.add_blocks(file, {"x": 5, "y": 4, "z": 1}, {"x": 1, "y": 1, "z": 0})


def facts(read):
    """Everything that was read, by name."""
    [lane] = read.lanes
    of_lane = ("datasets", "labels", "label_image", "features", "probabilities")
    of_project = ("thresholds", "features", "selected", "margin", "class_names", "label_colors")
    of_export = ("export", "table", "blockwise")
    return {
        **{f"lane {name}": str(list(getattr(lane, name).items())) for name in of_lane},
        **{name: str(getattr(read, name)) for name in of_project + of_export},
        "forest": str(read.forest),
    }


DAMAGE = {
    "ThresholdTwoLevels/SmootherSigma/x": ({"thresholds"}, "Thresholds"),
    f"ObjectExtraction/Features/{STANDARD}/Sum in neighborhood/margin": ({"features"}, "Features"),
    "ObjectClassification/LabelNames": ({"class_names"}, "Names of classes"),
    "ObjectClassification/LabelColors": ({"label_colors"}, "Colors"),
    "ObjectClassification/LabelInputs/0000/0": ({"lane labels"}, "Labels of image 1"),
    "ObjectExtraction/LabelImage_v2/labelimage000/block0000": ({"lane label_image"}, "Stored objects of image 1"),
    "ObjectClassification/ExportSettings": ({"table"}, "Settings of the table"),
    "ObjectClassification/ClassifierForests/Forest0000/Tree_0/topology": ({"forest"}, "The trained classifier"),
    "Object Information Export/RegionStart": ({"export"}, "Settings of the export"),
    "Blockwise Object Classification/BlockShape3dDict/x": ({"blockwise"}, "Settings of blocks"),
    "Input Data/infos/lane0000/Raw Data/axistags": ({"lane datasets"}, "Axes of Raw Data of image 1"),
}


@pytest.mark.parametrize("place", DAMAGE)
def test_damage_costs_only_what_is_damaged(project, place):
    whole_project(project)
    sound = facts(read_soundly(project))
    with h5py.File(project, "r+") as file:
        del file[place]
        file[place] = b"dust" if place != "ObjectClassification/LabelNames" else h5py.Empty("S1")
    read = ilp.read(project)
    costs, what = DAMAGE[place]
    [note] = [note for note in read.notes if note.startswith(what)]
    assert "left out" in note
    found = facts(read)
    assert {name for name in sound if found[name] != sound[name]} == costs


@pytest.mark.parametrize("place", [*DAMAGE, "ObjectClassification", "ObjectExtraction", "Input Data"])
def test_what_is_missing_is_no_damage(project, place):
    whole_project(project)
    with h5py.File(project, "r+") as file:
        del file[place]
    read = ilp.read(project)
    assert read.notes == () or "Tree_0" in place


def test_a_frame_that_cannot_be_read_is_told(project):
    whole_project(project)
    read = ilp.read(project)
    with h5py.File(project, "r+") as file:
        del file["ObjectExtraction/LabelImage_v2"]
    with pytest.raises(FileError, match=r"x\.ilp is damaged: frame 0 cannot be read"):
        read.lanes[0].label_image[0]


FOREST = "ObjectClassification/ClassifierForests"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({2: 7}, "unknown kind"),
        ({3: -1}, "numbers of a node"),
        ({3: 1000}, "numbers of a node"),
        ({4: 0}, "not in its tree"),
        ({4: 2, 5: 2}, "no trees"),
        ({5: 5000}, "not in its tree"),
        ({6: 2}, "column that is not there"),
        ({1: 3}, "classes"),
    ],
)
def test_forests_that_are_none_are_left_out(project, change, said):
    whole_project(project)
    with h5py.File(project, "r+") as file:
        topology = file[f"{FOREST}/Forest0000/Tree_0/topology"]
        for place, value in change.items():
            topology[place] = value
    read = ilp.read(project)
    assert read.forest is None
    [note] = read.notes
    assert said in note
    assert note.startswith("The trained classifier was left out")


@pytest.mark.parametrize("fill", [np.nan, 0.0, -1.0])
def test_forests_with_numbers_that_mean_nothing_are_left_out(project, fill):
    whole_project(project)
    with h5py.File(project, "r+") as file:
        file[f"{FOREST}/Forest0000/Tree_0/parameters"][...] = fill
    assert ilp.read(project).forest is None


def test_another_classifier_is_told(project):
    with ilp_files.create(project) as file:
        file[f"{FOREST}/pickled_classifier"] = b"..."
    read = ilp.read(project)
    assert read.forest is None
    [note] = read.notes
    assert "not a random forest of VIGRA" in note


def test_what_reading_gives_is_a_forest(project):
    whole_project(project)
    forest = RandomForest.from_arrays(read_soundly(project).forest)
    assert forest.predict_proba(np.zeros((1, 2))).shape == (1, 2)
