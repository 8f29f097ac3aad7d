"""A session whose images do not fit into memory says the same, bit for bit, as one that holds them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import napari_objclass as oc
from napari_objclass import memory
from napari_objclass.workflow.blockwise import budget
from napari_objclass.workflow.label_volume import LabelVolume

#: Bytes in which no image of these tests fits, nor a block with more than a few hundred pixels.
LITTLE = 50_000
FEATURES = ("num_pixels", "centroid", "axis_radii", "intensity_mean", "intensity_kurtosis", "intensity_histogram")


@pytest.fixture(autouse=True)
def nothing_used(monkeypatch):
    """What the process takes changes by more than the little that it may use here."""
    monkeypatch.setattr(memory, "used", lambda: 0)
    monkeypatch.setattr(budget, "_KEPT", 0)


def blobs(rng, shape, sigma=2.0):
    """Smooth values from 0 to 1."""
    image = rng.random(shape)
    for axis in range(image.ndim):
        for _ in range(int(sigma * 2)):
            image = (image + np.roll(image, 1, axis) + np.roll(image, -1, axis)) / 3
    image -= image.min()
    return (image / image.max()).astype(np.float32)


def images(seed, kind, shape):
    """Arguments of ``add_lane``: raw of whole numbers, and what objects come from."""
    rng = np.random.default_rng(seed)
    values = blobs(rng, shape)
    raw = (values * 200 + rng.integers(0, 50, shape)).astype(np.uint8)
    if kind == "raw":
        return {"raw": raw}
    if kind == "probabilities":
        return {"raw": raw, "probabilities": values}
    mask = (values > 0.5).astype(np.uint8)
    if kind == "segmentation":
        return {"raw": raw, "segmentation": mask + (mask & (rng.random(shape) < 0.1))}
    labels = oc.connected_components(mask).astype(np.uint64)
    ids = np.sort(rng.choice(2**40, int(labels.max()) + 1, replace=False)).astype(np.uint64)
    ids[0] = 0
    return {"raw": raw, "labels": ids[labels]}


def pair(arguments, **more):
    """One session with all in memory, and one that works block by block."""
    sessions = [oc.Session(recover=False, memory="1GB"), oc.Session(recover=False, memory=LITTLE)]
    for session in sessions:
        session.add_lane(**arguments, **more)
        session.feature_selection = replace(session.feature_selection, features=FEATURES)
    assert not isinstance(sessions[0].objects(0).labels, LabelVolume)
    return sessions


def assert_same(dense, large):
    """Everything that the two sessions say of their image is the same."""
    one, other = dense.objects(0), large.objects(0)
    assert isinstance(other.labels, LabelVolume)
    assert one.labels.dtype == other.labels.dtype
    for name in ("frames", "ids", "sizes", "boxes", "n_small", "n_large"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(dense.label_image(0), large.label_image(0))
    keys = list(zip(one.frames.tolist(), one.ids.tolist(), strict=True))
    for runs, others in zip(one.masks(keys), other.masks(keys), strict=True):
        assert np.array_equal(runs, others)
    tables = [session.table(0) for session in (dense, large)]
    assert tables[0].columns == tables[1].columns
    assert np.array_equal(tables[0].values, tables[1].values, equal_nan=True)
    assert tables[0].problems == tables[1].problems
    annotations = [[(each.t, each.cls, each.object_id, each.state, each.anchor, each.runs.tolist())
                    for each in session.annotations] for session in (dense, large)]  # fmt: skip
    assert annotations[0] == annotations[1]
    if not dense.can_classify:
        return
    predictions = [session.predict(0) for session in (dense, large)]
    assert np.array_equal(predictions[0].probabilities, predictions[1].probabilities)
    for what in ("classes", "uncertainty", 1):
        painted = [np.asarray(each.paint(what)) for each in predictions]
        assert painted[0].dtype == painted[1].dtype
        assert np.array_equal(*painted)


def annotate(sessions, seed, n=4):
    """Label some objects, by id and by place, in both sessions."""
    rng = np.random.default_rng(seed)
    objects = sessions[0].objects(0)
    if len(objects.ids) < 2:
        return
    rows = rng.choice(len(objects.ids), min(n, len(objects.ids)), replace=False)
    for number, row in enumerate(rows):
        t, object_id = int(objects.frames[row]), int(objects.ids[row])
        z, y, x = (int(each) for each in objects.masks([(t, object_id)])[0][0][:3])
        where = {"object_id": object_id} if number % 2 else {"at": (z, y, x) if objects.labels.shape[1] > 1 else (y, x)}
        for session in sessions:
            session.annotate(0, **where, cls=1 + number % 2, t=t)


@pytest.mark.parametrize("kind", ["labels", "segmentation", "probabilities", "raw"])
@given(
    seed=st.integers(0, 10_000),
    case=st.sampled_from([((100, 110), "yx"), ((12, 40, 44), "zyx"), ((3, 55, 60), "tyx"), ((2, 8, 30, 32), "tzyx")]),
)
@settings(max_examples=3)
def test_a_large_lane_is_annotated_trained_and_predicted_as_a_small_one(kind, seed, case):
    shape, axes = case
    sessions = pair(images(seed, kind, shape), axes=axes)
    for session in sessions:
        if kind == "raw":
            session.thresholding = replace(session.thresholding, threshold=120.0, min_size=5)
    assert_same(*sessions)
    annotate(sessions, seed)
    for session in sessions:
        session.undo()
    assert_same(*sessions)


@pytest.mark.parametrize(("method", "merge"), [("simple", True), ("hysteresis", True), ("hysteresis", False)])
def test_other_thresholds_keep_labels_as_places(method, merge):
    arguments = images(3, "probabilities", (10, 40, 42))
    for axis in range(3):  # what touches is flooded together, and must fit into the memory
        along = np.moveaxis(arguments["probabilities"], axis, 0)
        along[np.arange(len(along)) % 9 > 2] *= merge
    sessions = pair(arguments)
    annotate(sessions, 3)
    for low in (0.4, 0.6, 0.5):
        for session in sessions:
            session.thresholding = replace(
                session.thresholding, method=method, merge=merge, threshold=low, core_threshold=0.7, sigma=0.5
            )
        assert_same(*sessions)


def test_saved_and_opened_again(tmp_path):
    arguments = images(5, "segmentation", (10, 40, 42))
    sessions = pair(arguments)
    annotate(sessions, 5)
    assert_same(*sessions)
    for number, session in enumerate(sessions):
        session.save(tmp_path / f"{number}.objclass")
        session.close()
    sessions = [oc.Session.open(tmp_path / f"{n}.objclass", memory=most) for n, most in enumerate(("1GB", LITTLE))]
    assert_same(*sessions)
    for session in sessions:
        session.close()


@pytest.mark.parametrize("conflicts", ["theirs", "mine", "both"])
def test_labels_come_from_images_and_tables(tmp_path, conflicts):
    sessions = pair(images(7, "labels", (10, 40, 42)))
    annotate(sessions, 7)
    rng = np.random.default_rng(7)
    classes = np.kron(rng.integers(0, 3, (3, 3, 4)), np.ones((4, 14, 11), int)).astype(np.uint8)[:10, :40, :42]
    ids = sessions[0].objects(0).ids
    table = tmp_path / "labels.csv"
    table.write_text("id,class\n" + "\n".join(f"{each},{1 + i % 2}" for i, each in enumerate(ids[:4])))
    places = tmp_path / "places.csv"
    places.write_text("z,y,x,class\n" + "\n".join(f"{z},{z * 3},{z * 4},1" for z in range(6)))
    for source in (classes, table, places):
        told = [str(session.import_annotations(0, source, conflicts=conflicts)) for session in sessions]
        assert told[0] == told[1]
        assert_same(*sessions)
