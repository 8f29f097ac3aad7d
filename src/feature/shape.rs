//! The form of an object, from the spread of its pixels.

use super::{Cells, Feature, FeatureSpec, Ingredient, Object, Values};

/// What the features from principal axes have in common.
const AXES: FeatureSpec = FeatureSpec {
    id: "",
    display: "",
    group: "Shape",
    plugin: "Standard Object Features",
    ilastik_id: None,
    doc: "",
    unit: "",
    values: Values::PerRank,
    dims: &[2, 3],
    hidden: false,
    ingredients: &[Ingredient::Geometry, Ingredient::Axes],
};

/// Standard deviations along the principal axes.
pub(super) struct AxisRadii;

impl Feature for AxisRadii {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "axis_radii",
            display: "Radii of the object",
            ilastik_id: Some("Standard Object Features/RegionRadii"),
            doc: "Standard deviation of the pixel coordinates along each principal axis, longest first: \
                  √λ with λ the eigenvalues of Σ(r − r̄)(r − r̄)ᵀ / n. A filled ellipse has radii of half its semi-axes.",
            unit: "pixels",
            ..AXES
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        let Some(axes) = object.axes else { return };
        for (rank, &radius) in axes.radii[..object.n_dims].iter().enumerate() {
            cells.set(rank, Ok(radius));
        }
    }
}

/// Directions of the principal axes.
pub(super) struct AxisVectors;

impl Feature for AxisVectors {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "axis_vectors",
            display: "Principal components of the object",
            ilastik_id: Some("Standard Object Features/RegionAxes"),
            doc: "Unit eigenvectors of Σ(r − r̄)(r − r̄)ᵀ: for each coordinate (x first) its part in each principal \
                  axis (longest first). The sign is that of Householder reduction with implicit QL.",
            values: Values::PerAxisAndRank,
            ..AXES
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        let Some(axes) = object.axes else { return };
        let n = object.n_dims;
        for (coordinate, ranks) in axes.vectors[..n].iter().enumerate() {
            for (rank, &part) in ranks[..n].iter().enumerate() {
                cells.set(coordinate * n + rank, Ok(part));
            }
        }
    }
}
