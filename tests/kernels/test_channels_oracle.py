"""Features of several channels together against ilastik's values and against NumPy."""

import numpy as np
import pytest
from kernels.ilastik import causes, compared, ulps, values

from napari_objclass.features import feature_catalog, measure

AXES = ["intensity_covariance", "intensity_principal_axes"]
ALONG = [
    f"intensity_principal_{moment}"
    for moment in (
        "variance",
        "skewness",
        "kurtosis",
        "min",
        "max",
        "power_sum_2",
        "power_sum_3",
        "power_sum_4",
    )
]

#: How each feature is compared: the axes with their signs, of 220 objects in 2D and 40 in 3D.
ORACLES = dict.fromkeys(AXES + ALONG, "one ulp")

TYPES = ["u1", "i1", "<u2", ">u2", "i2", "u4", "i4", "u8", "i8", "f4", ">f4", "f8"]


@pytest.mark.parametrize(("case", "feature"), compared(*ORACLES))
def test_values_are_ilastiks(case, feature):
    assert np.all(ulps(*values(case, feature)) <= 1)


def test_every_feature_is_compared_in_2d_and_3d():
    assert set(compared(*ORACLES)) == {(case, feature) for case in ("nuclei2d", "ell3d_two") for feature in ORACLES}


def image(dtype, channels, offset=0, seed=0):
    """Two interleaved objects of correlated intensities, in 3D."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 7, 40000], (5, 30, 41))
    shared = rng.normal(0, 20, labels.shape)
    raw = np.stack([50 + shared * rng.normal() + rng.normal(0, 5, labels.shape) for _ in range(channels)], -1)
    limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo(dtype)
    return labels, (np.clip(raw, max(limits.min, -100), 120) + offset).astype(dtype)


def along_axes(voxels, axes):
    """Intensities along the principal axes, counted from the means."""
    return (voxels - voxels.mean(0)) @ axes


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [2, 3, 7])
def test_covariance_and_axes_are_numpys(dtype, channels):
    labels, raw = image(dtype, channels)
    table = measure(labels, raw, features=AXES + ALONG)
    for row, label in enumerate(table.ids):
        voxels = raw[labels == label].astype(np.longdouble)
        covariance = np.cov(voxels.T.astype(float), bias=True)
        scale = np.linalg.norm(covariance)
        np.testing.assert_allclose(
            table["intensity_covariance"][row].reshape(channels, -1), covariance, rtol=0, atol=1e-13 * scale
        )
        axes = table["intensity_principal_axes"][row].reshape(channels, -1)
        variances = table["intensity_principal_variance"][row]
        np.testing.assert_allclose(axes.T @ axes, np.eye(channels), atol=1e-13)
        np.testing.assert_allclose(covariance @ axes, axes * variances, rtol=0, atol=1e-12 * scale)
        assert np.all(np.diff(variances) <= 0)
        q = along_axes(voxels, axes)
        expected = {
            "variance": (q**2).mean(0),
            "skewness": (q**3).mean(0) / (q**2).mean(0) ** 1.5,
            "kurtosis": (q**4).mean(0) / (q**2).mean(0) ** 2 - 3,
            "min": q.min(0),
            "max": q.max(0),
            "power_sum_2": (q**2).sum(0),
            "power_sum_3": (q**3).sum(0),
            "power_sum_4": (q**4).sum(0),
        }
        sizes = {"power_sum_3": len(q) * float(scale) ** 1.5}
        for moment, values_ in expected.items():
            atol = 1e-11 * sizes.get(moment, 1.0)
            found = table[f"intensity_principal_{moment}"][row]
            np.testing.assert_allclose(found, values_.astype(float), rtol=1e-11, atol=atol, err_msg=moment)


@pytest.mark.parametrize(("dtype", "offset"), [("u2", 65_000), ("i4", 10**9), ("f4", 10**6), ("f8", 10**9)])
def test_a_large_offset_costs_no_digits(dtype, offset):
    labels, raw = image(dtype, 3, offset)
    for row, label in enumerate((table := measure(labels, raw, features=AXES)).ids):
        voxels = raw[labels == label].astype(np.longdouble) - offset
        d = voxels - voxels.mean(0)
        exact = (d.T @ d / len(d)).astype(float)
        found = table["intensity_covariance"][row].reshape(3, 3)
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-14 * np.linalg.norm(exact))


def test_many_channels():
    labels, raw = image("u2", 64)
    table = measure(labels, raw, features=AXES)
    voxels = raw[labels == 7].astype(float)
    expected = np.cov(voxels.T, bias=True)
    np.testing.assert_allclose(table["intensity_covariance"][0].reshape(64, 64), expected, atol=1e-10)
    axes = table["intensity_principal_axes"][0].reshape(64, 64)
    np.testing.assert_allclose(axes.T @ axes, np.eye(64), atol=1e-13)


def test_the_diagonal_is_the_variance():
    for dtype in TYPES:
        labels, raw = image(dtype, 3)
        table = measure(labels, raw, features=["intensity_covariance", "intensity_variance"])
        covariance = table["intensity_covariance"].reshape(-1, 3, 3)
        np.testing.assert_array_equal(covariance[:, range(3), range(3)], table["intensity_variance"])
        np.testing.assert_array_equal(covariance, covariance.transpose(0, 2, 1))


@pytest.mark.parametrize("dtype", TYPES)
def test_a_flat_channel_has_no_covariance_and_no_spread(dtype):
    labels, raw = image(dtype, 3)
    raw[..., 1] = np.array(0.1 if raw.dtype.kind == "f" else 3, dtype)
    table = measure(labels, raw, features=AXES + ALONG)
    covariance = table["intensity_covariance"].reshape(-1, 3, 3)
    assert not covariance[:, 1].any()
    assert not covariance[:, :, 1].any()
    assert np.all(covariance[:, 0, 2] != 0)
    np.testing.assert_array_equal(table["intensity_principal_variance"][:, 2], 0)
    np.testing.assert_array_equal(table["intensity_principal_axes"].reshape(-1, 3, 3)[:, 1, 2], 1)
    for moment in ("skewness", "kurtosis"):
        found = table[f"intensity_principal_{moment}"]
        assert np.all(np.isfinite(found[:, :2]))
        assert np.all(np.isnan(found[:, 2]))
    assert causes(table) == {"there is no spread along this axis"}


def test_one_voxel_has_the_axes_of_the_channels():
    raw = np.array([[[3, 5, 9]]], np.uint16)
    table = measure(np.array([[4]]), raw, features=AXES + ALONG)
    np.testing.assert_array_equal(table["intensity_covariance"], np.zeros((1, 9)))
    np.testing.assert_array_equal(table["intensity_principal_axes"].reshape(3, 3), np.eye(3))
    np.testing.assert_array_equal(table["intensity_principal_min"], np.zeros((1, 3)))
    assert np.all(np.isnan(table["intensity_principal_skewness"]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_not_finite_spoils_its_channel_only(bad):
    labels, raw = image("f4", 3)
    clean = measure(labels, raw, features=AXES + ALONG)
    z, y, x = np.argwhere(labels == 7)[5]
    raw[z, y, x, 1] = bad
    table = measure(labels, raw, features=AXES + ALONG)
    covariance = table["intensity_covariance"][0].reshape(3, 3)
    spoilt = np.zeros((3, 3), bool)
    spoilt[1] = spoilt[:, 1] = True
    np.testing.assert_array_equal(np.isnan(covariance), spoilt)
    np.testing.assert_array_equal(covariance[~spoilt], clean["intensity_covariance"][0].reshape(3, 3)[~spoilt])
    for feature in AXES[1:] + ALONG:
        assert np.all(np.isnan(table[feature][0]))
    np.testing.assert_array_equal(table.values[1], clean.values[1])
    assert causes(table) == {"raw has 1 NaN or infinite pixel"}


@pytest.mark.parametrize("scale", [1e-200, 1e-320, 1e160, 1e300])
def test_the_ends_of_the_range_of_floats(scale):
    labels, raw = image("f8", 3)
    table = measure(labels, raw * scale, features=AXES + ALONG)
    assert np.isnan(table.values).sum() == table.n_missing
    assert not np.any(np.isinf(table.values))
    assert len(causes(table)) == 1


def test_only_several_channels_have_them():
    assert {spec.id for spec in feature_catalog(2, 2)} >= set(ORACLES)
    assert not {spec.id for spec in feature_catalog(2, 1)} & set(ORACLES)
