//! What is seen from the centre of the cube: the mean along each ray, as far as the object reaches.

use super::cube::{Cube, SIDE};
use super::rays::{Ray, Rays};

/// A standard deviation of less than this many times the mean is one of rounding errors.
const ROUNDING: f64 = 1e-13;

/// Rays have fewer voxels than this.
const LONGEST: usize = 2 * SIDE;

/// Mean along each ray, normalised.
#[derive(Debug, Default)]
pub(super) struct View {
    /// One value per ray; their mean is 0 and their standard deviation 1.
    pub(super) values: Vec<f64>,
}

impl View {
    /// Looks along all rays.
    ///
    /// `None` if there is no texture: all rays see the same, or something that is not a number.
    pub(super) fn update(&mut self, rays: &Rays, cube: &Cube) -> Option<()> {
        self.look(rays, &cube.voxels);
        self.normalise(cube.offset)
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
    fn look(&mut self, rays: &Rays, cube: &[f32]) {
        self.values.clear();
        let mut sums = [0.0; LONGEST];
        let (mut seen, mut mean) = (0, 0.0);
        for ray in rays.iter() {
            // A ray that shares all that was seen of the one before sees the same.
            if seen >= ray.common {
                (seen, mean) = see(&ray, cube, &mut sums);
            }
            self.values.push(mean);
        }
    }

    /// Divides by the standard deviation, unless the largest mean along a ray is 0, and subtracts the mean.
    fn normalise(&mut self, offset: f64) -> Option<()> {
        let n = self.values.len() as f64;
        let first = self.values[0];
        // Differences to a value of the same size keep the mean exact where all values are equal.
        let mean = first + self.values.iter().map(|v| v - first).sum::<f64>() / n;
        let square = |v: &f64| (v - mean) * (v - mean);
        let deviation = (self.values.iter().map(square).sum::<f64>() / n).sqrt();
        if !deviation.is_finite() || deviation <= ROUNDING * (mean + offset).abs() {
            return None;
        }
        let largest = self
            .values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let scale = if largest + offset == 0.0 {
            1.0
        } else {
            deviation
        };
        self.values
            .iter_mut()
            .for_each(|v| *v = (*v - mean) / scale);
        Some(())
    }
}

/// Number of voxels seen along a ray, and their mean; `sums` are those along the ray before, and become its own.
fn see(ray: &Ray<'_>, cube: &[f32], sums: &mut [f64; LONGEST]) -> (usize, f64) {
    let mut values = ray.voxels.iter().map(|&voxel| cube[voxel as usize]);
    let mut seen = ray.common;
    if seen == 0 {
        sums[0] = values.next().map_or(0.0, f64::from);
        seen = 1;
    }
    let mut sum = sums[seen - 1];
    for value in values {
        if value < 0.0 {
            break;
        }
        sum += f64::from(value);
        sums[seen] = sum;
        seen += 1;
    }
    (seen, sum / seen as f64)
}
