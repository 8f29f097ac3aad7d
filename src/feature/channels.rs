//! Intensities of several channels together: covariance and its principal axes.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
