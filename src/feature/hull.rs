//! The convex hull of an object, and the bounding box that ilastik takes for it.

use super::location::set_reversed;
use super::{ByDefault, Cells, Feature, FeatureSpec, Ingredient, Object, Plugin};
use super::{Reason, Values};
use crate::region::crop::hull::Hull;

/// What the features of this file have in common.
const SHAPE: FeatureSpec = FeatureSpec {
    plugin: Plugin::ConvexHull,
    ..FeatureSpec::COMMON
};

/// What those of place have in common.
const LOCATION: FeatureSpec = FeatureSpec {
    group: "Location",
    unit: "pixels",
    values: Values::PerAxis,
    by_default: ByDefault::No,
    ..SHAPE
};

/// The features given, and those of a table: each once of the hull, and once, hidden, of the bounding box.
macro_rules! features {
    (
        [$($alone:expr),* $(,)?],
        $({
            id: $id:literal,
            display: $display:literal,
            ilastik: $ilastik:literal,
            doc: $doc:literal,
            spec: $spec:expr,
            finish: $finish:expr $(,)?
        }),* $(,)?
    ) => {
        &[
            $($alone,)*
            $(Feature {
                spec: FeatureSpec {
                    id: $id,
                    display: $display,
                    doc: $doc,
                    verified: "counts of pixels within the convex hull found by scipy",
                    ingredients: &[Ingredient::Geometry, Ingredient::Hull],
                    ..$spec
                },
                finish: |object, cells| {
                    if let Some(hull) = object.hull {
                        $finish(object, hull, cells);
                    }
                },
            },)*
            $(Feature {
                spec: FeatureSpec {
                    id: concat!($id, "_ilastik"),
                    display: concat!($display, " (bounding box)"),
                    ilastik: Some($ilastik),
                    doc: concat!($doc, " The hull is the bounding box here, as in ilastik."),
                    by_default: ByDefault::No,
                    hidden: true,
                    ingredients: &[Ingredient::Geometry, Ingredient::Box],
                    ..$spec
                },
                finish: |object, cells| {
                    if let Some(hull) = object.bounding_box {
                        $finish(object, hull, cells);
                    }
                },
            },)*
        ]
    };
}

/// The features of hull and bounding box.
pub(super) const FEATURES: &[Feature] = features!(
    [
        Feature {
            spec: FeatureSpec {
                id: "hull_object_area",
                display: "Object Area",
                ilastik: Some("InputVolume"),
                doc: "Number of pixels (2D) or voxels (3D) of the object, the same as its size.",
                formula: "n",
                unit: "pixels",
                ..SHAPE
            },
            finish: |object, cells| cells.set(0, Ok(object.geometry.count as f64)),
        },
        Feature {
            spec: FeatureSpec {
                id: "hull_object_center",
                display: "Object Center",
                ilastik: Some("InputCenter"),
                doc: "Mean coordinate of the object's pixels along each axis, the same as its center.",
                formula: "r̄ = Σr / n",
                ..LOCATION
            },
            finish: |object, cells| set_reversed(object, cells, object.geometry.centroid()),
        },
    ],
    {
        id: "hull_area",
        display: "Convex Hull Area",
        ilastik: "HullVolume",
        doc: "Number of pixels (2D) or voxels (3D) of the convex hull: those with their center within the hull of the \
              object's pixel centers or on its border.",
        spec: FeatureSpec { formula: "h", unit: "pixels", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| cells.set(0, Ok(hull.volume as f64)),
    },
    {
        id: "hull_convexity",
        display: "Convexity",
        ilastik: "Convexity",
        doc: "Fraction of the convex hull that the object fills; 1 for a convex object.",
        spec: FeatureSpec { formula: "n / h", ..SHAPE },
        finish: |object: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| {
            cells.set(0, Ok(object.geometry.count as f64 / hull.volume as f64));
        },
    },
    {
        id: "hull_defect_count",
        display: "Number of Defects",
        ilastik: "DefectCount",
        doc: "Number of defects, such as dents and holes: parts of the convex hull outside the object, whose pixels \
              connect by their sides.",
        spec: FeatureSpec { formula: "k", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| cells.set(0, Ok(hull.defects.count as f64)),
    },
    {
        id: "hull_defect_area_mean",
        display: "Mean Defect Area",
        ilastik: "DefectVolumeMean",
        doc: "Mean size a of the k defects; 0 without defects.",
        spec: FeatureSpec { formula: "ā = Σa / k", unit: "pixels", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| cells.set(0, Ok(hull.defects.mean)),
    },
    {
        id: "hull_defect_area_variance",
        display: "Variance of Defect Area",
        ilastik: "DefectVolumeVariance",
        doc: "Unbiased variance of the sizes a of the k defects; 0 below 2 defects.",
        spec: FeatureSpec { formula: "Σ(a − ā)² / (k − 1)", unit: "pixels²", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| cells.set(0, Ok(hull.defects.variance)),
    },
    {
        id: "hull_defect_area_skewness",
        display: "Skewness of Defect Area",
        ilastik: "DefectVolumeSkewness",
        doc: "Unbiased skewness of the sizes a of the k defects; 0 below 3 defects, missing if all have the same size.",
        spec: FeatureSpec { formula: "√(k(k − 1)) / (k − 2) · √k Σ(a − ā)³ / (Σ(a − ā)²)^1.5", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| {
            cells.set(0, hull.defects.skewness.ok_or(Reason::EqualDefects));
        },
    },
    {
        id: "hull_defect_area_kurtosis",
        display: "Kurtosis of Defect Area",
        ilastik: "DefectVolumeKurtosis",
        doc: "Unbiased excess kurtosis of the sizes a of the k defects; 0 below 4 defects, missing if all have the \
              same size.",
        spec: FeatureSpec {
            formula: "(k − 1) / ((k − 2)(k − 3)) · ((k + 1)(k Σ(a − ā)⁴ / (Σ(a − ā)²)² − 3) + 6)",
            ..SHAPE
        },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| {
            cells.set(0, hull.defects.kurtosis.ok_or(Reason::EqualDefects));
        },
    },
    {
        id: "hull_defect_displacement",
        display: "Mean Defect Displacement",
        ilastik: "DefectDisplacementMean",
        doc: "Mean distance from the center of the object to the centers of the defects, weighted by their sizes a; 0 \
              without defects.",
        spec: FeatureSpec { formula: "Σa|d̄ − r̄| / Σa, with d̄ the center of a defect", unit: "pixels", ..SHAPE },
        finish: |_: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| cells.set(0, Ok(hull.defects.displacement)),
    },
    {
        id: "hull_center",
        display: "Convex Hull Center",
        ilastik: "HullCenter",
        doc: "Mean coordinate of the pixels of the convex hull along each axis.",
        spec: LOCATION,
        finish: |object: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| set_reversed(object, cells, hull.center),
    },
    {
        id: "hull_defect_center",
        display: "Defect Center",
        ilastik: "DefectCenter",
        doc: "Mean coordinate of the pixels of all defects along each axis; 0 without defects.",
        spec: LOCATION,
        finish: |object: &Object<'_>, hull: &Hull, cells: &mut Cells<'_>| {
            set_reversed(object, cells, hull.defect_center);
        },
    },
);
