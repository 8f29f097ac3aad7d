"""Predictions against the same steps done by hand, and painted images against lookups in numpy."""

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.features import measure
from napari_objclass.forest import RandomForest, uncertainty
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.object_classification import Classifier
from napari_objclass.workflow.session import Session

FEATURES = ["num_pixels", "intensity_mean", "intensity_variance", "axis_radii"]


def accuracy(prediction, truth):
    keys = zip(prediction.frames.tolist(), prediction.ids.tolist(), strict=True)
    return np.mean([truth[key] == cls for key, cls in zip(keys, prediction.classes.tolist(), strict=True)])


@pytest.mark.parametrize("shape", [(200, 200), (40, 80, 80)])
def test_twelve_labels_classify_the_rest(shape):
    scene = nuclei(shape, ids=lambda k: 2**53 + 3 * k + 1, dtype=np.uint64)
    with Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        for cls in (1, 2):
            session.annotate_many(0, ids=scene.of_class(cls)[:6], classes=[cls] * 6)
        prediction = session.predict(0)
        assert sorted(prediction.ids.tolist()) == sorted(i for _, i in scene.truth)
        assert accuracy(prediction, scene.truth) >= 0.95


def test_a_session_is_measure_and_forest(tmp_path):
    first, second, film = nuclei((60, 80), seed=1), nuclei((80, 60), seed=2), movie(2, shape=(40, 60))
    with Session(recover=False) as session:
        session.feature_selection = FeatureSelection(features=FEATURES)
        session.classifier = Classifier(n_trees=30, seed=7)
        session.add_lane(raw=first.raw, labels=first.labels)
        session.add_lane(raw=second.raw, labels=second.labels)
        session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
        session.annotate_many(2, ids=[3, 2], classes=[film.truth[1, 3], film.truth[0, 2]], t=[1, 0])
        session.annotate_many(1, ids=[9, 4, 7], classes=[second.truth[0, i] for i in (9, 4, 7)])
        session.annotate_many(0, ids=[2, 1], classes=[1, 2])
        predictions = [session.predict(lane) for lane in range(3)]

    tables = [
        measure(scene.labels, scene.raw, axes=axes, features=FEATURES)
        for scene, axes in ((first, "yx"), (second, "yx"), (film, "tyx"))
    ]
    chosen = [(0, 0, 1, 2), (0, 0, 2, 1)]
    chosen += [(1, 0, i, second.truth[0, i]) for i in (4, 7, 9)]
    chosen += [(2, 0, 2, film.truth[0, 2]), (2, 1, 3, film.truth[1, 3])]
    rows = [np.flatnonzero((tables[lane].frames == t) & (tables[lane].ids == i))[0] for lane, t, i, _ in chosen]
    X = np.array([tables[lane].values[row] for (lane, *_), row in zip(chosen, rows, strict=True)], np.float32)
    forest = RandomForest(30, seed=7).fit(X, [cls for *_, cls in chosen], classes=[1, 2])
    for table, prediction in zip(tables, predictions, strict=True):
        expected = forest.predict_proba(table.values.astype(np.float32))
        np.testing.assert_array_equal(prediction.ids, table.ids)
        np.testing.assert_array_equal(prediction.frames, table.frames)
        np.testing.assert_array_equal(prediction.probabilities, expected)
        np.testing.assert_array_equal(prediction.classes, expected.argmax(1) + 1)
        np.testing.assert_array_equal(prediction.uncertainty, uncertainty(expected))


@pytest.mark.parametrize(
    ("scene", "axes"),
    [
        (nuclei((60, 80), ids=lambda k: 2**63 + 5 * k, dtype=np.uint64), "yx"),
        (nuclei((20, 40, 60), seed=1, dtype=np.int16), "zyx"),
        (movie(3, shape=(40, 60), ids=lambda k: 100 - k), "tyx"),
    ],
)
@pytest.mark.parametrize("flipped", [False, True])
def test_painted_images_are_lookups(scene, axes, flipped):
    labels, raw = (scene.labels.T, scene.raw.T) if flipped else (scene.labels, scene.raw)
    axes = axes[::-1] if flipped else axes
    with Session(recover=False) as session:
        session.add_lane(raw=raw, labels=labels, axes=axes)
        session.annotate_many(0, ids=scene.of_class(1)[:2], classes=[1, 1])
        session.annotate_many(0, ids=scene.of_class(2)[:2], classes=[2, 2])
        prediction = session.predict(0)
    keys = zip(prediction.frames.tolist(), prediction.ids.tolist(), strict=True)
    row = {key: k for k, key in enumerate(keys)}
    pictures = [
        ("classes", prediction.classes, np.uint8),
        ("uncertainty", prediction.uncertainty, np.float32),
        (1, prediction.probabilities[:, 0], np.float32),
        ("Class 2", prediction.probabilities[:, 1], np.float32),
    ]
    for what, values, dtype in pictures:
        image = prediction.paint(what)
        assert image.dtype == dtype
        assert image.shape == labels.shape
        expected = np.zeros(labels.shape, dtype)
        for place in np.argwhere(labels):
            t = int(place[axes.index("t")]) if "t" in axes else 0
            expected[tuple(place)] = values[row[t, int(labels[tuple(place)])]]
        np.testing.assert_array_equal(image, expected)
