//! Principal axes of the intensities of several channels.

use crate::region::{eigen, Precision};

/// Principal axes of an object's intensities, one per channel, largest variance first.
#[derive(Debug, Default)]
pub struct ChannelAxes {
    /// Variance of the intensities along each axis.
    pub variances: Vec<f64>,
    /// `vectors[channel][rank]`.
    pub vectors: Vec<Vec<f64>>,
    /// Whether they are of exact sums; if not, variances and parts of vectors that may be 0 but for rounding are 0.
    pub precision: Precision,
    memory: Vec<f64>,
}

impl ChannelAxes {
    /// Finds the axes of a covariance matrix, given row by row.
    pub fn update(&mut self, covariance: &[f64], n_channels: usize, precision: Precision) {
        self.precision = precision;
        self.vectors.resize_with(n_channels, Vec::new);
        let rows = covariance.chunks_exact(n_channels.max(1));
        for (vector, row) in self.vectors.iter_mut().zip(rows) {
            vector.clear();
            vector.extend_from_slice(row);
        }
        self.equalise();
        self.variances.resize(n_channels, 0.0);
        self.memory.resize(n_channels, 0.0);
        eigen::decompose(&mut self.vectors, &mut self.variances, &mut self.memory);
        let largest = self.variances.first().copied().unwrap_or_default();
        for variance in &mut self.variances {
            // A flat direction may come out as -1e-17.
            if *variance < 0.0 {
                *variance = 0.0;
            }
            *variance = precision.settle(*variance, largest);
        }
        for part in self.vectors.iter_mut().flatten() {
            *part = precision.settle(*part, 1.0);
        }
    }

    /// Makes variances of channels equal that may be so but for rounding: order and signs of the axes depend on it.
    fn equalise(&mut self) {
        for b in 1..self.vectors.len() {
            let own = self.vectors[b][b];
            let mut before = (0..b).map(|a| self.vectors[a][a]);
            let equal = before.find(|&a| self.precision.settle(a - own, own) == 0.0);
            self.vectors[b][b] = equal.unwrap_or(own);
        }
    }
}
