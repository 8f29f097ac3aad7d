"""The forest is as good as scikit-learn's and predicts what VIGRA's predicts, as far as their seeds let one say."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import RepeatedStratifiedKFold

from napari_objclass.forest import RandomForest

DATA = Path(__file__).parent.parent / "data"
N_SEEDS = 30


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_accuracy_is_scikit_learns(name):
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=0)
    differences = []
    for seed, (train, test) in enumerate(folds.split(x, y)):
        ours = RandomForest(seed=seed).fit(x[train], y[train])
        peer = RandomForestClassifier(100, random_state=seed, n_jobs=2).fit(x[train], y[train])
        right = [(forest.predict(x[test]) == y[test]).mean() for forest in (ours, peer)]
        differences.append(right[0] - right[1])
    mean, error = np.mean(differences), np.std(differences, ddof=1) / np.sqrt(len(differences))
    print(f"{name}: accuracy minus scikit-learn's {mean:+.4f} ± {error:.4f}")
    assert mean >= -2 * error


def test_importances_are_scikit_learns():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    ours = np.array([RandomForest(seed=seed).fit(x, y).importances for seed in range(20)])
    forests = (RandomForestClassifier(100, random_state=seed, n_jobs=2).fit(x, y) for seed in range(20))
    theirs = np.array([forest.feature_importances_ for forest in forests])
    assert np.abs(standard_errors(ours, theirs)).max() < 4


@pytest.fixture(scope="module")
def vigra():
    with np.load(DATA / "random_forest.npz") as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def forests(vigra):
    return [RandomForest(seed=seed).fit(vigra["X"], vigra["y"]) for seed in range(N_SEEDS)]


def test_probabilities_are_vigras(vigra, forests):
    ours = np.array([forest.predict_proba(vigra["Xtest"])[:, 1] for forest in forests])
    spread = np.hypot(ours.std(axis=0, ddof=1), vigra["stdprobs30"][:, 1]) / np.sqrt(N_SEEDS)
    distance = (ours.mean(axis=0) - vigra["meanprobs30"][:, 1]) / spread
    print(f"2000 rows, in standard errors: root mean square {rms(distance):.3f}, largest {np.abs(distance).max():.2f}")
    # Unit variance is what two samples of one distribution have; the largest of 2000 normal numbers is about 3.5.
    assert rms(distance) < 1.15
    assert np.abs(distance).max() < 4.5


def test_seeds_spread_as_vigras(vigra, forests):
    ours = np.array([forest.predict_proba(vigra["Xtest"])[:, 1] for forest in forests]).std(axis=0, ddof=1)
    assert rms(ours) == pytest.approx(rms(vigra["stdprobs30"][:, 1]), rel=0.05)


def test_out_of_bag_error_and_accuracy_are_vigras(vigra, forests):
    oob = np.array([forest.oob_error for forest in forests])
    accuracy = np.array([(forest.predict(vigra["Xtest"]) == vigra["ytest"]).mean() for forest in forests])
    assert abs(standard_errors(oob, vigra["oob30"])) < 3
    assert abs(standard_errors(accuracy, vigra["acc30"])) < 3


def test_out_of_bag_error_foretells_the_error_on_new_rows(vigra):
    x, y = vigra["Xtest"], vigra["ytest"]
    forest = RandomForest().fit(x[:1000], y[:1000])
    error = (forest.predict(x[1000:]) != y[1000:]).mean()
    assert abs(forest.oob_error - error) < 2 * np.sqrt(2 * error * (1 - error) / 1000)


def standard_errors(a, b):
    """Difference of the means over the first axis, in its standard errors."""
    variance = a.var(axis=0, ddof=1) / len(a) + b.var(axis=0, ddof=1) / len(b)
    return (a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(variance)


def rms(values):
    return np.sqrt(np.mean(np.square(values)))
