//! Histograms and quantiles of intensity.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
