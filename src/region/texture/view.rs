//! What is seen from the centre of the cube: the mean along each ray, as far as the object reaches.

use super::cube::SIDE;
use super::rays::Rays;

/// A standard deviation of less than this many times the mean is one of rounding errors.
const ROUNDING: f64 = 1e-13;

/// Mean along each ray, normalised.
#[derive(Debug, Default)]
pub(super) struct View {
    /// One value per ray; their mean is 0 and their standard deviation 1.
    pub(super) values: Vec<f64>,
    sums: Vec<f64>,
}

impl View {
    /// Looks along all rays.
    ///
    /// `None` if there is no texture: all rays see the same, or something that is not a number.
    pub(super) fn update(&mut self, rays: &Rays, cube: &[f64]) -> Option<()> {
        self.look(rays, cube);
        self.normalise()
    }

    /// The first ray that sees most.
    pub(super) fn brightest(&self) -> usize {
        let brighter = |best: usize, (ray, value): (usize, &f64)| {
            if *value > self.values[best] {
                ray
            } else {
                best
            }
        };
        self.values.iter().enumerate().fold(0, brighter)
    }

    /// Takes the mean along each ray up to the first negative voxel; the centre counts, negative or not.
    fn look(&mut self, rays: &Rays, cube: &[f64]) {
        self.values.clear();
        self.sums.resize(2 * SIDE, 0.0);
        let (mut seen, mut mean) = (0, 0.0);
        for ray in rays.iter() {
            // A ray that shares all that was seen of the one before sees the same.
            if seen >= ray.common {
                let mut sum = 0.0;
                seen = ray.common;
                let mut voxels = ray.voxels.iter().map(|&voxel| cube[voxel as usize]);
                if seen == 0 {
                    sum = voxels.next().unwrap_or(0.0);
                    self.sums[0] = sum;
                    seen = 1;
                } else {
                    sum += self.sums[seen - 1];
                }
                for value in voxels {
                    if value < 0.0 {
                        break;
                    }
                    sum += value;
                    self.sums[seen] = sum;
                    seen += 1;
                }
                mean = sum / seen as f64;
            }
            self.values.push(mean);
        }
    }

    /// Divides by the standard deviation, unless the largest value is 0, and subtracts the mean.
    fn normalise(&mut self) -> Option<()> {
        let n = self.values.len() as f64;
        let first = self.values[0];
        // Differences to a value of the same size keep the mean exact where all values are equal.
        let mean = first + self.values.iter().map(|v| v - first).sum::<f64>() / n;
        let square = |v: &f64| (v - mean) * (v - mean);
        let deviation = (self.values.iter().map(square).sum::<f64>() / n).sqrt();
        let largest = self
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let scale = if largest == 0.0 { 1.0 } else { deviation };
        if !deviation.is_finite() || deviation <= ROUNDING * mean.abs() {
            return None;
        }
        let shift = mean / scale;
        self.values.iter_mut().for_each(|v| *v = *v / scale - shift);
        Some(())
    }
}
