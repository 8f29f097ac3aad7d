"""Spectrum and direction of textures against those of ilastik, object by object and channel by channel."""

import numpy as np
import pytest
from kernels.ilastik import compared, measured, values

#: How each feature is compared.
ORACLES = {
    "texture_spectrum": "of the largest value",
    "texture_direction": "equal",
    "texture_spectrum_circular": "of the largest value",
    "texture_direction_circular": "equal",
}
SPECTRA = [feature for feature, how in ORACLES.items() if how != "equal"]
DIRECTIONS = [feature for feature, how in ORACLES.items() if how == "equal"]


@pytest.mark.parametrize(("case", "feature"), compared(*SPECTRA))
def test_spectra_are_ilastiks(case, feature):
    ours, theirs = (spectra.reshape(-1, 20) for spectra in values(case, feature))
    np.testing.assert_array_equal(theirs.any(1), ours.any(1))
    largest = np.max(theirs, axis=1, keepdims=True, initial=1e-30)
    assert np.max(np.abs(ours - theirs) / largest) < 2e-6


@pytest.mark.parametrize(("case", "feature"), compared(*DIRECTIONS))
def test_directions_are_ilastiks(case, feature):
    np.testing.assert_array_equal(*values(case, feature))


@pytest.mark.parametrize(("case", "feature"), compared(*ORACLES))
def test_nothing_is_missing(case, feature):
    assert np.all(np.isfinite(measured(case)[feature]))
