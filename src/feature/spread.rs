//! Moments along an axis, standardised by the spread there.

use super::Reason;

/// Variances below this share of the largest are what rounding makes of 0.
const DUST: f64 = 1e-14;

/// Σp² along axis `rank` of these variances, of so much weight, for features that divide by it.
pub(super) fn spread(variances: &[f64], rank: usize, weight: f64) -> Result<f64, Reason> {
    let largest = variances.iter().fold(0.0f64, |a, &b| a.max(b));
    if variances[rank] <= DUST * largest {
        Err(Reason::NoSpread)
    } else {
        Ok(variances[rank] * weight)
    }
}

/// √n Σp³ / (Σp²)^1.5.
pub(super) fn skewness(weight: f64, second: f64, third: f64) -> f64 {
    weight.sqrt() * third / (second * second.sqrt())
}

/// n Σp⁴ / (Σp²)² − 3.
pub(super) fn kurtosis(weight: f64, second: f64, fourth: f64) -> f64 {
    weight * fourth / (second * second) - 3.0
}
