//! Moments along an axis, standardised by the spread there.

use super::Reason;

/// Variances below this share of the largest are what rounding makes of 0.
const DUST: f64 = 1e-14;

/// What lies along one axis, p counted from the centre: its weight w (the number of pixels, or their intensities).
pub(super) struct Along {
    /// w, if it may divide.
    pub(super) weight: Result<f64, Reason>,
    /// Σp² / w.
    pub(super) variance: f64,
    /// Σp².
    pub(super) second: f64,
    /// Σp², if it may divide.
    pub(super) spread: Result<f64, Reason>,
    /// Σp³.
    pub(super) third: f64,
    /// Σp⁴.
    pub(super) fourth: f64,
}

impl Along {
    /// Axis `rank` of these variances, of so much weight.
    pub(super) fn new(
        variances: &[f64],
        rank: usize,
        weight: f64,
        [third, fourth]: [f64; 2],
    ) -> Self {
        let largest = variances.iter().fold(0.0f64, |a, &b| a.max(b));
        let second = variances[rank] * weight;
        let flat = variances[rank] <= DUST * largest;
        Self {
            weight: Ok(weight),
            variance: variances[rank],
            second,
            spread: if flat {
                Err(Reason::NoSpread)
            } else {
                Ok(second)
            },
            third,
            fourth,
        }
    }

    /// √w Σp³ / (Σp²)^1.5.
    pub(super) fn skewness(&self) -> Result<f64, Reason> {
        let (weight, second) = (self.weight?, self.spread?);
        Ok(weight.sqrt() * self.third / (second * second.sqrt()))
    }

    /// w Σp⁴ / (Σp²)² − 3.
    pub(super) fn kurtosis(&self) -> Result<f64, Reason> {
        let (weight, second) = (self.weight?, self.spread?);
        Ok(weight * self.fourth / (second * second) - 3.0)
    }
}
