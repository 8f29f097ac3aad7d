//! The skeleton of 2D objects.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
