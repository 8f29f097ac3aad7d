//! How large an object is.

use super::{Cells, Feature, FeatureSpec, Ingredient, Object, Values};

/// Number of pixels.
pub(super) struct NumPixels;

impl Feature for NumPixels {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "num_pixels",
            display: "Size in pixels",
            group: "Shape",
            plugin: "Standard Object Features",
            ilastik_id: Some("Standard Object Features/Count"),
            doc: "Number of pixels (2D) or voxels (3D) of the object: n.",
            unit: "pixels",
            values: Values::One,
            dims: &[2, 3],
            hidden: false,
            ingredients: &[Ingredient::Geometry],
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        cells.set(0, Ok(object.geometry.count as f64));
    }
}
