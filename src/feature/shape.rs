//! The form of an object, from the spread of its pixels.

use super::{ByDefault, Feature, FeatureSpec, Ingredient, Values};

/// What the features from principal axes have in common.
const AXES: FeatureSpec = FeatureSpec {
    values: Values::PerRank,
    ingredients: &[Ingredient::Geometry, Ingredient::Axes],
    ..FeatureSpec::COMMON
};

/// The features of principal axes.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "axis_radii",
            display: "Radii of the object",
            ilastik: Some("RegionRadii"),
            doc: "Standard deviation of the pixel coordinates along each principal axis, longest first. \
                  A filled ellipse has radii of half its semi-axes.",
            formula: "√λ, with λ the eigenvalues of Σ(r − r̄)(r − r̄)ᵀ / n",
            unit: "pixels",
            ..AXES
        },
        finish: |object, cells| {
            let Some(axes) = object.axes else { return };
            for (rank, &radius) in axes.radii[..object.n_dims].iter().enumerate() {
                cells.set(rank, Ok(radius));
            }
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_vectors",
            display: "Principal components of the object",
            ilastik: Some("RegionAxes"),
            doc: "Directions of the principal axes: for each coordinate (x first) its part in each principal axis \
                  (longest first). The sign of an axis is arbitrary, as in ilastik.",
            formula: "unit eigenvectors of Σ(r − r̄)(r − r̄)ᵀ",
            values: Values::PerAxisAndRank,
            ..AXES
        },
        finish: |object, cells| {
            let Some(axes) = object.axes else { return };
            let n = object.n_dims;
            for (coordinate, ranks) in axes.vectors[..n].iter().enumerate() {
                for (rank, &part) in ranks[..n].iter().enumerate() {
                    cells.set(coordinate * n + rank, Ok(part));
                }
            }
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "axis_variance",
            display: "Variance along the principal axes",
            ilastik: Some("Coord<DivideByCount<Principal<PowerSum<2>>>>"),
            doc: "Variance of the pixel coordinates along each principal axis, longest first: the squared radii.",
            formula: "λ, the eigenvalues of Σ(r − r̄)(r − r̄)ᵀ / n",
            unit: "pixels²",
            hidden: true,
            by_default: ByDefault::No,
            ..AXES
        },
        finish: |object, cells| {
            let Some(axes) = object.axes else { return };
            for (rank, &variance) in axes.variances[..object.n_dims].iter().enumerate() {
                cells.set(rank, Ok(variance));
            }
        },
    },
];
