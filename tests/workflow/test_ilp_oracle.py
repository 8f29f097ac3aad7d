"""Forests of ilastik's projects: evaluated as VIGRA defines them, and equal to what ilastik stored."""

import numpy as np
import pytest
from workflow import ilp_files

from napari_objclass import RandomForest
from napari_objclass.io import ilp

EXACT = np.array([0.0, 1.0, -2.5, 0.1, 1e-3, 3.4e38])


def vote(tree, row):
    """Follow a row, smaller values to the first child, to the class frequencies of a leaf."""
    place, n_classes = 2, tree.topology[1]
    while tree.topology[place] == 0:
        value = np.float64(np.float32(row[tree.topology[place + 4]]))
        value = value if np.isfinite(value) else 0.0
        is_smaller = value < tree.parameters[tree.topology[place + 1] + 1]
        place = tree.topology[place + 2 if is_smaller else place + 3]
    first = tree.topology[place + 1] + 1
    return tree.parameters[first : first + n_classes]


def read_forest(path, trees, known, names=(), **options):
    with ilp_files.create(path) as file:
        ilp_files.add_classes(file, **dict.fromkeys(names, (0, 0, 0)))
        for number, part in enumerate(trees):
            ilp_files.add_forest(file, part, known, number=number, **options)
    project = ilp.read(path)
    assert project.notes == ()
    return project, RandomForest.from_arrays(project.forest)


def rows_at(values, rng, n_columns):
    """Rows with the values themselves, their neighbours in float32, and none."""
    near = np.float32(values)
    pool = np.concatenate([near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))])
    return rng.choice(np.append(pool, [np.nan, np.inf, -np.inf]).astype(np.float32), (200, n_columns))


@pytest.mark.parametrize("seed", range(6))
def test_trees_are_followed_as_vigra_follows_them(tmp_path, seed):
    rng = np.random.default_rng(seed)
    n_columns, n_classes = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    values = np.concatenate([EXACT, np.float64(np.float32(EXACT)), rng.normal(size=30)])
    trees = [
        ilp_files.random_tree(rng, n_columns, n_classes, int(rng.integers(0, 60)), np.append(values, [1e300, -1e300]))
        for _ in range(int(rng.integers(1, 13)))
    ]
    rows = rows_at(values, rng, n_columns)
    _, forest = read_forest(tmp_path / "x.ilp", [trees], list(range(1, n_classes + 1)))
    expected = np.array([np.mean([vote(tree, row) for tree in trees], axis=0) for row in rows])
    np.testing.assert_allclose(forest.predict_proba(rows), expected, rtol=0, atol=2e-7)
    assert (forest.n_trees, forest.missing) == (len(trees), "zero")


def test_our_own_forest_comes_back_bit_for_bit(tmp_path, data):
    with np.load(data / "random_forest.npz") as stored:
        fitted = RandomForest(missing="zero").fit(stored["X"], stored["y"], classes=[1, 2, 3])
        rows = stored["Xtest"]
    _, forest = read_forest(tmp_path / "x.ilp", [ilp_files.as_trees(fitted.to_arrays())], [1, 2, 3])
    for name in ("nodes_per_tree", "column", "threshold", "right", "leaf_frequencies", "classes"):
        np.testing.assert_array_equal(forest.to_arrays()[name], fitted.to_arrays()[name], err_msg=name)
    np.testing.assert_array_equal(forest.predict_proba(rows), fitted.predict_proba(rows))


def test_several_forests_vote_together(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.normal(size=20)
    parts = [[ilp_files.random_tree(rng, 3, 2, 9, values) for _ in range(n)] for n in (10, 1, 4)]
    rows = rows_at(values, rng, 3)
    _, forest = read_forest(tmp_path / "x.ilp", parts, [1, 2])
    expected = np.array([np.mean([vote(tree, row) for part in parts for tree in part], axis=0) for row in rows])
    np.testing.assert_allclose(forest.predict_proba(rows), expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize(("known", "n_names"), [([1, 3], 4), ([2], 2), ([3, 1], 0), ([2, 4], 3)])
def test_classes_without_examples_have_columns_of_zeros(tmp_path, known, n_names):
    rng = np.random.default_rng(2)
    values = rng.normal(size=20)
    trees = [ilp_files.random_tree(rng, 3, len(known), 9, values) for _ in range(3)]
    rows = rows_at(values, rng, 3)
    project, forest = read_forest(tmp_path / "x.ilp", [trees], known, "abcd"[:n_names])
    n_classes = max(n_names, *known)
    assert forest.classes.tolist() == list(range(1, n_classes + 1))
    expected = np.zeros((len(rows), n_classes))
    expected[:, np.array(known) - 1] = [np.mean([vote(tree, row) for tree in trees], axis=0) for row in rows]
    np.testing.assert_allclose(forest.predict_proba(rows), expected, rtol=0, atol=2e-7)
    assert project.class_names == (*"abcd"[:n_names], *(f"Label {i}" for i in range(n_names + 1, n_classes + 1)))


def test_a_forest_that_does_not_name_its_classes_has_them_from_one(tmp_path):
    tree = ilp_files.random_tree(np.random.default_rng(3), 2, 3, 4, EXACT)
    _, forest = read_forest(tmp_path / "x.ilp", [[tree]], [], described=False)
    assert forest.classes.tolist() == [1, 2, 3]


def test_the_stored_forest_gives_the_stored_probabilities(data):
    project = ilp.read(data / "nuclei2d" / "nuclei2d.ilp")
    [lane] = project.lanes
    rows = np.hstack([lane.features[0][feature] for feature in project.selected])
    found = RandomForest.from_arrays(project.forest).predict_proba(rows)
    assert rows.shape == (221, 44)
    np.testing.assert_array_equal(found[1:], lane.probabilities[0][1:])


def test_the_stored_objects_are_those_of_the_features(data):
    [lane] = ilp.read(data / "nuclei2d" / "nuclei2d.ilp").lanes
    sizes = np.bincount(lane.label_image[0].ravel())
    [count] = lane.features[0]["Standard Object Features", "Count"][1:].T
    np.testing.assert_array_equal(sizes[1:], count)
    given = dict(lane.original_ids[0].tolist())
    [original] = lane.features[0]["Default features", "original_oid"][1:].T
    assert [given[i] for i in range(1, 221)] == original.tolist()
