//! How the pixels of an object are spread along its principal axes.

use super::spread::Along;
use super::{ByDefault, Cells, Feature, FeatureSpec, Ingredient, Object, Reason, Values};

/// What the features along principal axes have in common.
const ALONG_AXES: FeatureSpec = FeatureSpec {
    values: Values::PerRank,
    by_default: ByDefault::No,
    hidden: true,
    ingredients: &[
        Ingredient::Geometry,
        Ingredient::Axes,
        Ingredient::AxisMoments,
    ],
    ..FeatureSpec::COMMON
};

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "axis_power_sum_2",
            display: "Power sum 2 along the principal axes",
            ilastik: Some("Coord<Principal<PowerSum<2>>>"),
            doc: "Sum of the squared distances of the pixels from the center along each principal axis, longest first.",
            formula: "Σp², with p = (r − r̄)·axis",
            unit: "pixels²",
            ingredients: &[Ingredient::Geometry, Ingredient::Axes],
            ..ALONG_AXES
        },
        finish: |object, cells| set_ranks(object, cells, |along| Ok(along.second)),
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_power_sum_3",
            display: "Power sum 3 along the principal axes",
            ilastik: Some("Coord<Principal<PowerSum<3>>>"),
            doc: "Sum of the cubed places of the pixels along each principal axis, counted from the center.",
            formula: "Σp³, with p = (r − r̄)·axis",
            unit: "pixels³",
            ..ALONG_AXES
        },
        finish: |object, cells| set_ranks(object, cells, |along| Ok(along.third)),
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_power_sum_4",
            display: "Power sum 4 along the principal axes",
            ilastik: Some("Coord<Principal<PowerSum<4>>>"),
            doc: "Sum of the fourth powers of the places of the pixels along each principal axis, counted from the \
                  center.",
            formula: "Σp⁴, with p = (r − r̄)·axis",
            unit: "pixels⁴",
            ..ALONG_AXES
        },
        finish: |object, cells| set_ranks(object, cells, |along| Ok(along.fourth)),
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_skewness",
            display: "Skewness along the principal axes",
            ilastik: Some("Coord<Principal<Skewness>>"),
            doc: "Asymmetry of the object along each principal axis, longest first; its sign is that of the axis. \
                  Missing where the object has no extent along the axis.",
            formula: "√n Σp³ / (Σp²)^1.5, with p = (r − r̄)·axis",
            ..ALONG_AXES
        },
        finish: |object, cells| set_ranks(object, cells, Along::skewness),
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_kurtosis",
            display: "Kurtosis along the principal axes",
            ilastik: Some("Coord<Principal<Kurtosis>>"),
            doc: "Excess kurtosis of the places of the pixels along each principal axis, longest first. \
                  Missing where the object has no extent along the axis.",
            formula: "n Σp⁴ / (Σp²)² − 3, with p = (r − r̄)·axis",
            ..ALONG_AXES
        },
        finish: |object, cells| set_ranks(object, cells, Along::kurtosis),
    },
];

/// Sets one value per principal axis.
fn set_ranks(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    value: impl Fn(&Along) -> Result<f64, Reason>,
) {
    let Some(axes) = object.axes else { return };
    let n = object.geometry.count as f64;
    let [third, fourth] = object
        .axis_moments
        .map_or([[0.0; 3]; 2], |m| [m.third, m.fourth]);
    for rank in 0..object.n_dims {
        let along = Along::new(&axes.variances, rank, n, [third[rank], fourth[rank]]);
        cells.set(rank, value(&along));
    }
}
