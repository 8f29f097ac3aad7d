"""The generated images are what they claim: nuclei that do not touch, of known classes, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.ndimage

from napari_objclass.sample import (
    Sample,
    labelled_examples,
    nuclei_2c,
    nuclei_2d,
    nuclei_2d_t,
    nuclei_3d,
    nuclei_3d_t,
    probabilities,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAKERS = [nuclei_2d, nuclei_3d, nuclei_2d_t, nuclei_3d_t, nuclei_2c]


@pytest.fixture(scope="module", params=MAKERS, ids=lambda maker: maker.__name__)
def maker(request: pytest.FixtureRequest) -> Callable[..., Sample]:
    return request.param


@pytest.fixture(scope="module")
def sample(maker: Callable[..., Sample]) -> Sample:
    return maker()


def test_same_seed_same_sample(maker: Callable[..., Sample], sample: Sample) -> None:
    again, other = maker(seed=0), maker(seed=1)
    np.testing.assert_array_equal(again.raw, sample.raw)
    np.testing.assert_array_equal(again.labels, sample.labels)
    assert again.truth == sample.truth
    assert (other.raw != sample.raw).mean() > 0.5


def test_truth_names_exactly_the_objects(sample: Sample) -> None:
    assert sample.raw.dtype == np.uint16
    assert sample.labels.dtype == np.uint32
    assert sample.raw.shape[: sample.labels.ndim] == sample.labels.shape
    assert len(sample.axes) == sample.raw.ndim
    assert set(sample.truth) == set(np.unique(sample.labels).tolist()) - {0}
    assert set(sample.truth.values()) == {1, 2}


def test_probabilities_are_high_in_nuclei(sample: Sample) -> None:
    found = probabilities(sample)
    assert found.dtype == np.float32
    assert found.shape == (*sample.labels.shape, 2)
    np.testing.assert_array_equal(found, probabilities(sample, seed=0))
    assert (found != probabilities(sample, seed=1)).mean() > 0.3
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-6)
    assert 0 <= found.min() < 0.01
    assert 0.99 < found.max() <= 1
    assert 0.9 < ((found[..., 0] >= 0.5) == (sample.labels > 0)).mean() < 1


def test_nuclei_do_not_touch(sample: Sample) -> None:
    frames = sample.labels if "t" in sample.axes else [sample.labels]
    for labels in frames:
        inside = labels != 0
        largest = scipy.ndimage.maximum_filter(labels, size=3)
        smallest = scipy.ndimage.minimum_filter(np.where(inside, labels, 2**32 - 1), size=3)
        np.testing.assert_array_equal(largest[inside], labels[inside])
        np.testing.assert_array_equal(smallest[inside], labels[inside])


@pytest.mark.parametrize("maker", [maker for maker in MAKERS if maker is not nuclei_2c])
def test_two_kinds_differ_in_brightness_and_size(maker: Callable[..., Sample]) -> None:
    sample = maker()
    ids = list(sample.truth)
    mean = scipy.ndimage.mean(sample.raw, sample.labels, ids)
    size = np.bincount(sample.labels.ravel())[ids]
    mitotic = np.array([sample.truth[key] == 2 for key in ids])
    assert 0.2 < mitotic.mean() < 0.45
    assert np.median(mean[mitotic]) > 1.5 * np.median(mean[~mitotic])
    assert np.median(size[mitotic]) < 0.5 * np.median(size[~mitotic])


def test_the_second_channel_alone_decides() -> None:
    sample = nuclei_2c()
    ids, truth = list(sample.truth), np.array(list(sample.truth.values()))
    size = np.bincount(sample.labels.ravel())[ids]
    first, second = (scipy.ndimage.mean(sample.raw[..., c], sample.labels, ids) for c in (0, 1))
    best = [max(np.mean((values > limit) + 1 == truth) for limit in values) for values in (size, first, second)]
    assert best[0] < 0.8
    assert best[1] < 0.8
    assert best[2] == 1
    assert 0.2 < np.mean(truth == 2) < 0.45


def test_no_single_threshold_solves_it() -> None:
    sample = nuclei_3d()
    ids = list(sample.truth)
    mean = scipy.ndimage.mean(sample.raw, sample.labels, ids)
    truth = np.array(list(sample.truth.values()))
    assert max(np.mean((mean > limit) + 1 == truth) for limit in mean) < 0.99


def test_background_is_uneven() -> None:
    sample = nuclei_2d()
    ground = np.where(sample.labels == 0, sample.raw, 0).astype(float)
    tiles = ground.reshape(8, 64, 8, 64)
    means = tiles.sum((1, 3)) / (tiles > 0).sum((1, 3))
    assert means.max() > 1.4 * means.min()


@pytest.mark.parametrize("per_class", [1, 6])
def test_labelled_examples(sample: Sample, per_class: int) -> None:
    examples = labelled_examples(sample, per_class)
    assert examples == labelled_examples(sample, per_class)
    assert sorted(examples.values()) == [1] * per_class + [2] * per_class
    assert all(sample.truth[key] == number for key, number in examples.items())
    assert examples != labelled_examples(sample, per_class, seed=1)


def test_examples_are_drawn_from_all_nuclei() -> None:
    sample = nuclei_2d()
    drawn = set().union(*(labelled_examples(sample, seed=seed) for seed in range(200)))
    assert drawn == set(sample.truth)
