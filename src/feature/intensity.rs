//! The distribution of raw intensities within an object, channel by channel.

use super::{Cells, Feature, FeatureSpec, Ingredient, Object, Reason, Values};
use crate::region::Moments;

/// What the intensity features have in common.
const INTENSITY: FeatureSpec = FeatureSpec {
    id: "",
    display: "",
    group: "Intensity Distribution",
    plugin: "Standard Object Features",
    ilastik_id: None,
    doc: "",
    unit: "intensity",
    values: Values::PerChannel,
    dims: &[2, 3],
    hidden: false,
    ingredients: &[Ingredient::Intensity],
};

/// Sets one value per channel; a channel with non-finite pixels has none.
fn set_channels(
    object: &Object<'_>,
    cells: &mut Cells<'_>,
    value: impl Fn(&Moments) -> Result<f64, Reason>,
) {
    for (channel, moments) in object.moments.iter().enumerate() {
        let result = match moments.not_finite {
            0 => value(moments),
            n => Err(Reason::NotFinite(n)),
        };
        let finite = |v: f64| v.is_finite().then_some(v).ok_or(Reason::OutOfRange);
        cells.set(channel, result.and_then(finite));
    }
}

/// Central moments, for features that divide by the spread.
fn spread(moments: &Moments) -> Result<[f64; 3], Reason> {
    if moments.min == moments.max {
        Err(Reason::Flat)
    } else {
        Ok(moments.central)
    }
}

/// Mean intensity.
pub(super) struct Mean;

impl Feature for Mean {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_mean",
            display: "Mean Intensity",
            ilastik_id: Some("Standard Object Features/Mean"),
            doc: "Mean intensity of the object's pixels: m = Σv / n.",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| Ok(m.mean));
    }
}

/// Variance of intensity.
pub(super) struct Variance;

impl Feature for Variance {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_variance",
            display: "Variance of Intensity",
            ilastik_id: Some("Standard Object Features/Variance"),
            doc: "Variance of the intensities: Σ(v − m)² / n.",
            unit: "intensity²",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| Ok(m.central[0] / m.count));
    }
}

/// Skewness of intensity.
pub(super) struct Skewness;

impl Feature for Skewness {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_skewness",
            display: "Skewness of Intensity",
            ilastik_id: Some("Standard Object Features/Skewness"),
            doc: "Asymmetry of the intensities: √n Σ(v − m)³ / (Σ(v − m)²)^1.5. \
                  Missing when all pixels have the same intensity.",
            unit: "",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| {
            spread(m).map(|[m2, m3, _]| m.count.sqrt() * m3 / (m2 * m2.sqrt()))
        });
    }
}

/// Kurtosis of intensity.
pub(super) struct Kurtosis;

impl Feature for Kurtosis {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_kurtosis",
            display: "Kurtosis of Intensity",
            ilastik_id: Some("Standard Object Features/Kurtosis"),
            doc: "Excess kurtosis of the intensities, 0 for a normal distribution: n Σ(v − m)⁴ / (Σ(v − m)²)² − 3. \
                  Missing when all pixels have the same intensity.",
            unit: "",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| {
            spread(m).map(|[m2, _, m4]| m.count * m4 / (m2 * m2) - 3.0)
        });
    }
}

/// Minimum intensity.
pub(super) struct Min;

impl Feature for Min {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_min",
            display: "Minimum intensity",
            ilastik_id: Some("Standard Object Features/Minimum"),
            doc: "Smallest intensity among the object's pixels.",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| Ok(m.min));
    }
}

/// Maximum intensity.
pub(super) struct Max;

impl Feature for Max {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_max",
            display: "Maximum intensity",
            ilastik_id: Some("Standard Object Features/Maximum"),
            doc: "Largest intensity among the object's pixels.",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| Ok(m.max));
    }
}

/// Total intensity.
pub(super) struct Sum;

impl Feature for Sum {
    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            id: "intensity_sum",
            display: "Total Intensity",
            ilastik_id: Some("Standard Object Features/Sum"),
            doc: "Sum of the intensities of the object's pixels: Σv.",
            ..INTENSITY
        }
    }

    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>) {
        set_channels(object, cells, |m| Ok(m.sum));
    }
}
