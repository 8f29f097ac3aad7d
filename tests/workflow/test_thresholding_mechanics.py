"""Objects found in probabilities, or in the image itself: settings, value ranges, axes, and a session that follows."""

import json
import logging
import math
from dataclasses import replace

import h5py
import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.errors import ObjClassError, ParameterError
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.thresholding import otsu
from napari_objclass.workflow.thresholding import Thresholding

PLAIN = oc.Thresholding(sigma=0, min_size=0)


def squares(*sizes, value=0.9, height=12):
    """Image with one square per size, side by side, on 0.1."""
    image = np.full((height, 14 * len(sizes)), 0.1, np.float32)
    for number, size in enumerate(sizes):
        image[1 : 1 + size, 14 * number + 1 : 14 * number + 1 + size] = value
    return image


@pytest.fixture
def session():
    with oc.Session(recover=False) as session:
        yield session


@pytest.fixture
def nuclei(session):
    """A sample whose probabilities are in the session, with 12 labels."""
    sample = oc.sample.nuclei_2c()
    session.add_lane(raw=sample.raw, probabilities=oc.sample.probabilities(sample), name="nuclei")
    ids = session.objects(0).ids[:12].tolist()
    session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in ids])
    return sample


# Settings


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"method": "graph cut"}, "method is 'simple' or 'hysteresis'"),
        ({"channel": -1}, "channel is the number of a channel"),
        ({"channel": 0.5}, "channel is the number of a channel"),
        ({"core_channel": -1}, "core_channel is the number of a channel"),
        ({"sigma": -1}, "sigma is a finite number from 0"),
        ({"sigma": (1, math.nan)}, "sigma is a finite number from 0"),
        ({"sigma": (1,)}, r"sigma is one number, or \(y, x\)"),
        ({"sigma": (1, 1, 1, 1)}, r"sigma is one number, or \(y, x\)"),
        ({"sigma": 1001}, "sigma is a finite number from 0 to 1000"),
        ({"sigma": "wide"}, "sigma is"),
        ({"threshold": math.nan}, "threshold is a finite number, got nan"),
        ({"threshold": "half"}, "threshold is a finite number"),
        ({"core_threshold": math.inf}, "core_threshold is a finite number"),
        ({"min_size": -1}, "min_size is a finite number from 0"),
        ({"max_size": math.inf}, "max_size is a finite number from 0"),
        ({"min_size": 20, "max_size": 10}, "smallest size, 20, is above the largest, 10"),
    ],
)
def test_settings_without_a_meaning_are_refused(values, says):
    with pytest.raises(ParameterError, match=says):
        oc.Thresholding(**values)
    with pytest.raises(ParameterError, match=says):
        oc.threshold(squares(3), **values)


@pytest.mark.parametrize(
    ("image", "options", "says"),
    [
        (squares(3), {"channel": 1}, "no channel 1; the image has 1"),
        (squares(3), {"method": "hysteresis", "core_channel": 2}, "no channel 2"),
        (np.zeros((9, 20, 20)), {"sigma": (1, 1)}, r"give \(z, y, x\)"),
        (np.zeros((9, 20, 20)), {"spacing": (1, 1)}, r"give \(z, y, x\)"),
        (squares(3), {"spacing": (0, 1)}, "positive numbers"),
        (squares(3), {"spacing": 2}, r"spacing is \(y, x\)"),
        (squares(3), {"value_range": (1, 0)}, "value_range is"),
        (squares(3), {"value_range": (0, math.nan)}, "value_range is"),
        (squares(3).astype(complex), {}, "real numbers"),
        (squares(3).astype(np.longdouble), {}, "up to 64 bit"),
        (np.zeros(5), {}, "2 to 4 dimensions"),
        (squares(3), {"axes": "zyx"}, "names 3 axes"),
    ],
)
def test_what_does_not_fit_the_image_is_refused(image, options, says):
    with pytest.raises(ObjClassError, match=says):
        oc.threshold(image, **options)


def test_settings_are_kept_in_plain_numbers():
    settings = oc.Thresholding(
        channel=np.int64(1), sigma=np.array([1, 2.5]), threshold=np.float32(0.5), min_size=np.float64(7), merge=np.True_
    )
    assert settings == oc.Thresholding(channel=1, sigma=(1.0, 2.5), threshold=0.5, min_size=7)
    assert Thresholding.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert "min_size=7," in repr(settings)


