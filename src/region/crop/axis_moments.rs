//! Moments of the coordinates of an object's pixels along its principal axes.

use super::{Crop, CropRun};
use crate::error::Result;
use crate::region::axes::PrincipalAxes;
use crate::task::Task;

/// Σp³ and Σp⁴ along each principal axis, p the place of a pixel along it, counted from the centre.
#[derive(Debug, Default)]
pub struct AxisMoments {
    /// Σp³.
    pub third: [f64; 3],
    /// Σp⁴.
    pub fourth: [f64; 3],
}

impl AxisMoments {
    /// Sums the pixels of `crop`, an object with these axes.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, crop: &Crop<'_>, axes: &PrincipalAxes, task: &Task) -> Result<()> {
        *self = Self::default();
        let centre = crop.geometry.inner_centroid();
        for runs in crop.runs.chunks(1 << 16) {
            task.check()?;
            for rank in 0..crop.n_dims {
                let axis = axes.vectors.map(|ranks| ranks[rank]);
                for run in runs {
                    let [third, fourth] = powers(run, centre, axis);
                    self.third[rank] += third;
                    self.fourth[rank] += fourth;
                }
            }
        }
        Ok(())
    }
}

/// Σp³ and Σp⁴ of a run: its pixels stand `step` apart on both sides of its middle.
fn powers(run: &CropRun, centre: [f64; 3], [step, y, z]: [f64; 3]) -> [f64; 2] {
    let n = f64::from(run.length);
    let middle = f64::from(run.start) + (n - 1.0) / 2.0;
    let p = (f64::from(run.z) - centre[0]) * z
        + (f64::from(run.y) - centre[1]) * y
        + (middle - centre[2]) * step;
    // Σt² and Σt⁴ over n numbers, 1 apart, around 0.
    let t2 = n * (n * n - 1.0) / 12.0;
    let t4 = t2 * (3.0 * n * n - 7.0) / 20.0;
    let [p2, s2] = [p * p, step * step];
    [
        p * (n * p2 + 3.0 * s2 * t2),
        n * p2 * p2 + s2 * (6.0 * p2 * t2 + s2 * t4),
    ]
}
