//! The distribution of raw intensities within an object, channel by channel.

use super::{ByDefault, Cells, Channels, Feature, FeatureSpec, Ingredient, Reason, Values};
use crate::region::Moments;

/// What the intensity features have in common.
pub(super) const INTENSITY: FeatureSpec = FeatureSpec {
    group: "Intensity Distribution",
    unit: "intensity",
    values: Values::PerChannel,
    channels: Channels::Any,
    ingredients: &[Ingredient::Intensity],
    ..FeatureSpec::COMMON
};

/// The features of intensity.
pub(super) const FEATURES: &[Feature] = &[
    Feature {
        spec: FeatureSpec {
            id: "intensity_mean",
            display: "Mean Intensity",
            ilastik: Some("Mean"),
            doc: "Mean intensity of the object's pixels.",
            formula: "m = Σv / n",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, mean),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_variance",
            display: "Variance of Intensity",
            ilastik: Some("Variance"),
            doc: "Variance of the intensities.",
            formula: "Σ(v − m)² / n",
            unit: "intensity²",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, variance),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_skewness",
            display: "Skewness of Intensity",
            ilastik: Some("Skewness"),
            doc: "Asymmetry of the intensities. Missing when all pixels have the same intensity.",
            formula: "√n Σ(v − m)³ / (Σ(v − m)²)^1.5",
            unit: "",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, skewness),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_kurtosis",
            display: "Kurtosis of Intensity",
            ilastik: Some("Kurtosis"),
            doc: "Excess kurtosis of the intensities, 0 for a normal distribution. \
                  Missing when all pixels have the same intensity.",
            formula: "n Σ(v − m)⁴ / (Σ(v − m)²)² − 3",
            unit: "",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, kurtosis),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_min",
            display: "Minimum intensity",
            ilastik: Some("Minimum"),
            doc: "Smallest intensity among the object's pixels.",
            formula: "min v",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, min),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_max",
            display: "Maximum intensity",
            ilastik: Some("Maximum"),
            doc: "Largest intensity among the object's pixels.",
            formula: "max v",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, max),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_sum",
            display: "Total Intensity",
            ilastik: Some("Sum"),
            doc: "Sum of the intensities of the object's pixels.",
            formula: "Σv",
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, sum),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_central_sum_2",
            display: "Central power sum 2 of Intensity",
            ilastik: Some("Central<PowerSum<2>>"),
            doc: "Sum of the differences to the mean intensity, raised to the power 2.",
            formula: "Σ(v − m)²",
            unit: "intensity²",
            hidden: true,
            by_default: ByDefault::No,
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, |m| Ok(m.central[0])),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_central_sum_3",
            display: "Central power sum 3 of Intensity",
            ilastik: Some("Central<PowerSum<3>>"),
            doc: "Sum of the differences to the mean intensity, raised to the power 3.",
            formula: "Σ(v − m)³",
            unit: "intensity³",
            hidden: true,
            by_default: ByDefault::No,
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, |m| Ok(m.central[1])),
    },
    Feature {
        spec: FeatureSpec {
            id: "intensity_central_sum_4",
            display: "Central power sum 4 of Intensity",
            ilastik: Some("Central<PowerSum<4>>"),
            doc: "Sum of the differences to the mean intensity, raised to the power 4.",
            formula: "Σ(v − m)⁴",
            unit: "intensity⁴",
            hidden: true,
            by_default: ByDefault::No,
            ..INTENSITY
        },
        finish: |object, cells| set_channels(object.moments, cells, |m| Ok(m.central[2])),
    },
];

/// Sets one value per channel; a channel with non-finite pixels has none.
pub(super) fn set_channels(
    moments: &[Moments],
    cells: &mut Cells<'_>,
    value: impl Fn(&Moments) -> Result<f64, Reason>,
) {
    for (channel, moments) in moments.iter().enumerate() {
        cells.set(channel, checked(moments, value(moments)));
    }
}

/// A value of a channel with these moments, missing if it or a pixel of the object is not finite.
pub(super) fn checked(moments: &Moments, value: Result<f64, Reason>) -> Result<f64, Reason> {
    match moments.not_finite {
        0 => value.and_then(|v| v.is_finite().then_some(v).ok_or(Reason::OutOfRange)),
        n => Err(Reason::NotFinite(n)),
    }
}

pub(super) fn mean(m: &Moments) -> Result<f64, Reason> {
    Ok(m.mean)
}

pub(super) fn variance(m: &Moments) -> Result<f64, Reason> {
    Ok(m.central[0] / m.count)
}

pub(super) fn skewness(m: &Moments) -> Result<f64, Reason> {
    spread(m).map(|[m2, m3, _]| m.count.sqrt() * m3 / (m2 * m2.sqrt()))
}

pub(super) fn kurtosis(m: &Moments) -> Result<f64, Reason> {
    spread(m).map(|[m2, _, m4]| m.precision.settle(m.count * m4 / (m2 * m2) - 3.0, 3.0))
}

pub(super) fn min(m: &Moments) -> Result<f64, Reason> {
    Ok(m.min)
}

pub(super) fn max(m: &Moments) -> Result<f64, Reason> {
    Ok(m.max)
}

pub(super) fn sum(m: &Moments) -> Result<f64, Reason> {
    Ok(m.sum)
}

/// Central moments, for features that divide by the spread.
fn spread(moments: &Moments) -> Result<[f64; 3], Reason> {
    if moments.min == moments.max {
        Err(Reason::Flat)
    } else {
        Ok(moments.central)
    }
}
