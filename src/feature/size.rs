//! How large an object is.

use super::{ByDefault, Channels, Feature, FeatureSpec, Ingredient, Plugin, Values};

/// The features of size.
pub(super) const FEATURES: &[Feature] = &[Feature {
    spec: FeatureSpec {
        id: "num_pixels",
        display: "Size in pixels",
        group: "Shape",
        plugin: Plugin::Standard,
        ilastik: Some("Count"),
        doc: "Number of pixels (2D) or voxels (3D) of the object.",
        formula: "n",
        unit: "pixels",
        verified: super::ILASTIK,
        values: Values::One,
        dims: &[2, 3],
        channels: Channels::Unused,
        by_default: ByDefault::Yes,
        hidden: false,
        ingredients: &[Ingredient::Geometry],
    },
    finish: |object, cells| cells.set(0, Ok(object.geometry.count as f64)),
}];
