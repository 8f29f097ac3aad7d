//! What counts as 0 among sums of intensities that are rounded.

/// Whether sums of intensities are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Raw of up to 16 bit: sums are integers.
    #[default]
    Exact,
    /// Wider raw: the last bits depend on the order in which pixels are summed.
    Rounded,
}

/// What is smaller than this share of the most that it could be, rounding may have made of 0.
const DUST: f64 = 1e-12;

impl Precision {
    /// `value`, which is at most about `most` for an object of such a spread; 0 where it may be what rounding left of 0.
    ///
    /// What is mathematically 0 is thus 0 in whatever order the pixels are summed: classifiers, which only ask whether
    /// a value is above another, could tell 0 from 1e-16. Exact sums keep every value.
    #[must_use]
    pub fn settle(self, value: f64, most: f64) -> f64 {
        if self == Self::Rounded && value.abs() <= DUST * most {
            0.0
        } else {
            value
        }
    }
}
