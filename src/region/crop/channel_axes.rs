//! Principal axes of the intensities of several channels.

use crate::region::eigen;

/// Principal axes of an object's intensities, one per channel, largest variance first.
#[derive(Debug, Default)]
pub struct ChannelAxes {
    /// Variance of the intensities along each axis.
    pub variances: Vec<f64>,
    /// `vectors[channel][rank]`.
    pub vectors: Vec<Vec<f64>>,
    memory: Vec<f64>,
}

impl ChannelAxes {
    /// Finds the axes of a covariance matrix, given row by row.
    pub fn update(&mut self, covariance: &[f64], n_channels: usize) {
        self.vectors.resize_with(n_channels, Vec::new);
        let rows = covariance.chunks_exact(n_channels.max(1));
        for (vector, row) in self.vectors.iter_mut().zip(rows) {
            vector.clear();
            vector.extend_from_slice(row);
        }
        self.variances.resize(n_channels, 0.0);
        self.memory.resize(n_channels, 0.0);
        eigen::decompose(&mut self.vectors, &mut self.variances, &mut self.memory);
        for variance in &mut self.variances {
            // A flat direction may come out as -1e-17.
            if *variance < 0.0 {
                *variance = 0.0;
            }
        }
    }
}
