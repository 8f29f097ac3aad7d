"""What the forest takes, what it refuses and how, and how it is watched and stopped."""

import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest

from napari_objclass.errors import Cancelled, DtypeError, ObjClassError, ParameterError, ShapeError
from napari_objclass.forest import RandomForest, uncertainty
from napari_objclass.kernels import CancelToken

X = np.random.default_rng(0).normal(size=(40, 5))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def forest():
    return RandomForest().fit(X, Y)


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray(X.astype(np.float32)),
        np.repeat(X, 2, axis=1)[:, ::2],
        X[::-1][::-1],
        X.astype(">f8"),
        X.astype(np.float32).tolist(),
        pd.DataFrame(X),
        np.frombuffer(b"\0" + X.tobytes(), np.uint8)[1:].view(np.float64).reshape(X.shape),
    ],
    ids=["fortran float32", "every second column", "reversed", "big-endian", "lists", "data frame", "unaligned"],
)
def test_the_form_of_the_matrix_does_not_matter(forest, same):
    np.testing.assert_array_equal(forest.predict_proba(same), forest.predict_proba(X))
    np.testing.assert_array_equal(RandomForest().fit(same, Y).predict_proba(X), forest.predict_proba(X))


def test_integers_and_booleans_are_numbers():
    x = np.random.default_rng(1).integers(0, 2, (30, 3))
    y = x[:, 0]
    expected = RandomForest().fit(x.astype(float), y).predict_proba(x.astype(float))
    for dtype in (np.int64, np.uint8, np.bool_, np.float16):
        np.testing.assert_array_equal(RandomForest().fit(x.astype(dtype), y).predict_proba(x.astype(dtype)), expected)


def test_read_only_arrays_are_taken_and_left_alone(forest):
    x = X.copy()
    x.flags.writeable = False
    assert forest.predict_proba(x).shape == (40, 2)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("y", [["a", "b"] * 20, pd.Series(["a", "b"] * 20), np.array(["a", "b"] * 20, object)])
def test_classes_may_be_words(y):
    trained = RandomForest(5).fit(X, y)
    assert trained.classes.tolist() == ["a", "b"]
    assert trained.to_arrays()["classes"].dtype.kind == "U"


def test_one_class_is_certain():
    trained = RandomForest(5).fit(X, np.full(40, 3))
    p = trained.predict_proba(X)
    np.testing.assert_array_equal(p, np.ones((40, 1)))
    np.testing.assert_array_equal(uncertainty(p), np.zeros(40))
    assert trained.oob_error == 0
    assert not trained.importances.any()


def test_one_row_has_no_out_of_bag_error():
    forest = RandomForest().fit([[1.0]], [0])
    assert np.isnan(forest.oob_error)
    assert forest.oob_classes.tolist() == [0]


def test_out_of_bag_classes_find_the_mistakes_in_the_labels():
    x = np.repeat([[0.2], [0.8]], 30, axis=0)
    truth = np.where(x[:, 0] < 0.5, "dim", "bright")
    given = truth.copy()
    given[[10, 45]] = given[[45, 10]]
    forest = RandomForest().fit(x, given, classes=["dim", "never", "bright"])
    assert forest.oob_classes.dtype == np.int64
    assert forest.classes[forest.oob_classes - 1].tolist() == truth.tolist()


def test_a_forest_stored_without_out_of_bag_classes(forest):
    arrays = forest.to_arrays()
    del arrays["oob_classes"]
    old = RandomForest.from_arrays(arrays)
    assert old.oob_classes.tolist() == []
    np.testing.assert_array_equal(old.oob_confusion, forest.oob_confusion)
    np.testing.assert_array_equal(old.predict_proba(X), forest.predict_proba(X))


def test_no_rows_give_no_predictions(forest):
    assert forest.predict_proba(np.empty((0, 5))).shape == (0, 2)
    assert forest.predict(np.empty((0, 5))).shape == (0,)


def test_uncertainty_of_a_row_with_nan_is_nan():
    p = np.array([[0.5, np.nan], [0.5, 0.5], [1, 0]], np.float32)
    assert uncertainty(p).dtype == np.float32
    np.testing.assert_array_equal(uncertainty(p), [np.nan, 1, 0])


REFUSED = {
    "no trees": (lambda f: RandomForest(0), ParameterError, "n_trees"),
    "more trees than can be": (lambda f: RandomForest(2**70), ParameterError, "n_trees"),
    "negative seed": (lambda f: RandomForest(seed=-1), ParameterError, "seed"),
    "unknown missing": (lambda f: RandomForest(missing="mean"), ParameterError, "'last' or 'zero'"),
    "no threads": (lambda f: RandomForest(threads=0).fit(X, Y), ParameterError, "threads"),
    "negative threads": (lambda f: RandomForest(threads=-1).fit(X, Y), ParameterError, "threads"),
    "no rows": (lambda f: f.fit(np.empty((0, 5)), []), ShapeError, "0 rows"),
    "no columns": (lambda f: f.fit(np.empty((40, 0)), Y), ShapeError, "0 columns"),
    "vector": (lambda f: f.fit(X[:, 0], Y), ShapeError, "two dimensions"),
    "too few labels": (lambda f: f.fit(X, Y[:-1]), ShapeError, "y has 39"),
    "matrix of labels": (lambda f: f.fit(X, Y[:, None]), ShapeError, "y must have one dimension"),
    "text": (lambda f: f.fit(X.astype(str), Y), DtypeError, "real numbers"),
    "complex": (lambda f: f.fit(X + 1j, Y), DtypeError, "real numbers"),
    "float labels": (lambda f: f.fit(X, Y / 2), DtypeError, "integers or strings"),
    "mixed labels": (lambda f: f.fit(X, np.array([1, "a"] * 20, object)), DtypeError, "integers or strings"),
    "unlisted class": (lambda f: f.fit(X, Y, classes=[0, 2]), ParameterError, "class 1"),
    "class listed twice": (lambda f: f.fit(X, Y, classes=[0, 1, 1]), ParameterError, "twice"),
    "words for numbers": (lambda f: f.fit(X, Y, classes=["0", "1"]), DtypeError, "strings"),
    "untrained": (lambda f: RandomForest().predict(X), ParameterError, "call fit"),
    "untrained classes": (lambda f: RandomForest().classes, ParameterError, "call fit"),
    "untrained arrays": (lambda f: RandomForest().to_arrays(), ParameterError, "call fit"),
    "other columns": (lambda f: f.predict_proba(X[:, :4]), ShapeError, "4 columns but the forest was trained on 5"),
    "uncertainty of a vector": (lambda f: uncertainty([0.5, 0.5]), ShapeError, "two dimensions"),
}


