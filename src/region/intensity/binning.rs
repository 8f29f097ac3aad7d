//! Bins of equal width for intensities.

/// Number of bins.
pub const BINS: usize = 64;

/// Bins of equal width from the smallest to the largest intensity of the objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binning {
    /// The smallest intensity, where the first bin starts.
    pub low: f64,
    /// The largest intensity, where the last bin ends.
    pub high: f64,
}

impl Binning {
    /// Where an intensity lies, counted in bins from `low`.
    ///
    /// Multiplied by the number of bins per intensity, as VIGRA does: intensities between two bins are rounded alike.
    #[must_use]
    #[inline(always)]
    pub fn place(&self, value: f64) -> f64 {
        self.scale() * (value - self.low)
    }

    /// The bin of an intensity within the range; the upper end belongs to the last bin.
    #[must_use]
    #[inline(always)]
    pub fn bin(&self, value: f64) -> usize {
        usize::from(self.place(value) as u8).min(BINS - 1)
    }

    /// The intensity at a place, see [`Binning::place`].
    #[must_use]
    pub fn value(&self, place: f64) -> f64 {
        self.low + place / self.scale()
    }

    /// Bins per intensity. A range of one intensity is widened a little, and that falls in the first bin.
    #[inline(always)]
    fn scale(&self) -> f64 {
        let bins = BINS as f64;
        let widened = if self.low == self.high {
            bins * f64::EPSILON
        } else {
            0.0
        };
        bins / (self.high + widened - self.low)
    }
}
