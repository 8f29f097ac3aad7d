//! Mean and central moments of one channel within one object: what intensity features are made of.

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
}
