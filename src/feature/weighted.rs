//! Places, centre and axes of an object with the intensities of its pixels as weights.

use super::intensity::checked;
use super::spread::Along;
use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Object, Reason, Values};
use crate::region::axes::PrincipalAxes;
use crate::region::crop::weighted::Weighted;

/// What the features with intensities as weights have in common.
const WEIGHTED: FeatureSpec = FeatureSpec {
    values: Values::PerRank,
    channels: Channels::One,
    by_default: ByDefault::No,
    hidden: true,
    ingredients: &[
        Ingredient::Geometry,
        Ingredient::Intensity,
        Ingredient::Weighted,
    ],
    ..FeatureSpec::COMMON
};

/// What those that are places have in common.
const PLACE: FeatureSpec = FeatureSpec {
    group: "Location",
    unit: "pixels",
    values: Values::PerAxis,
    ..WEIGHTED
};

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "intensity_argmax",
            display: "Place of the maximum intensity",
            ilastik: Some("Coord<ArgMaxWeight>"),
            doc: "Pixel of the largest intensity; of several, the first in reading order.",
            formula: "the r with the largest v",
            ..PLACE
        },
        finish: |object, cells| set_axes(object, cells, |weighted, axis| Ok(weighted.max_at[axis])),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_argmin",
            display: "Place of the minimum intensity",
            ilastik: Some("Coord<ArgMinWeight>"),
            doc: "Pixel of the smallest intensity; of several, the first in reading order.",
            formula: "the r with the smallest v",
            ..PLACE
        },
        finish: |object, cells| set_axes(object, cells, |weighted, axis| Ok(weighted.min_at[axis])),
    },
    Feature {
        spec: FeatureSpec {
            id: "weight_sum",
            display: "Sum of weights",
            ilastik: Some("Weighted<PowerSum<0>>"),
            doc: "Sum of the intensities: the weight of the object.",
            formula: "w = Σv",
            unit: "intensity",
            group: "Intensity Distribution",
            values: Values::One,
            ..WEIGHTED
        },
        finish: |object, cells| set(object, cells, 1, |weighted, _| Ok(weighted.total)),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_coordinate_sum",
            display: "Weighted sum of coordinates",
            ilastik: Some("Weighted<Coord<PowerSum<1>>>"),
            doc: "Sum of the coordinates along each axis, weighted by intensity.",
            formula: "Σvr",
            unit: "intensity pixels",
            ..PLACE
        },
        finish: |object, cells| set_axes(object, cells, |weighted, axis| Ok(weighted.sums[axis])),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_centroid",
            display: "Weighted center of the object",
            ilastik: Some("Weighted<RegionCenter>"),
            doc: "Mean coordinate along each axis, weighted by intensity. Missing where the intensities add up to 0.",
            formula: "c = Σvr / w, with w = Σv",
            ..PLACE
        },
        finish: |object, cells| {
            set_axes(object, cells, |weighted, axis| {
                match weighted.total {
                    0.0 => Err(Reason::NoWeight),
                    _ => Ok(weighted.centre[axis]),
                }
            });
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_radii",
            display: "Weighted radii of the object",
            ilastik: Some("Weighted<RegionRadii>"),
            doc: "Standard deviation of the coordinates along each weighted principal axis, longest first.",
            formula: "√λ, with λ the eigenvalues of Σv(r − c)(r − c)ᵀ / w",
            unit: "pixels",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, |along| along.weight.map(|_| along.variance.sqrt())),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_vectors",
            display: "Weighted principal components of the object",
            ilastik: Some("Weighted<RegionAxes>"),
            doc: "Directions of the weighted principal axes: for each coordinate (x first) its part in each axis \
                  (longest first).",
            formula: "unit eigenvectors of Σv(r − c)(r − c)ᵀ",
            unit: "",
            values: Values::PerAxisAndRank,
            ..WEIGHTED
        },
        finish: |object, cells| {
            let n = object.n_dims;
            set(object, cells, n * n, |weighted, place| {
                axes(weighted).map(|axes| axes.vectors[place / n][place % n])
            });
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_variance",
            display: "Weighted variance along the principal axes",
            ilastik: Some("Weighted<Coord<DivideByCount<Principal<PowerSum<2>>>>>"),
            doc: "Variance of the coordinates along each weighted principal axis, longest first: the squared weighted \
                  radii.",
            formula: "λ, the eigenvalues of Σv(r − c)(r − c)ᵀ / w",
            unit: "pixels²",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, |along| along.weight.map(|_| along.variance)),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_power_sum_2",
            display: "Weighted power sum 2 along the principal axes",
            ilastik: Some("Weighted<Coord<Principal<PowerSum<2>>>>"),
            doc: "Sum of the squared distances of the pixels along each weighted principal axis, counted from the \
                  weighted center and weighted by intensity.",
            formula: "Σvp², with p = (r − c)·axis",
            unit: "intensity pixels²",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, |along| Ok(along.second)),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_power_sum_3",
            display: "Weighted power sum 3 along the principal axes",
            ilastik: Some("Weighted<Coord<Principal<PowerSum<3>>>>"),
            doc: "Sum of the cubed places of the pixels along each weighted principal axis, counted from the weighted \
                  center and weighted by intensity.",
            formula: "Σvp³, with p = (r − c)·axis",
            unit: "intensity pixels³",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, |along| along.weight.map(|_| along.third)),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_power_sum_4",
            display: "Weighted power sum 4 along the principal axes",
            ilastik: Some("Weighted<Coord<Principal<PowerSum<4>>>>"),
            doc: "Sum of the fourth powers of the places of the pixels along each weighted principal axis, counted \
                  from the weighted center and weighted by intensity.",
            formula: "Σvp⁴, with p = (r − c)·axis",
            unit: "intensity pixels⁴",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, |along| along.weight.map(|_| along.fourth)),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_skewness",
            display: "Weighted skewness along the principal axes",
            ilastik: Some("Weighted<Coord<Principal<Skewness>>>"),
            doc: "Asymmetry along each weighted principal axis; its sign is that of the axis. Missing where there is \
                  no extent along the axis.",
            formula: "√w Σvp³ / (Σvp²)^1.5, with p = (r − c)·axis",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, Along::skewness),
    },
    Feature {
        spec: FeatureSpec {
            id: "weighted_axis_kurtosis",
            display: "Weighted kurtosis along the principal axes",
            ilastik: Some("Weighted<Coord<Principal<Kurtosis>>>"),
            doc: "Excess kurtosis along each weighted principal axis. Missing where there is no extent along the axis.",
            formula: "w Σvp⁴ / (Σvp²)² − 3, with p = (r − c)·axis",
            ..WEIGHTED
        },
        finish: |object, cells| set_ranks(object, cells, Along::kurtosis),
    },
];

