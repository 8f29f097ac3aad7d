//! The cube that an object is stretched to: its picture where its mask is, -1 elsewhere.

use super::stretch::{nearest, Stretch};
use crate::error::Result;
use crate::region::crop::{Crop, CropRun};
use crate::region::RawPart;
use crate::task::Task;

/// Voxels along each side.
pub(super) const SIDE: usize = 80;

/// The voxel along each axis from which rays start.
pub(super) const CENTRE: usize = SIDE / 2;

/// Voxels in a plane.
const PLANE: usize = SIDE * SIDE;

/// What stands outside the mask.
const OUTSIDE: f32 = -1.0;

/// One channel of an object, stretched; that of a 2D image has one plane.
#[derive(Debug, Default)]
pub(super) struct Cube {
    /// Its voxels less `offset`, x fastest.
    pub(super) voxels: Vec<f32>,
    /// The least value of the picture, if it is positive: small differences of large values keep their digits.
    pub(super) offset: f64,
    picture: Vec<f64>,
    axes: [Stretch; 3],
    row: Vec<f64>,
    plane: Vec<f64>,
}

impl Cube {
    /// Takes the measures of the object of `crop`.
    pub(super) fn prepare(&mut self, crop: &Crop<'_>) {
        let lengths = crop.outer.shape();
        for (axis, length) in self.axes.iter_mut().zip(lengths) {
            axis.prepare(length);
        }
        let planes = if crop.n_dims == 3 { SIDE } else { 1 };
        self.voxels.resize(planes * PLANE, OUTSIDE);
        self.picture.resize(planes * PLANE, 0.0);
        self.plane.resize(PLANE, 0.0);
        self.row.resize(lengths[2], 0.0);
    }

    /// Stretches picture and mask, each on its own: the picture holds the surroundings too.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn fill(
        &mut self,
        crop: &Crop<'_>,
        raw: &dyn RawPart,
        channel: usize,
        task: &Task,
    ) -> Result<()> {
        let (low, high) = self.stretch(crop, raw, channel, task)?;
        let rounded = raw.kind().is_float32;
        self.offset = if low.is_finite() { low.max(0.0) } else { 0.0 };
        let offset = self.offset;
        self.mask(crop, |value| {
            let value = if rounded {
                f64::from(value as f32)
            } else {
                value
            };
            // Flat pictures stay flat, and NaN stays NaN.
            let value = if value < low {
                low
            } else if value > high {
                high
            } else {
                value
            };
            (value - offset) as f32
        });
        let centre = self.voxels.len() / PLANE / 2 * PLANE + CENTRE * SIDE + CENTRE;
        if self.voxels[centre] < 0.0 {
            self.voxels[centre] -= offset as f32;
        }
        Ok(())
    }

    /// Stretches the picture and finds its range: plane by plane, so that large objects need no more memory.
    fn stretch(
        &mut self,
        crop: &Crop<'_>,
        raw: &dyn RawPart,
        channel: usize,
        task: &Task,
    ) -> Result<(f64, f64)> {
        let [depth, height, _] = crop.outer.shape();
        let [along_z, along_y, along_x] = &self.axes;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        self.picture.fill(0.0);
        for z in 0..depth {
            task.check()?;
            self.plane.fill(0.0);
            for y in 0..height {
                raw.read(z, y, 0, channel, &mut self.row);
                let mut line = [0.0; SIDE];
                for (x, &value) in self.row.iter().enumerate() {
                    (low, high) = (low.min(value), high.max(value));
                    for (place, share) in along_x.of(x) {
                        line[place] += share * value;
                    }
                }
                for (place, share) in along_y.of(y) {
                    add(&mut self.plane[place * SIDE..][..SIDE], &line, share);
                }
            }
            for (place, share) in along_z.of(z) {
                if let Some(picture) = self.picture.chunks_exact_mut(PLANE).nth(place) {
                    add(picture, &self.plane, share);
                }
            }
        }
        Ok((low, high))
    }

    /// Sets voxels outside the mask to -1, and the others to what `finish` makes of the picture.
    fn mask(&mut self, crop: &Crop<'_>, finish: impl Fn(f64) -> f32) {
        let [zs, ys, xs] = crop.inner.shape().map(nearest);
        let pictures = self.picture.chunks_exact(SIDE);
        let mut rows = self.voxels.chunks_exact_mut(SIDE).zip(pictures);
        for z in zs {
            let mut runs = rows_of(crop.runs, z);
            for y in ys {
                let Some((row, picture)) = rows.next() else {
                    return;
                };
                let skipped = runs.partition_point(|run| run.y < y);
                runs = &runs[skipped..];
                let mut outside = 0;
                for run in runs.iter().take_while(|run| run.y == y) {
                    let [start, stop] = [run.start, run.start + run.length]
                        .map(|x| xs.partition_point(|&voxel| voxel < x));
                    row[outside..start].fill(OUTSIDE);
                    let inside = row[start..stop].iter_mut().zip(&picture[start..stop]);
                    inside.for_each(|(voxel, &value)| *voxel = finish(value));
                    outside = stop;
                }
                row[outside..].fill(OUTSIDE);
            }
        }
    }
}

/// The runs of plane `z`.
fn rows_of(runs: &[CropRun], z: u32) -> &[CropRun] {
    let start = runs.partition_point(|run| run.z < z);
    let stop = runs.partition_point(|run| run.z <= z);
    &runs[start..stop]
}

fn add(to: &mut [f64], values: &[f64], share: f64) {
    for (to, value) in to.iter_mut().zip(values) {
        *to += share * value;
    }
}