def test_sizes_are_inclusive_and_may_be_physical(session):
    image = squares(2, 3, 4, 5)
    sizes = oc.threshold(image, sigma=0, min_size=9, max_size=16)
    assert sorted(np.bincount(sizes.ravel())[1:]) == [9, 16]
    physical = oc.threshold(image, sigma=0, min_size=9 * 0.125, max_size=16 * 0.125 + 0.1, spacing=(0.5, 0.25))
    assert np.array_equal(physical, sizes)
    session.add_lane(probabilities=image, name="squares")
    session.thresholding = replace(PLAIN, min_size=1.1, max_size=2.1, physical_sizes=True)
    with pytest.raises(ParameterError, match="need a voxel size"):
        session.objects(0)
    session.set_spacing(0, (0.5, 0.25))
    assert np.array_equal(session.label_image(0), sizes)
    assert (session.objects(0).n_small, session.objects(0).n_large) == (1, 1)
    session.set_spacing(0, (1, 1))
    assert len(session.objects(0).ids) == 0


def test_sizes_beyond_any_image_are_no_limit():
    assert oc.threshold(squares(3), sigma=0, min_size=0, max_size=1e300).max() == 1
    assert oc.threshold(squares(3), sigma=0, min_size=1e299, max_size=1e300).max() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32])
def test_integers_span_the_range_of_their_type(dtype):
    image, info = squares(3, 4), np.iinfo(dtype)
    whole = np.rint(info.min + image * (float(info.max) - info.min)).astype(dtype)
    assert np.array_equal(oc.threshold(whole, sigma=0, min_size=0), oc.threshold(image, sigma=0, min_size=0))
    assert not oc.threshold(whole, sigma=0, min_size=0, threshold=0.95).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)])
def test_images_of_any_size(shape):
    labels = oc.threshold(np.ones(shape, np.float32), min_size=0)
    assert labels.shape == shape
    assert (labels == 1).all()


@pytest.mark.parametrize("change", [np.asfortranarray, lambda image: image.astype(">f8"), lambda image: image.tolist()])
def test_arrays_of_any_layout(change):
    image = squares(3, 4)
    assert np.array_equal(oc.threshold(change(image), min_size=0), oc.threshold(image, min_size=0))


def test_true_is_1():
    assert oc.threshold(squares(3) > 0.5, sigma=0, min_size=0, threshold=1).max() == 1


def declare(path, low, high):
    with h5py.File(path, "r+") as file:
        file["exported_data"].attrs["drange"] = (low, high)
    return path


def test_the_range_that_a_file_declares_counts(session, tmp_path):
    image = np.rint(squares(3, 4) * 100).astype(np.uint8)
    declared = declare(write_image(tmp_path / "a.h5", image, "yx"), 0, 100)
    nonsense = declare(write_image(tmp_path / "b.h5", image, "yx"), 0, 0)
    channels = [declare(write_image(tmp_path / f"{name}.h5", image, "yx"), 0, 100) for name in "cd"]
    mixed = [channels[0], write_image(tmp_path / "e.h5", image, "yx")]
    session.thresholding = PLAIN
    found = []
    for source in (declared, channels, nonsense, mixed):
        lane = session.add_lane(probabilities=source)
        found.append(len(session.objects(lane).ids))
    assert found == [2, 2, 0, 0]  # 90 of 255 is too little


def test_nan_counts_as_0_and_is_told_once(session, caplog):
    image = squares(4)
    image[2, 2], image[8:, 8:] = np.nan, np.nan
    session.thresholding = PLAIN
    session.add_lane(probabilities=image, name="cells")
    n_nan = int(np.isnan(image).sum())
    for threshold in (0.4, 0.5, 0.6):
        session.thresholding = replace(PLAIN, threshold=threshold)
        assert session.objects(0).sizes.tolist() == [15]
    assert session.notes == [f"{n_nan} values of the image 'cells' are NaN and counted as 0"]
    with caplog.at_level(logging.WARNING):
        oc.threshold(image)
    assert [record.message for record in caplog.records] == [
        f"{n_nan} values of the probabilities are NaN and counted as 0"
    ]


