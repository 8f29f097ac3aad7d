"""What holds for every forest: probabilities, threads, missing values, storage."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from napari_objclass.forest import RandomForest, uncertainty

quick = settings(derandomize=True, deadline=None, max_examples=60)


@st.composite
def training_sets(draw):
    shape = draw(st.tuples(st.integers(1, 30), st.integers(1, 6)))
    values = st.one_of(st.integers(-3, 3), st.floats(width=32), st.sampled_from([np.nan, np.inf, -np.inf]))
    x = draw(arrays(np.float32, shape, elements=values.map(np.float32)))
    y = draw(arrays(np.int64, shape[0], elements=st.integers(-1, 2)))
    return x, y


@quick
@given(training_sets(), st.sampled_from(["last", "zero"]))
def test_threads_do_not_matter(rows, missing):
    x, y = rows
    one, two, five = (RandomForest(20, 3, threads, missing).fit(x, y) for threads in (1, 2, 5))
    for other in (two, five):
        assert_same_arrays(one.to_arrays(), other.to_arrays())
        np.testing.assert_array_equal(one.predict_proba(x), other.predict_proba(x))


@quick
@given(training_sets(), st.sampled_from(["last", "zero"]))
def test_the_stored_arrays_say_what_the_forest_says(rows, missing):
    x, y = rows
    forest = RandomForest(10, missing=missing).fit(x, y)
    stored = forest.to_arrays()
    settled = np.where(np.isfinite(x), x, np.inf if missing == "last" else 0)
    np.testing.assert_allclose(forest.predict_proba(x), [walk(stored, row) for row in settled], rtol=0, atol=2e-7)


def walk(stored, row):
    """Probabilities of a row by the documented meaning of the arrays."""
    leaf_rows = np.cumsum(stored["column"] < 0) - 1
    root, total = 0, 0
    for n_nodes in stored["nodes_per_tree"]:
        node = root
        while (column := stored["column"][node]) >= 0:
            node = node + 1 if row[column] <= stored["threshold"][node] else root + stored["right"][node]
        total = total + stored["leaf_frequencies"][leaf_rows[node]].astype(float)
        root += n_nodes
    return total / len(stored["nodes_per_tree"])


@quick
@given(training_sets(), st.sampled_from(["last", "zero"]), st.integers(0, 2**64 - 1))
def test_storing_changes_nothing(rows, missing, seed):
    x, y = rows
    forest = RandomForest(10, seed, missing=missing).fit(x, y, classes=[2, -1, 7, 0, 1])
    for back in (RandomForest.from_arrays(forest.to_arrays()), pickle.loads(pickle.dumps(forest))):
        assert (back.seed, back.n_trees, back.missing) == (seed, 10, missing)
        np.testing.assert_array_equal(back.predict_proba(x), forest.predict_proba(x))
        assert_same_arrays(back.to_arrays(), forest.to_arrays())


@quick
@given(training_sets())
def test_out_of_bag_counts_every_row_at_most_once(rows):
    x, y = rows
    forest = RandomForest(40).fit(x, y)
    counted = forest.oob_confusion.sum(axis=1)
    assert (counted <= np.unique(y, return_counts=True)[1]).all()
    if len(y) > 1:  # a row is drawn by all of 40 trees with probability (1 - 1/e)^40 = 1e-8
        assert counted.sum() == len(y)
    pairs = np.stack([np.searchsorted(forest.classes, y), forest.oob_classes - 1])[:, forest.oob_classes > 0]
    expected = np.zeros((len(forest.classes),) * 2, int)
    np.add.at(expected, tuple(pairs), 1)
    np.testing.assert_array_equal(forest.oob_confusion, expected)
    wrong = counted.sum() - np.trace(forest.oob_confusion)
    assert forest.oob_error == pytest.approx(wrong / counted.sum() if counted.sum() else np.nan, nan_ok=True)


@quick
@given(training_sets())
def test_a_class_that_does_not_occur_keeps_a_column_of_zeros(rows):
    x, y = rows
    plain, wide = RandomForest(10).fit(x, y), RandomForest(10).fit(x, y, classes=[-1, 0, 5, 1, 2])
    p = wide.predict_proba(x)
    assert not p[:, 2].any()
    kept = np.isin(wide.classes, plain.classes)
    np.testing.assert_array_equal(p[:, kept], plain.predict_proba(x))
    assert set(wide.predict(x)) <= set(y)


@quick
@given(training_sets())
def test_names_of_classes_do_not_matter(rows):
    x, y = rows
    names = np.array(["background", "interphase", "mitosis", "noise"])  # in the order of the numbers
    numbers, words = RandomForest(10).fit(x, y), RandomForest(10).fit(x, names[y + 1])
    np.testing.assert_array_equal(words.predict(x), names[numbers.predict(x) + 1])
    np.testing.assert_array_equal(words.predict_proba(x), numbers.predict_proba(x))


@quick
@given(arrays(np.float64, st.tuples(st.integers(0, 8), st.integers(1, 5)), elements=st.floats(0, 1)))
def test_uncertainty_is_one_minus_the_margin(p):
    last = np.sort(p)[:, -2:]
    expected = 1 - (last[:, 1] - last[:, 0]) if p.shape[1] > 1 else np.zeros(len(p))
    np.testing.assert_array_equal(uncertainty(p), expected)


def test_missing_values_can_be_told_from_all_numbers():
    x = np.array([[-5.0], [0], [7], [1e30], [np.nan], [np.inf], [-np.inf], [np.nan]] * 5)
    y = np.isfinite(x[:, 0]).astype(int)
    unseen = np.array([[-1e38], [3.4e38], [np.nan], [-np.inf], [1e39]])  # the last one is beyond float32
    np.testing.assert_array_equal(RandomForest().fit(x, y).predict(unseen), [1, 1, 0, 0, 0])


def test_missing_zero_is_zero():
    x = np.random.default_rng(0).normal(size=(60, 4))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    holes, zeros = x.copy(), x.copy()
    places = np.random.default_rng(1).random(x.shape) < 0.1
    holes[places], zeros[places] = np.nan, 0
    forest = RandomForest(missing="zero").fit(holes, y)
    np.testing.assert_array_equal(forest.predict_proba(holes), RandomForest().fit(zeros, y).predict_proba(zeros))


def test_a_split_parts_at_the_mean_of_its_neighbours():
    forest = RandomForest().fit([[0.0], [1]] * 20, [0, 1] * 20)
    above = np.nextafter(np.float32(0.5), np.float32(1))
    np.testing.assert_array_equal(forest.predict_proba([[0.5], [above]]), [[1, 0], [0, 1]])


def test_neighbouring_floats_are_told_apart():
    lower = np.float32(16777216)
    upper = np.nextafter(lower, np.float32(np.inf))
    forest = RandomForest().fit(np.array([[lower], [upper]] * 20), [0, 1] * 20)
    np.testing.assert_array_equal(forest.predict([[lower], [upper]]), [0, 1])


def test_ties_go_to_the_first_class():
    forest = RandomForest(1000).fit(np.zeros((2, 1)), [4, 3], classes=[4, 3])
    share = forest.predict_proba(np.zeros((1, 1)))[0, 0]
    even = RandomForest.from_arrays(
        {**forest.to_arrays(), "leaf_frequencies": np.full_like(forest.to_arrays()["leaf_frequencies"], 0.5)}
    )
    assert 0.4 < share < 0.6
    assert even.predict(np.zeros((1, 1))) == [4]


def assert_same_arrays(a, b):
    assert a.keys() == b.keys()
    for name, array in a.items():
        assert array.dtype == b[name].dtype
        np.testing.assert_array_equal(array, b[name])