/// Sets `n` values, missing if raw has non-finite pixels.
fn set(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    n: usize,
    value: impl Fn(&Weighted, usize) -> Result<f64, Reason>,
) {
    let (Some(weighted), [moments]) = (object.weighted, object.moments) else {
        return;
    };
    for place in 0..n {
        cells.set(place, checked(moments, value(weighted, place)));
    }
}

/// Sets one value per spatial axis, x first.
fn set_axes(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    value: impl Fn(&Weighted, usize) -> Result<f64, Reason>,
) {
    set(object, cells, object.n_dims, value);
}

/// Sets one value per weighted principal axis.
fn set_ranks(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    value: impl Fn(&Along) -> Result<f64, Reason>,
) {
    set(object, cells, object.n_dims, |weighted, rank| {
        let axes = axes(weighted)?;
        let powers = [weighted.third[rank], weighted.fourth[rank]];
        let along = Along::new(&axes.variances, rank, weighted.total, powers);
        value(&Along {
            weight: positive(weighted),
            ..along
        })
    });
}

/// The axes; those of an object without any weight have no spread.
fn axes(weighted: &Weighted) -> Result<&PrincipalAxes, Reason> {
    let axes = weighted.axes.as_ref().filter(|_| weighted.total >= 0.0);
    axes.ok_or(Reason::NoWeight)
}

/// Σv, if it may divide.
fn positive(weighted: &Weighted) -> Result<f64, Reason> {
    if weighted.total > 0.0 {
        Ok(weighted.total)
    } else {
        Err(Reason::NoWeight)
    }
}
