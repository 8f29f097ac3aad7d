//! How large an object is.

use super::{Feature, FeatureSpec};

/// The features of size.
pub(super) const FEATURES: &[Feature] = &[Feature {
    spec: FeatureSpec {
        id: "num_pixels",
        display: "Size in pixels",
        ilastik: Some("Count"),
        doc: "Number of pixels (2D) or voxels (3D) of the object.",
        formula: "n",
        unit: "pixels",
        ..FeatureSpec::COMMON
    },
    finish: |object, cells| cells.set(0, Ok(object.geometry.count as f64)),
}];
