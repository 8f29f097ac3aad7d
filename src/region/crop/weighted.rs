//! Places, centre and axes of an object with the intensities of its pixels as weights.

use super::{Crop, CropRun};
use crate::error::Result;
use crate::region::axes::PrincipalAxes;
use crate::task::Task;

/// What the intensities v of the first channel say about places r; all of it in x, y, z order.
#[derive(Debug, Default)]
pub struct Weighted {
    /// Σv.
    pub total: f64,
    /// Σvr.
    pub sums: [f64; 3],
    /// Σvr / Σv.
    pub centre: [f64; 3],
    /// Principal axes of Σv(r − centre)(r − centre)ᵀ; of zeros if Σv is not positive.
    pub axes: Option<PrincipalAxes>,
    /// Σvp³ along each axis, p counted from the centre.
    pub third: [f64; 3],
    /// Σvp⁴ along each axis.
    pub fourth: [f64; 3],
    /// The first place in raster order with the smallest intensity.
    pub min_at: [f64; 3],
    /// The first place in raster order with the largest intensity.
    pub max_at: [f64; 3],
    values: Vec<f64>,
}

impl Weighted {
    /// Looks at the pixels of `crop`, which has raw.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        self.read(crop);
        task.check()?;
        // Coordinates count from the corner of the object's box until the end: no digits are lost to a large image.
        let [z, y, x] = crop.inner.start.map(|start| start as f64);
        let start = [x, y, z];
        let inner = self.sum(crop.runs);
        task.check()?;
        let centre = inner.map(|sum| sum / self.total);
        let axes = self.find_axes(crop, centre);
        task.check()?;
        self.sum_powers(crop, &axes, centre);
        self.axes = Some(axes);
        for axis in 0..3 {
            self.sums[axis] = inner[axis] + start[axis] * self.total;
            self.centre[axis] = centre[axis] + start[axis];
            self.min_at[axis] += start[axis];
            self.max_at[axis] += start[axis];
        }
        Ok(())
    }

    /// Keeps the intensities of all pixels, run after run.
    fn read(&mut self, crop: &Crop<'_>) {
        self.values.resize(crop.geometry.count as usize, 0.0);
        let mut rest = &mut self.values[..];
        for run in crop.runs {
            let (values, behind) = rest.split_at_mut(run.length as usize);
            crop.read([run.z, run.y, run.start], 0, values);
            rest = behind;
        }
    }

    /// The first look: extrema and Σv; returns Σvr.
    fn sum(&mut self, runs: &[CropRun]) -> [f64; 3] {
        let (mut total, mut sums) = (0.0, [0.0; 3]);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (run, values) in with_values(runs, &self.values) {
            let (mut v0, mut v1) = (0.0, 0.0);
            for (x, &v) in (run.start..).zip(values) {
                v0 += v;
                v1 += v * f64::from(x);
                if v < min {
                    (min, self.min_at) = (v, [x, run.y, run.z].map(f64::from));
                }
                if v > max {
                    (max, self.max_at) = (v, [x, run.y, run.z].map(f64::from));
                }
            }
            total += v0;
            sums[0] += v1;
            sums[1] += v0 * f64::from(run.y);
            sums[2] += v0 * f64::from(run.z);
        }
        self.total = total;
        sums
    }

    /// The second look: the spread around the centre.
    fn find_axes(&self, crop: &Crop<'_>, centre: [f64; 3]) -> PrincipalAxes {
        let mut scatter = [[0.0; 3]; 3];
        if self.total <= 0.0 {
            return PrincipalAxes::of_scatter(|_, _| 0.0, 1.0, crop.n_dims);
        }
        for (run, values) in with_values(crop.runs, &self.values) {
            let [dx, y, z] = from_centre(run, centre);
            let (mut v0, mut v1, mut v2) = (0.0, 0.0, 0.0);
            for (x, &v) in (0u32..).zip(values) {
                let x = dx + f64::from(x);
                v0 += v;
                v1 += v * x;
                v2 += v * x * x;
            }
            scatter[0][0] += v2;
            scatter[0][1] += v1 * y;
            scatter[0][2] += v1 * z;
            scatter[1][1] += v0 * y * y;
            scatter[1][2] += v0 * y * z;
            scatter[2][2] += v0 * z * z;
        }
        PrincipalAxes::of_scatter(|a, b| scatter[a][b], self.total, crop.n_dims)
    }

    /// The third look: powers along the axes.
    fn sum_powers(&mut self, crop: &Crop<'_>, axes: &PrincipalAxes, centre: [f64; 3]) {
        (self.third, self.fourth) = ([0.0; 3], [0.0; 3]);
        for (run, values) in with_values(crop.runs, &self.values) {
            let [dx, dy, dz] = from_centre(run, centre);
            for rank in 0..crop.n_dims {
                let [step, y, z] = axes.vectors.map(|ranks| ranks[rank]);
                let first = dx * step + dy * y + dz * z;
                let (mut third, mut fourth) = (0.0, 0.0);
                for (x, &v) in (0u32..).zip(values) {
                    let p = first + f64::from(x) * step;
                    let cube = v * p * p * p;
                    third += cube;
                    fourth += cube * p;
                }
                self.third[rank] += third;
                self.fourth[rank] += fourth;
            }
        }
    }
}

/// Runs with their intensities, which stand one after the other.
fn with_values<'a>(
    runs: &'a [CropRun],
    mut values: &'a [f64],
) -> impl Iterator<Item = (&'a CropRun, &'a [f64])> {
    runs.iter().map(move |run| {
        let (own, rest) = values.split_at(run.length as usize);
        values = rest;
        (run, own)
    })
}

/// Where a run starts, counted from the centre, in x, y, z order.
fn from_centre(run: &CropRun, centre: [f64; 3]) -> [f64; 3] {
    let start = [run.start, run.y, run.z].map(f64::from);
    std::array::from_fn(|axis| start[axis] - centre[axis])
}
