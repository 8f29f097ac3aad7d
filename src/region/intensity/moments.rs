//! Mean and central moments of one channel within one object: what intensity features are made of.

use super::precision::Precision;

/// Finished intensity sums of one object in one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Number of voxels.
    pub count: f64,
    /// Σv.
    pub sum: f64,
    /// Σv / n.
    pub mean: f64,
    /// Σ(v − mean)ᵏ for k = 2, 3, 4; exactly 0 when all voxels are equal.
    pub central: [f64; 3],
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Voxels that are NaN or infinite; when there are any, nothing above has a meaning.
    pub not_finite: u64,
    /// Whether the sums are exact.
    pub precision: Precision,
}

/// The nearest `f64`; numbers that fit 64 bit, nearly all, take the fast way.
#[inline]
#[must_use]
pub(crate) fn to_f64(x: i128) -> f64 {
    i64::try_from(x).map_or_else(|_| x as f64, |x| x as f64)
}

impl Moments {
    /// Σ(v − m)ᵏ for k = 2, 3, 4 from Σdᵏ for k = 1 … 4, where d is the difference to something near the mean m.
    ///
    /// The mean is used as its distance to that centre, never rounded to a number of its own size.
    #[must_use]
    pub fn central(count: f64, sums: [f64; 4]) -> [f64; 3] {
        let [s1, s2, s3, s4] = sums;
        let e = s1 / count;
        [
            s2 - e * s1,
            s3 - e * (3.0 * s2 - 2.0 * e * s1),
            s4 - e * (4.0 * s3 - e * (6.0 * s2 - 3.0 * e * s1)),
        ]
    }
}
