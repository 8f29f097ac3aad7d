//! Intensities of several channels together: covariance, its principal axes, and the intensities along them.

use super::intensity::{checked, INTENSITY};
use super::spread::Along;
use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Object, Reason, Values};
use crate::region::{Moments, Precision};

/// What the features of several channels have in common.
const SEVERAL: FeatureSpec = FeatureSpec {
    channels: Channels::Several,
    values: Values::PerChannelRank,
    by_default: ByDefault::No,
    hidden: true,
    ingredients: &[
        Ingredient::Intensity,
        Ingredient::Covariance,
        Ingredient::ChannelAxes,
        Ingredient::ChannelMoments,
    ],
    ..INTENSITY
};

/// What is needed for the axes themselves.
const AXES: &[Ingredient] = &[
    Ingredient::Intensity,
    Ingredient::Covariance,
    Ingredient::ChannelAxes,
];

/// The features of this file.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "intensity_covariance",
            display: "Covariance of Channel Intensity",
            ilastik: Some("Covariance"),
            doc: "Covariance of the intensities of every two channels.",
            formula: "Σ(v − m)(w − k) / n, with m and k the means of v and w",
            unit: "intensity²",
            values: Values::PerChannelPair,
            by_default: ByDefault::Yes,
            hidden: false,
            ingredients: &[Ingredient::Intensity, Ingredient::Covariance],
            ..SEVERAL
        },
        finish: |object, cells| set_pairs(object.moments, object.covariance, cells),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_axes",
            display: "PrincipalAxes",
            ilastik: Some("PrincipalAxes"),
            doc: "Directions of the principal axes of the intensities: for each channel its part in each principal \
                  axis (largest variance first). The sign of an axis is arbitrary, as in ilastik.",
            formula: "unit eigenvectors of the covariance",
            unit: "",
            values: Values::PerChannelAndRank,
            hidden: false,
            ingredients: AXES,
            ..SEVERAL
        },
        finish: |object, cells| {
            let Some(axes) = object.channel_axes else {
                return;
            };
            for (place, &part) in axes.vectors.iter().flatten().enumerate() {
                cells.set(place, together(object.moments, Ok(part)));
            }
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_variance",
            display: "Variance along the principal axes of the channels",
            ilastik: Some("Principal<Variance>"),
            doc: "Variance of the intensities along each principal axis of the channels, largest first.",
            formula: "Σq² / n, with q = (v − m)·axis",
            unit: "intensity²",
            ingredients: AXES,
            ..SEVERAL
        },
        finish: |object, cells| set_ranks(object, cells, |along, _| Ok(along.variance)),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_skewness",
            display: "Skewness along the principal axes of the channels",
            ilastik: Some("Principal<Skewness>"),
            doc: "Asymmetry of the intensities along each principal axis of the channels; its sign is that of the \
                  axis. Missing where the intensities do not vary along the axis.",
            formula: "√n Σq³ / (Σq²)^1.5, with q = (v − m)·axis",
            unit: "",
            ..SEVERAL
        },
        finish: |object, cells| set_ranks(object, cells, |along, _| along.skewness()),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_kurtosis",
            display: "Kurtosis along the principal axes of the channels",
            ilastik: Some("Principal<Kurtosis>"),
            doc: "Excess kurtosis of the intensities along each principal axis of the channels. \
                  Missing where the intensities do not vary along the axis.",
            formula: "n Σq⁴ / (Σq²)² − 3, with q = (v − m)·axis",
            unit: "",
            ..SEVERAL
        },
        finish: |object, cells| {
            let precision = object.channel_axes.map_or(Precision::Exact, |axes| axes.precision);
            let settle = |kurtosis| precision.settle(kurtosis, 3.0);
            set_ranks(object, cells, |along, _| along.kurtosis().map(settle));
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_min",
            display: "Minimum along the principal axes of the channels",
            ilastik: Some("Principal<Minimum>"),
            doc: "Smallest intensity along each principal axis of the channels, counted from the means.",
            formula: "min q, with q = (v − m)·axis",
            ..SEVERAL
        },
        finish: |object, cells| {
            let found = object.channel_moments.map(|m| &m.min);
            set_ranks(object, cells, |_, rank| Ok(at(found, rank)));
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_max",
            display: "Maximum along the principal axes of the channels",
            ilastik: Some("Principal<Maximum>"),
            doc: "Largest intensity along each principal axis of the channels, counted from the means.",
            formula: "max q, with q = (v − m)·axis",
            ..SEVERAL
        },
        finish: |object, cells| {
            let found = object.channel_moments.map(|m| &m.max);
            set_ranks(object, cells, |_, rank| Ok(at(found, rank)));
        },
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_power_sum_2",
            display: "Power sum 2 along the principal axes of the channels",
            ilastik: Some("Principal<PowerSum<2>>"),
            doc: "Sum of the squared intensities along each principal axis of the channels, counted from the means.",
            formula: "Σq², with q = (v − m)·axis",
            unit: "intensity²",
            ingredients: AXES,
            ..SEVERAL
        },
        finish: |object, cells| set_ranks(object, cells, |along, _| Ok(along.second)),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_power_sum_3",
            display: "Power sum 3 along the principal axes of the channels",
            ilastik: Some("Principal<PowerSum<3>>"),
            doc: "Sum of the cubed intensities along each principal axis of the channels, counted from the means.",
            formula: "Σq³, with q = (v − m)·axis",
            unit: "intensity³",
            ..SEVERAL
        },
        finish: |object, cells| set_ranks(object, cells, |along, _| Ok(along.third)),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_principal_power_sum_4",
            display: "Power sum 4 along the principal axes of the channels",
            ilastik: Some("Principal<PowerSum<4>>"),
            doc: "Sum of the fourth powers of the intensities along each principal axis of the channels, counted from \
                  the means.",
            formula: "Σq⁴, with q = (v − m)·axis",
            unit: "intensity⁴",
            ..SEVERAL
        },
        finish: |object, cells| set_ranks(object, cells, |along, _| Ok(along.fourth)),
    },
];