# Intensities


def test_otsu_cuts_where_the_parts_differ_most():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(20, 4, 3000), rng.normal(60, 9, 1000)])

    def between(cut):
        low, high = values[values < cut], values[values >= cut]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    cuts = np.linspace(values.min(), values.max(), 257)[1:-1]
    best = max(map(between, cuts))
    assert between(otsu(values)) > 0.999 * best
    assert otsu(values.reshape(2, -1)) == otsu(values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 10], 5),
        ([7, 7, 7], 7),
        ([], 0),
        ([np.nan, np.inf], 0),
        ([0, 10, np.nan, -np.inf], 5),
        ([-3, -1], -2),
        ([1e8, 1e8 + 8], 1e8 + 4),
    ],
)
def test_otsu_of_few_values(values, expected):
    assert otsu(np.array(values, np.float32)) == pytest.approx(expected, abs=0.05)


def test_raw_alone_begins_with_otsu(session):
    sample = oc.sample.nuclei_2c()
    session.add_lane(raw=sample.raw)
    settings = session.thresholding
    assert settings == replace(oc.Thresholding(), threshold=settings.threshold, core_threshold=settings.core_threshold)
    assert 200 < settings.threshold < settings.core_threshold < 2000
    foreground = session.label_image(0) > 0
    assert np.mean(foreground == (sample.labels > 0)) > 0.95
    session.thresholding = replace(settings, channel=1)
    assert not np.array_equal(session.label_image(0) > 0, foreground)
    session.thresholding = chosen = replace(settings, threshold=333)
    session.add_lane(raw=sample.raw[:100])
    assert session.thresholding == chosen


def test_thresholds_of_probabilities_are_not_fitted(session, nuclei):
    session.add_lane(raw=nuclei.raw, labels=nuclei.labels)
    assert session.thresholding == oc.Thresholding()


# Axes


SHAPE = {"t": 3, "z": 5, "y": 20, "x": 30, "c": 2}


@pytest.mark.parametrize(
    ("raw", "axes", "named"),
    [
        ("yx", "yxc", None),
        ("yx", "cyx", None),
        ("yx", "ycx", None),
        ("yx", "yx", None),
        ("yxc", "yxc", None),
        ("cyx", "yx", None),
        ("zyx", "zyxc", None),
        ("zyx", "zyx", None),
        ("zyx", "czyx", None),
        ("zyxc", "zycx", None),
        ("tyx", "tyxc", {"raw": "tyx"}),
        ("tyx", "tyx", {"raw": "tyx"}),
        ("tyx", "cyxt", {"raw": "tyx", "probabilities": "cyxt"}),
        ("tyx", "tyxc", {"probabilities": "tyxc"}),
        ("tzyx", "tzyxc", None),
        ("tzyxc", "ctzyx", None),
        ("tzyx", "xyzct", {"probabilities": "xyzct"}),
    ],
)
@pytest.mark.parametrize("in_files", [False, True])
def test_axes_of_probabilities_follow_raw(session, tmp_path, raw, axes, named, in_files):
    images = {
        "raw": np.zeros([SHAPE[letter] for letter in raw], np.float32),
        "probabilities": np.zeros([SHAPE[letter] for letter in axes], np.float32),
    }
    if in_files:
        images = {role: tmp_path / f"{role}.npy" for role in images if not np.save(tmp_path / role, images[role])}
    session.add_lane(**images, axes=named)
    assert session.lane(0).sources["probabilities"].axes == axes
    assert session.label_image(0).ndim == len(axes.replace("c", ""))


def test_images_that_cannot_agree_are_refused(session):
    with pytest.raises(ObjClassError, match="differ; give images of one size"):
        session.add_lane(raw=np.zeros((20, 30)), probabilities=np.zeros((21, 30, 2)))


def test_channels_may_be_a_list(session, tmp_path):
    sample = oc.sample.nuclei_2c()
    whole = oc.sample.probabilities(sample)
    files = [write_image(tmp_path / f"{number}.tif", whole[..., number], "yx") for number in (0, 1)]
    session.thresholding = oc.Thresholding(channel=1)
    for source in (whole, files, [whole[..., 0], whole[..., 1]]):
        session.add_lane(raw=sample.raw, probabilities=source)
    first, *others = (session.label_image(lane) for lane in range(3))
    assert first.any()
    assert all(np.array_equal(first, other) for other in others)


