//! Intensities around an object.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