/// Sets one value per pair of channels with these moments; a pair has none if either has non-finite pixels.
pub(super) fn set_pairs(moments: &[Moments], covariance: &[f64], cells: &mut Cells<'_>) {
    for (place, &value) in covariance.iter().enumerate() {
        let pair = [place / moments.len(), place % moments.len()];
        let pair = pair.map(|channel| &moments[channel]);
        cells.set(place, together(pair, Ok(value)));
    }
}

/// A value of channels together, missing if one of them has non-finite pixels.
fn together<'a>(
    channels: impl IntoIterator<Item = &'a Moments>,
    value: Result<f64, Reason>,
) -> Result<f64, Reason> {
    let worst = channels
        .into_iter()
        .max_by_key(|moments| moments.not_finite);
    worst.map_or(value, |worst| checked(worst, value))
}

/// Sets one value per principal axis of the channels, from the moments along it and its rank.
fn set_ranks(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    value: impl Fn(&Along, usize) -> Result<f64, Reason>,
) {
    let (Some(axes), moments) = (object.channel_axes, object.channel_moments) else {
        return;
    };
    let n = object.geometry.count as f64;
    for rank in 0..axes.variances.len() {
        let powers = [moments.map(|m| &m.third), moments.map(|m| &m.fourth)];
        let powers = powers.map(|values| at(values, rank));
        let along = Along::new(&axes.variances, rank, n, powers);
        cells.set(rank, together(object.moments, value(&along, rank)));
    }
}

/// A value along an axis; 0 if no feature asked for it.
fn at(values: Option<&Vec<f64>>, rank: usize) -> f64 {
    let value = values.and_then(|values| values.get(rank));
    value.copied().unwrap_or_default()
}
