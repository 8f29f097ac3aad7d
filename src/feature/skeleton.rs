//! The skeleton of 2D objects.

use super::{ByDefault, Cells, Feature, FeatureSpec, Ingredient, Object, Plugin, Values};
use crate::region::crop::skeleton::Measured;

/// What the features of this file have in common.
const SKELETON: FeatureSpec = FeatureSpec {
    plugin: Plugin::Skeleton,
    unit: "pixels",
    verified: "values computed by ilastik 1.4.2 and, on random objects, by VIGRA",
    dims: &[2],
    ingredients: &[Ingredient::Geometry, Ingredient::Skeleton],
    ..FeatureSpec::COMMON
};

/// What the places have in common.
const PLACE: FeatureSpec = FeatureSpec {
    group: "Location",
    values: Values::PerAxis,
    by_default: ByDefault::No,
    ..SKELETON
};

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "skeleton_diameter",
            display: "Diameter",
            ilastik: Some("Diameter"),
            doc: "Length of the longest path through the skeleton, in steps of 1 and √2 from pixel to pixel. If the \
                  object has several pieces, this and all skeleton features describe the one whose skeleton comes \
                  last in the image; without a skeleton they are 0.",
            formula: "Σ|rᵢ₊₁ − rᵢ| along the path",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [skeleton.diameter]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_euclidean_diameter",
            display: "Euclidean Diameter",
            ilastik: Some("Euclidean Diameter"),
            doc: "Straight distance between the ends of the longest path through the skeleton.",
            formula: "|t₁ − t₂|",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [skeleton.euclidean_diameter]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_length",
            display: "Length of the Skeleton",
            ilastik: Some("Total Length"),
            doc: "Summed lengths of the counted branches, each from its end to where it leaves a longer one, and of \
                  the two that meet around each hole. The longest branch reaches from its end to the center.",
            formula: "Σl over branches + Σ(l + l′) over holes",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [skeleton.length]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_branch_length",
            display: "Average Branch Length",
            ilastik: Some("Average Length"),
            doc: "Mean length of the counted branches, without those around holes; 0 if there are none.",
            formula: "Σl / number of branches",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [skeleton.branch_length]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_branch_count",
            display: "Number of Branches",
            ilastik: Some("Branch Count"),
            doc: "Number of branches that stand out: their ends reach the border of the object, they are not part of \
                  a loop, and they are long compared with the width of the object along them.",
            formula: "number of ends with s ≥ 0.2 s(center), s = max (l + ½) / distance to the outside",
            unit: "",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [f64::from(skeleton.n_branches)]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_hole_count",
            display: "Number of Holes",
            ilastik: Some("Hole Count"),
            doc: "Number of loops of the skeleton, each around a hole of the object. Objects with very many holes \
                  take long.",
            unit: "",
            ..SKELETON
        },
        finish: |object, cells| set(object, cells, |skeleton| [f64::from(skeleton.n_holes)]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_center",
            display: "Center of the Skeleton",
            ilastik: Some("Skeleton Center"),
            doc: "The pixel in the middle of the longest path through the skeleton; 0 without a skeleton.",
            ..PLACE
        },
        finish: |object, cells| set(object, cells, |skeleton| skeleton.center),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_terminal_1",
            display: "Terminal 1",
            ilastik: Some("Terminal 1"),
            doc: "One end of the longest path through the skeleton; 0 without a skeleton.",
            hidden: true,
            ..PLACE
        },
        finish: |object, cells| set(object, cells, |skeleton| skeleton.terminals[0]),
    },
    Feature {
        spec: FeatureSpec {
            id: "skeleton_terminal_2",
            display: "Terminal 2",
            ilastik: Some("Terminal 2"),
            doc: "The other end of the longest path through the skeleton; 0 without a skeleton.",
            hidden: true,
            ..PLACE
        },
        finish: |object, cells| set(object, cells, |skeleton| skeleton.terminals[1]),
    },
];

/// Sets the values that `of` reads from the skeleton.
fn set<const N: usize>(object: &Object<'_>, cells: &mut Cells<'_>, of: fn(&Measured) -> [f64; N]) {
    let Some(skeleton) = object.skeleton else {
        return;
    };
    for (place, value) in of(&skeleton.measured).into_iter().enumerate() {
        cells.set(place, Ok(value));
    }
}
