//! The convex hull of an object, and the bounding box that ilastik takes for it.

use super::Feature;

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[];
