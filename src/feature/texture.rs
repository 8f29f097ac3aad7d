//! Spectrum and direction of the texture as seen from the centre.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
