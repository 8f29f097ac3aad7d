"""Skeletons of odd objects, and how to stop."""

import threading
import time

import numpy as np
import pytest

from napari_objclass import kernels
from napari_objclass.errors import Cancelled, FeatureError
from napari_objclass.features import feature_catalog, measure

SKELETON = [spec.id for spec in feature_catalog(2) if spec.plugin == "2D Skeleton Features"]


def test_volumes_have_none():
    assert not [spec for spec in feature_catalog(3) if spec.id.startswith("skeleton")]
    with pytest.raises(FeatureError, match="skeleton_diameter"):
        measure(np.ones((4, 5, 6), np.uint8), features=["skeleton_diameter"])


def test_chosen_by_default_but_for_places():
    default = [spec.id for spec in feature_catalog(2) if spec.default and spec.id in SKELETON]
    assert default == SKELETON[:6]
    assert [spec.id for spec in feature_catalog(2, hidden=False) if spec.id in SKELETON] == SKELETON[:7]


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (6, 7)])
def test_an_object_that_is_the_whole_image_has_none(shape):
    assert not measure(np.ones(shape, np.uint8), features=SKELETON).values.any()


def test_a_sparse_object_in_a_large_box():
    labels = np.zeros((1500, 1600), np.uint8)
    np.fill_diagonal(labels[1:-1, 1:-1], 1)
    table = measure(labels, features=SKELETON)
    assert table["skeleton_diameter"].item() == pytest.approx(1497 * 2**0.5)
    assert table["skeleton_center"].tolist() in ([[749, 749]], [[750, 750]])
    assert table["skeleton_branch_count"].item() == 2


def test_stops_amid_an_object_with_many_holes():
    labels = np.ones((2500, 2500), np.uint8)
    labels[np.random.default_rng(0).random(labels.shape) < 0.01] = 0
    token = kernels.CancelToken()
    times = []

    def stop():
        times.append(time.monotonic())
        token.cancel()

    timer = threading.Timer(0.3, stop)
    timer.start()
    with pytest.raises(Cancelled):
        measure(labels, features=SKELETON, cancel=token, threads=1)
    assert time.monotonic() - times[0] < 5