# Session


def test_outputs_follow_the_settings(session, nuclei):
    prediction, changes = session.predict(0), []
    session.changed.connect(changes.append)
    session.thresholding = replace(session.thresholding, threshold=0.6)
    stale = {("object_features", 0), ("annotations", 0), ("object_classification", 0), ("thresholding", None)}
    assert stale <= changes[-1]
    assert len(session.table(0)) == len(session.objects(0).ids)
    assert session.predict(0).ids.tolist() == session.objects(0).ids.tolist()
    assert session.undo()
    again = session.predict(0)
    assert np.array_equal(again.probabilities, prediction.probabilities)


def test_a_forest_stands_for_its_thresholds(session, nuclei, path):
    trained = session.train()
    session.save(path)
    session.close()
    with oc.Session.open(path) as again:
        first = again.thresholding
        again.predict(0, retrain=False)
        assert again.notes == []
        again.thresholding = replace(first, threshold=0.6)
        again.predict(0, retrain=False)
        assert "changed after the classifier was trained" in again.notes[0]
        assert again.train().trained_on != trained.trained_on
        again.thresholding = first
        assert again.train().trained_on == trained.trained_on


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"channel": 2}, "there is no channel 2"),
        ({"physical_sizes": True}, "sizes in physical units need a voxel size"),
    ],
)
def test_labels_wait_while_the_settings_do_not_fit_the_image(session, nuclei, values, says):
    classes = session.object_classes(0)
    session.thresholding = oc.Thresholding(**values)
    for refused in (session.objects, session.table, session.label_image):
        with pytest.raises(ParameterError, match=says):
            refused(0)
    with pytest.raises(ParameterError, match=says):
        session.train()
    assert [each.state for each in session.annotations] == ["parked"] * 12
    assert all(says in each.reason for each in session.annotations)
    assert session.object_classes(0) == {}
    session.undo()
    assert session.object_classes(0) == classes


def test_what_the_method_does_not_use_makes_nothing_stale(session, nuclei):
    session.train()
    before, objects = session.forest, session.objects(0)
    session.thresholding = replace(session.thresholding, core_threshold=0.9, core_channel=1, merge=False)
    assert session.objects(0) is objects
    assert session.train() is before


def test_label_images_do_not_depend_on_thresholds(session):
    sample = oc.sample.nuclei_2c()
    session.add_lane(raw=sample.raw, labels=sample.labels)
    session.annotate_many(0, ids=[1, 2, 3], classes=[1, 2, 1])
    trained, table, changes = session.train(), session.table(0), []
    session.changed.connect(changes.append)
    session.thresholding = oc.Thresholding(threshold=0.9)
    assert changes == [{("thresholding", None)}]
    assert session.table(0) is table
    assert session.train() is trained


def test_settings_are_saved_journaled_and_recovered(nuclei, session, path):
    settings = oc.Thresholding("hysteresis", 1, 0, (1.0, 2.0), 0.4, 0.7, merge=False, min_size=5, fill_holes=True)
    session.save(path)
    session.thresholding = settings
    labels = session.label_image(0)
    session.close()
    with oc.Session.open(path) as again:
        assert again.thresholding == settings
        assert np.array_equal(again.label_image(0), labels)
        again.save()
    with oc.Session.open(path, read_only=True) as again:
        assert again.thresholding == settings
        assert np.array_equal(again.label_image(0), labels)


def test_intermediate_results(session):
    image = squares(2, 4, 5)
    image[1:3, 1:3] = 0.95  # a small core
    image[2:4, 16:20] = 0.95
    session.add_lane(probabilities=image)
    session.thresholding = replace(PLAIN, method="hysteresis", core_threshold=0.92, min_size=5, max_size=20)
    counts = {stage: len(np.unique(session.intermediate(0, stage))) - 1 for stage in ("core", "filtered core")}
    assert counts == {"core": 2, "filtered core": 1}
    assert np.array_equal(session.intermediate(0, "mask") > 0, image >= 0.5)
    assert session.intermediate(0, "unfiltered").max() == 1
    assert np.array_equal(session.intermediate(0, "smoothed"), image)
    assert session.objects(0).sizes.tolist() == [18]
    session.thresholding = replace(session.thresholding, method="simple")
    assert session.intermediate(0, "unfiltered").max() == 3
    with pytest.raises(ParameterError, match="no cores with one threshold"):
        session.intermediate(0, "core")
    with pytest.raises(ParameterError, match="no stage 'seeds'"):
        session.intermediate(0, "seeds")


