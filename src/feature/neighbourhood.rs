//! The distribution of raw intensities around an object, channel by channel, without and with its own pixels.

use super::channels::set_pairs;
use super::intensity::{
    kurtosis, max, mean, min, set_channels, skewness, sum, variance, INTENSITY,
};
use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Reason, Values};
use crate::region::crop::neighbourhood::Zone;
use crate::region::intensity::binning::BINS;

/// Each feature twice: of the neighbourhood, and of object and neighbourhood together.
macro_rules! features {
    ($($id:literal, $display:literal, $ilastik:literal, $doc:literal, $spec:expr, $set:expr;)+) => {
        /// The features of neighbourhoods.
        pub(super) const FEATURES: &[Feature] = &[
            $(Feature {
                spec: FeatureSpec {
                    id: concat!("intensity_", $id, "_neighborhood"),
                    display: concat!($display, " in neighborhood"),
                    ilastik: Some(concat!($ilastik, " in neighborhood")),
                    doc: concat!($doc, " around the object, in its neighborhood."),
                    ..$spec
                },
                finish: |object, cells| set(object.neighbourhood.map(|n| &n.around), cells, $set),
            },)+
            $(Feature {
                spec: FeatureSpec {
                    id: concat!("intensity_", $id, "_object_and_neighborhood"),
                    display: concat!($display, " in object and neighborhood"),
                    ilastik: Some(concat!($ilastik, " in object and neighborhood")),
                    doc: concat!($doc, " in the object and its neighborhood."),
                    ..with_object($spec)
                },
                finish: |object, cells| set(object.neighbourhood.map(|n| &n.with_object), cells, $set),
            },)+
        ];
    };
}

features! {
    "mean", "Mean Intensity", "Mean", "Mean intensity",
        FeatureSpec { formula: "m = Σv / n", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, mean);
    "variance", "Variance of Intensity", "Variance", "Variance of the intensities",
        FeatureSpec { formula: "Σ(v − m)² / n", unit: "intensity²", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, variance);
    "skewness", "Skewness of Intensity", "Skewness", "Asymmetry of the intensities",
        FeatureSpec { formula: "√n Σ(v − m)³ / (Σ(v − m)²)^1.5", unit: "", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, skewness);
    "kurtosis", "Kurtosis of Intensity", "Kurtosis", "Excess kurtosis of the intensities",
        FeatureSpec { formula: "n Σ(v − m)⁴ / (Σ(v − m)²)² − 3", unit: "", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, kurtosis);
    "min", "Minimum intensity", "Minimum", "Smallest intensity",
        FeatureSpec { formula: "min v", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, min);
    "max", "Maximum intensity", "Maximum", "Largest intensity",
        FeatureSpec { formula: "max v", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, max);
    "sum", "Total Intensity", "Sum", "Sum of the intensities",
        FeatureSpec { formula: "Σv", ..MOMENTS },
        |zone, cells| set_channels(&zone.moments, cells, sum);
    "histogram", "Histogram of Intensity", "Histogram",
        "Numbers of pixels in 64 bins of equal width from the smallest to the largest intensity",
        HISTOGRAM,
        set_counts;
    "covariance", "Covariance of Channel Intensity", "Covariance",
        "Covariance of the intensities of every two channels",
        COVARIANCE,
        |zone, cells| set_pairs(&zone.moments, &zone.covariance, cells);
}

/// What the features of moments have in common.
const MOMENTS: FeatureSpec = FeatureSpec {
    ingredients: &[Ingredient::Neighbourhood],
    ..INTENSITY
};

const HISTOGRAM: FeatureSpec = FeatureSpec {
    formula: "bin of v = ⌊64 (v − min v) / (max v − min v)⌋; max v belongs to the last bin",
    unit: "pixels",
    values: Values::PerChannelNumbered(BINS),
    by_default: ByDefault::OneChannel,
    ingredients: &[
        Ingredient::Neighbourhood,
        Ingredient::NeighbourhoodHistogram,
    ],
    ..INTENSITY
};

const COVARIANCE: FeatureSpec = FeatureSpec {
    formula: "Σ(v − m)(w − k) / n, with m and k the means of v and w",
    unit: "intensity²",
    values: Values::PerChannelPair,
    channels: Channels::Several,
    ingredients: &[
        Ingredient::Neighbourhood,
        Ingredient::NeighbourhoodCovariance,
    ],
    ..INTENSITY
};

/// What changes if the pixels of the object count too.
const fn with_object(spec: FeatureSpec) -> FeatureSpec {
    FeatureSpec {
        hidden: true,
        by_default: ByDefault::No,
        ingredients: match spec.values {
            Values::PerChannelNumbered(_) => &[
                Ingredient::Neighbourhood,
                Ingredient::WithNeighbourhoodHistogram,
            ],
            _ => spec.ingredients,
        },
        ..spec
    }
}

/// Sets the values of a zone that has pixels.
fn set(zone: Option<&Zone>, cells: &mut Cells<'_>, values: impl Fn(&Zone, &mut Cells<'_>)) {
    if let Some(zone) = zone.filter(|zone| !zone.moments.is_empty()) {
        values(zone, cells);
    } else {
        for place in 0..cells.values.len() {
            cells.set(place, Err(Reason::NoNeighbourhood));
        }
    }
}

/// Sets the counts of all bins; a channel with non-finite pixels has none.
fn set_counts(zone: &Zone, cells: &mut Cells<'_>) {
    for (place, &count) in zone.counts.iter().enumerate() {
        let count = match zone.moments[place / BINS].not_finite {
            0 => Ok(f64::from(count)),
            n => Err(Reason::NotFinite(n)),
        };
        cells.set(place, count);
    }
}
