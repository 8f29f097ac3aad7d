//! Histograms and quantiles of intensity.

use super::intensity::{checked, INTENSITY};
use super::{ByDefault, Cells, Feature, FeatureSpec, Ingredient, Object, Values};
use crate::region::intensity::binning::{Binning, BINS};
use crate::region::intensity::quantiles::quantiles;
use crate::region::Moments;

/// What the features of this file have in common.
const HISTOGRAM: FeatureSpec = FeatureSpec {
    ingredients: &[Ingredient::Intensity, Ingredient::Histogram],
    ..INTENSITY
};

/// The features of histograms.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "intensity_histogram",
            display: "Histogram of Intensity",
            ilastik: Some("Histogram"),
            doc: "Number of the object's pixels in each of 64 bins of equal width, \
                  from the smallest to the largest intensity of all objects of the frame.",
            formula: "bin of v = ⌊64 (v − a) / (b − a)⌋, a and b: extrema of all objects; b belongs to the last bin",
            unit: "pixels",
            values: Values::PerChannelNumbered(BINS),
            by_default: ByDefault::OneChannel,
            ..HISTOGRAM
        },
        finish: set_histogram,
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_quantiles",
            display: "Quantiles of Intensity",
            ilastik: Some("Quantiles"),
            doc: "Intensities that 0, 10, 25, 50, 75, 90 and 100 percent of the object's pixels do not exceed, \
                  read from the object's histogram; the first and the last are exact.",
            formula: "linear within each bin of the cumulative histogram",
            values: Values::PerChannelNamed(&["p00", "p10", "p25", "p50", "p75", "p90", "p100"]),
            by_default: ByDefault::OneChannel,
            ..HISTOGRAM
        },
        finish: set_quantiles,
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_frame_min",
            display: "Minimum intensity of all objects",
            ilastik: Some("Global<Minimum>"),
            doc: "Smallest intensity among the pixels of all objects of the frame.",
            formula: "min v, over all objects",
            by_default: ByDefault::No,
            hidden: true,
            ..HISTOGRAM
        },
        finish: |object, cells| set_channels(object, cells, |_, binning, _| [binning.low]),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_frame_max",
            display: "Maximum intensity of all objects",
            ilastik: Some("Global<Maximum>"),
            doc: "Largest intensity among the pixels of all objects of the frame.",
            formula: "max v, over all objects",
            by_default: ByDefault::No,
            hidden: true,
            ..HISTOGRAM
        },
        finish: |object, cells| set_channels(object, cells, |_, binning, _| [binning.high]),
    },
];

fn set_histogram(object: &Object<'_>, cells: &mut Cells<'_>) {
    set_channels(object, cells, |_, _, counts| {
        std::array::from_fn::<f64, BINS, _>(|bin| counts[bin] as f64)
    });
}

fn set_quantiles(object: &Object<'_>, cells: &mut Cells<'_>) {
    const SHARES: [f64; 7] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
    set_channels(object, cells, |moments, binning, counts| {
        quantiles(binning, counts, [moments.min, moments.max], SHARES)
    });
}

/// Sets so many values per channel; a channel with non-finite pixels has none.
fn set_channels<const N: usize>(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    values: impl Fn(&Moments, &Binning, &[u64]) -> [f64; N],
) {
    let Some(histograms) = object.histograms else {
        return;
    };
    for (channel, moments) in object.moments.iter().enumerate() {
        let binning = &histograms.binning[channel];
        let values = values(moments, binning, histograms.channel(channel));
        for (place, value) in values.into_iter().enumerate() {
            cells.set(channel * N + place, checked(moments, Ok(value)));
        }
    }
}
