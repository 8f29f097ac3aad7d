"""How far values of two plans of blocks may be apart: raw of floats is summed in another order."""

import numpy as np

#: Power of the intensities of each feature that sums them; 0 for those that have no unit. All others are exact.
POWERS = {
    "intensity_mean": 1,
    "intensity_sum": 1,
    "intensity_variance": 2,
    "intensity_skewness": 0,
    "intensity_kurtosis": 0,
    "intensity_central_sum_2": 2,
    "intensity_central_sum_3": 3,
    "intensity_central_sum_4": 4,
    "intensity_covariance": 2,
    "intensity_principal_variance": 2,
    "intensity_principal_axes": 0,
    "intensity_principal_min": 1,
    "intensity_principal_max": 1,
    "intensity_principal_skewness": 0,
    "intensity_principal_kurtosis": 0,
    "intensity_principal_power_sum_2": 2,
    "intensity_principal_power_sum_3": 3,
    "intensity_principal_power_sum_4": 4,
}

#: Axes are determined where the variances along them differ by more than this share of the largest.
_APART = 1e-6
_ROUNDING = 1e-10


def assert_within_rounding(values, expected, specs, labels, raw):
    """Compare tables (n_objects, n_columns) of ``labels`` (t, z, y, x) and ``raw`` with channels.

    Where sums of floats enter, a - b is at most 1e-10 max(|b|, s): s is the object's standard deviation to the power
    that the feature has, 1 without unit. Rows are by frame and then id.
    """
    np.testing.assert_array_equal(np.isnan(values), np.isnan(expected))
    objects = [raw[t][labels[t] == each].astype(float) for t in range(len(labels)) for each in ids_of(labels[t])]
    column = 0
    for spec in specs:
        own = slice(column, column + spec.n_values)
        found, wanted = values[:, own], expected[:, own]
        column += spec.n_values
        if spec.id not in POWERS:
            np.testing.assert_array_equal(found, wanted, spec.id)
            continue
        scale = np.array([_scale(spec, pixels) for pixels in objects]).reshape(wanted.shape)
        off = np.abs(found - wanted) > _ROUNDING * np.maximum(np.abs(wanted), scale)
        assert not off.any(), (spec.id, found[off], wanted[off])


def ids_of(labels):
    """Ids of a frame, rising."""
    return np.unique(labels[labels > 0])


def _scale(spec, pixels):
    """What the values of an object may be compared with, one each; infinity for those of axes that are undetermined."""
    channels, power = pixels.shape[1], POWERS[spec.id]
    deviations = pixels.std(axis=0)
    if "principal" not in spec.id and spec.id != "intensity_covariance":
        return np.repeat(deviations**power, spec.n_values // channels)
    if spec.id not in {"intensity_covariance", "intensity_principal_variance"} and not _has_axes(pixels):
        return np.full(spec.n_values, np.inf)
    return np.full(spec.n_values, deviations.max() ** power)


def _has_axes(pixels):
    variances = np.linalg.eigvalsh(np.atleast_2d(np.cov(pixels.T, bias=True))) if np.isfinite(pixels).all() else [0]
    return len(variances) == 1 or np.diff(variances).min() > _APART * variances[-1]
