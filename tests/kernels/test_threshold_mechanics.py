"""Thresholds: empty and refused input, progress, cancel."""

import threading

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass import kernels

RULE = {
    "sigma": (1.0, 1.0, 1.0),
    "value_range": (0.0, 1.0),
    "low": 0.4,
    "high": 0.6,
    "merge": True,
    "min_size": 0,
    "max_size": 10**9,
    "fill_holes": False,
}


@pytest.mark.parametrize("shape", [(1, 1, 0, 5), (1, 1, 5, 0), (0, 1, 5, 5), (1, 0, 4, 4), (2, 1, 1, 1)])
@pytest.mark.parametrize("merge", [True, False])
def test_tiny_images(shape, merge):
    image = np.ones(shape)
    found = kernels.threshold(image, None, **RULE | {"merge": merge, "fill_holes": True})
    assert found.labels.shape == shape
    assert found.labels.sum() == image.sum()
    assert kernels.smooth(image, sigma=(1, 1, 1), value_range=(0, 1)).sum() == image.sum()


def test_nothing_reaches_the_threshold():
    image = np.zeros((1, 3, 20, 30), np.uint8)
    for merge in (True, False):
        assert kernels.threshold(image, None, **RULE | {"merge": merge})[1:] == (0, 0, 0)
        assert not kernels.threshold(image, None, **RULE | {"merge": merge}).labels.any()


def test_everything_reaches_the_threshold():
    image = np.zeros((1, 3, 20, 30), np.int32)
    for merge in (True, False):
        rule = RULE | {"low": -1, "high": -0.5, "merge": merge}
        assert (kernels.threshold(image, None, **rule).labels == 1).all()


def test_all_pixels_are_nan():
    image = np.full((2, 1, 4, 5), np.nan)
    found = kernels.threshold(image, None, **RULE | {"low": 0.0, "high": None})
    assert found.n_nan == 40
    assert (found.labels == 1).all()


def test_infinity_floods_as_the_largest_number():
    image = np.random.default_rng(0).random((1, 3, 30, 40), dtype=np.float32)
    image[0, 1, 10:12, 20] = image.max()
    rule = RULE | {"sigma": (0.0,) * 3, "low": 0.7, "high": 0.95, "merge": False}
    expected = kernels.threshold(image, None, **rule).labels
    image[0, 1, 10:12, 20] = np.inf
    np.testing.assert_array_equal(kernels.threshold(image, None, **rule).labels, expected)
    assert 0 < (expected == 0).mean() < 1


def test_bounds_are_inclusive():
    image = np.zeros((1, 1, 9, 30), np.float32)
    for n in range(1, 6):
        image[0, 0, 4, 5 * n : 5 * n + n] = 1
    found = kernels.threshold(image, None, **RULE | {"sigma": (0, 0, 0), "high": None, "min_size": 2, "max_size": 4})
    assert np.bincount(found.labels.ravel())[1:].tolist() == [2, 3, 4]
    assert (found.n_small, found.n_large) == (1, 1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stage": "middle"}, "'?\"?middle"),
        ({"stage": "core", "high": None}, "no core"),
        ({"sigma": (1, -1, 1)}, "smoothing"),
        ({"sigma": (1, np.nan, 1)}, "smoothing"),
        ({"sigma": (1, 1e9, 1)}, "smoothing"),
        ({"value_range": (2, 2)}, "range"),
        ({"value_range": (0, np.inf)}, "range"),
    ],
)
def test_refused_parameters(change, word):
    with pytest.raises(oc.ParameterError, match=word):
        kernels.threshold(np.zeros((1, 1, 5, 5)), None, **RULE | change)


def test_channels_of_different_shape():
    with pytest.raises(oc.ShapeError, match="channels"):
        kernels.threshold(np.zeros((1, 1, 5, 5)), np.zeros((1, 1, 5, 6)), **RULE)


@pytest.fixture(scope="module")
def film():
    return np.random.default_rng(0).random((3, 40, 200, 500), dtype=np.float32)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("fill_holes", [True, False])
def test_progress_knows_all_steps_from_the_start(film, merge, fill_holes):
    seen = []
    rule = RULE | {"merge": merge, "fill_holes": fill_holes, "low": 0.5, "high": 0.55}
    film = film if merge else film[:, :10]  # flooding noise takes long
    kernels.threshold(film, None, threads=1, progress=lambda *step: seen.append(step), **rule)
    totals = {total for _, total, _ in seen} - {0}
    assert len(totals) == 1
    assert 0 <= seen[0][0] < seen[-1][0] <= totals.pop()


def test_cancel_from_another_thread(film):
    token = oc.CancelToken()
    timer = threading.Timer(0.02, token.cancel)
    timer.start()
    with pytest.raises(oc.Cancelled):
        compute_for_ever(film, token)
    timer.join()


def compute_for_ever(film, token):
    while True:
        kernels.smooth(film, sigma=(9, 9, 9), value_range=(0, 1), cancel=token, threads=1)
        kernels.threshold(film, None, cancel=token, threads=1, **RULE)