def test_what_is_compared_with_the_threshold_is_the_sum_of_two_channels(session):
    image = np.stack([squares(3), squares(3) / 2], axis=-1)
    session.add_lane(probabilities=image)
    session.thresholding = replace(PLAIN, method="hysteresis", core_channel=1)
    assert np.allclose(session.intermediate(0, "smoothed"), image.sum(axis=-1))


def test_given_objects_have_no_intermediate_results(session):
    session.add_lane(labels=np.eye(9, dtype=np.uint8))
    with pytest.raises(ParameterError, match="are given"):
        session.intermediate(0, "smoothed")


def test_a_lane_may_get_its_objects_otherwise(session, nuclei):
    found, probabilities = session.label_image(0), oc.sample.probabilities(nuclei)
    classes = session.object_classes(0)
    session.relink_lane(0, labels=found)
    assert set(session.lane(0).sources) == {"raw", "labels"}
    assert session.object_classes(0) == classes
    session.relink_lane(0, segmentation=(found > 0).astype(np.uint8))
    assert session.object_classes(0) == classes
    session.relink_lane(0, probabilities=probabilities)
    assert set(session.lane(0).sources) == {"raw", "probabilities"}
    assert session.object_classes(0) == classes
    assert np.array_equal(session.label_image(0), found)


def test_other_images_are_classified_by_the_same_thresholds(session, nuclei, tmp_path):
    session.thresholding = replace(session.thresholding, threshold=0.6)
    session.train()
    other = oc.sample.nuclei_2c(seed=1)
    lane = session.add_lane(raw=other.raw, probabilities=oc.sample.probabilities(other), spacing=(0.5, 0.25))
    prediction = session.predict(lane, retrain=False)
    assert len(prediction.ids) > 20
    (written,) = session.export(lane, ["Object Identities"], filename=str(tmp_path / "ids"), format="compressed hdf5")
    image = open_image(written)
    assert np.array_equal(np.asarray(image.data), session.label_image(lane))
    assert (image.axes, image.spacing) == ("yx", (0.5, 0.25))


@pytest.mark.parametrize("source", ["float", "integer", "one channel"])
@pytest.mark.parametrize("threshold", [-0.01, 1.01])
def test_thresholds_beyond_all_values(session, nuclei, tmp_path, source, threshold):
    """None of the image is objects, or all of it is one: everything that follows is defined."""
    session.train()
    probabilities = oc.sample.probabilities(nuclei)
    if source == "integer":
        probabilities = np.rint(255 * probabilities).astype(np.uint8)
    elif source == "one channel":
        probabilities = probabilities[..., 0]
    session.relink_lane(0, probabilities=probabilities)
    session.thresholding = replace(session.thresholding, threshold=threshold)
    n_objects = 1 if threshold < 0 else 0
    assert session.objects(0).sizes.tolist() == [256 * 256] * n_objects
    assert len(session.table(0)) == n_objects
    assert {each.state for each in session.annotations} == {"conflict" if n_objects else "parked"}
    with pytest.raises(ObjClassError, match="none of the 12 annotations decides the class of an object"):
        session.train()
    prediction = session.predict(0, retrain=False)
    assert len(prediction.classes) == n_objects
    assert (prediction.paint("classes") > 0).all() == bool(n_objects)
    files = session.export(
        0, ["Object Identities"], filename=str(tmp_path / "x"), table=str(tmp_path / "x.csv"), retrain=False
    )
    assert len(files[-1].read_text("utf-8").splitlines()) == 1 + n_objects
    with pytest.raises(ParameterError, match="it has none" if not n_objects else "ids 1 to 1"):
        session.annotate(0, 7, cls=1)
