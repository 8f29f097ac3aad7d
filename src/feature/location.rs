//! Where an object is; coordinates in x, y[, z] order, pixel centres at integers.

use super::{ByDefault, Cells, Feature, FeatureSpec, Object, Values};

/// What the location features have in common.
const LOCATION: FeatureSpec = FeatureSpec {
    group: "Location",
    unit: "pixels",
    values: Values::PerAxis,
    by_default: ByDefault::No,
    ..FeatureSpec::COMMON
};

/// The features of place.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "bbox_min",
            display: "Bounding Box Minimum",
            ilastik: Some("Coord<Minimum>"),
            doc: "Smallest coordinate of the object along each axis: the lower corner of its bounding box.",
            formula: "min r",
            ..LOCATION
        },
        finish: |object, cells| {
            set_reversed(object, cells, object.geometry.min.map(f64::from));
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "bbox_max",
            display: "Bounding Box Maximum",
            ilastik: Some("Coord<Maximum>"),
            doc: "Largest coordinate of the object along each axis, plus 1: the upper corner of its bounding box, \
                  which the box excludes.",
            formula: "max r + 1",
            ..LOCATION
        },
        finish: |object, cells| {
            let stop = object.geometry.max.map(|last| f64::from(last) + 1.0);
            set_reversed(object, cells, stop);
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "centroid",
            display: "Center of the object",
            ilastik: Some("RegionCenter"),
            doc: "Mean coordinate of the object's pixels along each axis.",
            formula: "r̄ = Σr / n",
            ..LOCATION
        },
        finish: |object, cells| set_reversed(object, cells, object.geometry.centroid()),
    },
    Feature {
        spec: FeatureSpec {
            id: "coordinate_sum",
            display: "Sum of coordinates",
            ilastik: Some("Coord<PowerSum<1>>"),
            doc: "Sum of the coordinates of the object's pixels along each axis.",
            formula: "Σr",
            hidden: true,
            ..LOCATION
        },
        finish: |object, cells| {
            set_reversed(object, cells, object.geometry.sums.map(|sum| sum as f64));
        },
    },
];

/// Sets one value per axis from values in z, y, x order.
pub(super) fn set_reversed(object: &Object<'_>, cells: &mut Cells<'_>, zyx: [f64; 3]) {
    for axis in 0..object.n_dims {
        cells.set(axis, Ok(zyx[2 - axis]));
    }
}