@pytest.mark.parametrize(("call", "error", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_in_one_sentence(forest, call, error, words):
    with pytest.raises(error, match=words) as caught:
        call(RandomForest.from_arrays(forest.to_arrays()))
    assert isinstance(caught.value, ObjClassError)
    assert "\n" not in str(caught.value)


def test_a_refused_fit_keeps_the_forest():
    trained = RandomForest(5).fit(X, Y)
    before = trained.predict_proba(X)
    with pytest.raises(ShapeError):
        trained.fit(X, Y[:-1])
    np.testing.assert_array_equal(trained.predict_proba(X), before)


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: a.pop("right"),
        lambda a: a.pop("classes"),
        lambda a: a.update(column=a["column"].astype(np.int64)),
        lambda a: a.update(column=np.where(a["column"] == 4, 5, a["column"])),
        lambda a: a.update(column=np.where(a["column"] == 4, -7, a["column"])),
        lambda a: a.update(right=np.zeros_like(a["right"])),
        lambda a: a.update(right=a["right"] + 1),
        lambda a: a.update(right=a["right"][:-1]),
        lambda a: a.update(threshold=np.full_like(a["threshold"], np.nan)),
        lambda a: a.update(nodes_per_tree=a["nodes_per_tree"][::-1].copy()),
        lambda a: a.update(nodes_per_tree=a["nodes_per_tree"][:0], column=a["column"][:0]),
        lambda a: a.update(leaf_frequencies=a["leaf_frequencies"][1:]),
        lambda a: a.update(leaf_frequencies=a["leaf_frequencies"] - 1),
        lambda a: a.update(leaf_frequencies=a["leaf_frequencies"].ravel()),
        lambda a: a.update(oob_confusion=np.zeros((3, 3), np.uint64)),
        lambda a: a.update(oob_classes=np.full_like(a["oob_classes"], 3)),
        lambda a: a.update(oob_classes=3 - a["oob_classes"]),
        lambda a: a.update(oob_classes=a["oob_classes"][1:]),
        lambda a: a.update(leaf_frequencies=a["leaf_frequencies"] / 2),
        lambda a: a.update(classes=np.arange(3)),
        lambda a: a.update(classes=np.zeros(2, int)),
        lambda a: a.update(classes=np.array([0.0, 1.0])),
        lambda a: a.update(importances=a["importances"][:0].copy()),
        lambda a: a.update(importances=a["importances"][:2].copy()),
    ],
)
def test_damaged_arrays_are_refused(forest, damage):
    arrays = forest.to_arrays()
    damage(arrays)
    with pytest.raises(ParameterError, match=r"the stored forest is damaged \(.*\); train it again"):
        RandomForest.from_arrays(arrays)


def test_a_stored_forest_without_columns_is_refused():
    arrays = RandomForest(1).fit([[1.0]], [0]).to_arrays() | {"importances": np.empty(0)}
    with pytest.raises(ParameterError, match="no columns"):
        RandomForest.from_arrays(arrays)


LARGE = np.random.default_rng(2).normal(size=(4000, 40)).astype(np.float32)
NOISE = np.random.default_rng(3).integers(0, 3, 4000)


def test_training_reports_its_trees():
    calls = []
    RandomForest(50, threads=1).fit(LARGE, NOISE, progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert {call[1:] for call in calls} <= {(0, "training the forest"), (50, "training the forest")}
    assert 0 < max(done) <= 50


def test_prediction_reports_its_blocks():
    calls = []
    trained = RandomForest(200, threads=1).fit(LARGE[:500], NOISE[:500])
    trained.predict_proba(np.tile(LARGE, (10, 1)), progress=lambda *call: calls.append(call))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert len(set(done)) > 2
    assert calls[-1][2] == "predicting"


def test_an_exception_in_the_callback_stops_the_training():
    def complain(*_):
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        RandomForest(10_000).fit(LARGE, NOISE, progress=complain)


def test_a_token_stops_training_and_prediction():
    for run in (
        lambda token: RandomForest(100_000).fit(LARGE, NOISE, cancel=token),
        lambda token: (
            RandomForest(500)
            .fit(LARGE[:500], NOISE[:500])
            .predict_proba(np.broadcast_to(LARGE[:1], (10_000_000, 40)), cancel=token)
        ),
    ):
        token = CancelToken()
        timer = threading.Timer(0.3, token.cancel)
        timer.start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            run(token)
        assert time.monotonic() - start < 2
        timer.join()


def test_control_c_stops_the_training_within_a_second():
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        RandomForest(100_000).fit(LARGE, NOISE)
    assert time.monotonic() - start < 1.2
    timer.join()
