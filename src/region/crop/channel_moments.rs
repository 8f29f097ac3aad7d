//! Moments and extrema of an object's intensities along the principal axes of its channels.

use super::channel_axes::ChannelAxes;
use super::Crop;
use crate::error::Result;
use crate::region::{Moments, Precision};
use crate::task::Task;

/// What the intensities are along each axis; q is the place of a pixel along it, counted from the means.
///
/// All of it is 0 where rounded intensities do not vary along the axis.
#[derive(Debug, Default)]
pub struct ChannelMoments {
    /// Σq³.
    pub third: Vec<f64>,
    /// Σq⁴.
    pub fourth: Vec<f64>,
    /// Smallest q.
    pub min: Vec<f64>,
    /// Largest q.
    pub max: Vec<f64>,
    /// Differences to the means of each channel.
    differences: Vec<f64>,
    places: Vec<f64>,
}

/// Pixels of a run looked at together.
const PIECE: usize = 256;

impl ChannelMoments {
    /// Sums the pixels of `crop`, an object with these axes and moments of each channel; nothing without raw.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(
        &mut self,
        crop: &Crop<'_>,
        axes: &ChannelAxes,
        moments: &[Moments],
        task: &Task,
    ) -> Result<()> {
        self.reset(moments.len());
        for runs in crop.runs.chunks(256) {
            task.check()?;
            for run in runs {
                let end = run.start + run.length;
                for start in (run.start..end).step_by(PIECE) {
                    let length = PIECE.min((end - start) as usize);
                    self.read(crop, [run.z, run.y, start], length, moments);
                    self.add(axes, length);
                }
            }
        }
        self.settle(axes, crop.geometry.count as f64);
        Ok(())
    }

    fn settle(&mut self, axes: &ChannelAxes, count: f64) {
        for (rank, &variance) in axes.variances.iter().enumerate() {
            let most = (variance * count).sqrt() * self.fourth[rank].sqrt();
            self.third[rank] = axes.precision.settle(self.third[rank], most);
            if axes.precision == Precision::Rounded && variance == 0.0 {
                self.third[rank] = 0.0;
                self.fourth[rank] = 0.0;
                self.min[rank] = 0.0;
                self.max[rank] = 0.0;
            }
        }
    }

    fn reset(&mut self, n_channels: usize) {
        let all = [
            (&mut self.third, 0.0),
            (&mut self.fourth, 0.0),
            (&mut self.min, f64::INFINITY),
            (&mut self.max, f64::NEG_INFINITY),
        ];
        for (values, start) in all {
            values.clear();
            values.resize(n_channels, start);
        }
        self.differences.resize(n_channels * PIECE, 0.0);
        self.places.resize(PIECE, 0.0);
    }

    fn read(&mut self, crop: &Crop<'_>, place: [u32; 3], length: usize, moments: &[Moments]) {
        let channels = self.differences.chunks_exact_mut(PIECE).zip(moments);
        for (channel, (values, moments)) in channels.enumerate() {
            let values = &mut values[..length];
            crop.read(place, channel, values);
            for value in values {
                *value -= moments.mean;
            }
        }
    }

    fn add(&mut self, axes: &ChannelAxes, length: usize) {
        let places = &mut self.places[..length];
        for rank in 0..self.third.len() {
            places.fill(0.0);
            let channels = self.differences.chunks_exact(PIECE).zip(&axes.vectors);
            for (differences, vector) in channels {
                for (q, d) in places.iter_mut().zip(differences) {
                    *q += vector[rank] * d;
                }
            }
            self.third[rank] += places.iter().map(|q| q * q * q).sum::<f64>();
            self.fourth[rank] += places.iter().map(|q| (q * q) * (q * q)).sum::<f64>();
            self.min[rank] = places.iter().fold(self.min[rank], |a, &b| a.min(b));
            self.max[rank] = places.iter().fold(self.max[rank], |a, &b| a.max(b));
        }
    }
}
