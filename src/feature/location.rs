//! Where an object is; coordinates in x, y[, z] order, pixel centres at integers.

use super::{Cells, Feature, FeatureSpec, Ingredient, Object, Values};

/// What the location features have in common.
const LOCATION: FeatureSpec = FeatureSpec {
    id: "",
    display: "",
    group: "Location",
    plugin: "Standard Object Features",
    ilastik_id: None,
    doc: "",
    unit: "pixels",
    values: Values::PerAxis,
    dims: &[2, 3],
    hidden: false,
    ingredients: &[Ingredient::Geometry],
};

/// Sets one value per axis from values in z, y, x order.
fn set_reversed(object: &Object<'_>, cells: &mut Cells<'_>, zyx: [f64; 3]) {
    for axis in 0..object.n_dims {
        cells.set(axis, Ok(zyx[2 - axis]));
    }
}

/// Lower corner of the bounding box.
pub(super) struct BboxMin;

impl Feature for BboxMin {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "bbox_min",
            display: "Bounding Box Minimum",
            ilastik_id: Some("Standard Object Features/Coord<Minimum>"),
            doc: "Smallest coordinate of the object along each axis.",
            ..LOCATION
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_reversed(object, cells, object.geometry.min.map(f64::from));
    }
}

/// Upper corner of the bounding box.
pub(super) struct BboxMax;

impl Feature for BboxMax {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "bbox_max",
            display: "Bounding Box Maximum",
            ilastik_id: Some("Standard Object Features/Coord<Maximum>"),
            doc: "Largest coordinate of the object along each axis, plus 1: the box excludes it.",
            ..LOCATION
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        let stop = object.geometry.max.map(|last| f64::from(last) + 1.0);
        set_reversed(object, cells, stop);
    }
}

/// Centre of mass.
pub(super) struct Centroid;

impl Feature for Centroid {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "centroid",
            display: "Center of the object",
            ilastik_id: Some("Standard Object Features/RegionCenter"),
            doc: "Mean coordinate of the object's pixels along each axis: Σr / n.",
            ..LOCATION
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_reversed(object, cells, object.geometry.centroid());
    }
}
