//! Moments of the coordinates along the principal axes.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
