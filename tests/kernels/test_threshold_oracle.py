"""Smoothing and thresholds against what ilastik computes, pixel by pixel."""

import json

import numpy as np
import pytest

from napari_objclass import kernels


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.5])
def test_stored_smoothing(data, sigma):
    with np.load(data / "thresholding" / "smoothing.npz") as reference:
        raw, expected = reference["raw"], reference[f"sigma_{sigma}"]
    smoothed = kernels.smooth(raw[None, None], sigma=(sigma,) * 3, value_range=(0, 1))
    np.testing.assert_array_equal(smoothed[0, 0], expected)


@pytest.mark.parametrize(("name", "number"), [("nuclei2d", n) for n in range(6)] + [("ell3d_two", n) for n in range(3)])
def test_stored_labels(data, name, number):
    with np.load(data / "thresholding" / f"{name}.npz") as reference:
        probabilities, expected = reference["probabilities"], reference[f"labels_{number}"]
        case = json.loads(str(reference["cases"]))[number]
    if probabilities.shape[-1] == 1:
        probabilities = np.concatenate([probabilities, 1 - probabilities], -1)
    n_dims = probabilities.ndim - 1
    image = probabilities[(None,) * (4 - n_dims)]
    channel, core = case.get("channel", 0), case.get("core_channel", 0)
    simple = case["method"] == "simple"
    found = kernels.threshold(
        image[..., channel],
        None if simple or core == channel else image[..., core],
        sigma=(0.0, *case.get("sigma", [1.0] * n_dims))[-3:],
        value_range=(0, 1),
        low=case["low"],
        high=None if simple else case["high"],
        merge=case["method"] == "hysteresis",
        min_size=case.get("mn", 10),
        max_size=case.get("mx", 1_000_000),
        fill_holes=False,
    )
    np.testing.assert_array_equal(found.labels.reshape(expected.shape), in_raster_order(expected))


def in_raster_order(labels):
    """Number objects 1, 2, … by their first pixel."""
    ids, first = np.unique(labels, return_index=True)
    ids = ids[np.argsort(first)]
    new = np.zeros(labels.max() + 1, np.uint32)
    new[ids[ids > 0]] = np.arange(1, (ids > 0).sum() + 1)
    return new[labels]
