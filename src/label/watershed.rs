//! Seeded flooding from the brightest pixel down: every seed grows into an object of its own.
//!
//! The relief is max − value. A pixel is flooded at the level max(its relief, level of the pixel it was reached
//! from), lowest level first and first come first served; a flooded pixel labels all its unlabelled direct
//! neighbours at once. Levels beyond max − low are not flooded, so objects have a rim of one pixel below `low`.
//!
//! Basins that do not touch are flooded at the same time. That changes nothing: no label passes from one to
//! another, and which of two pixels of a basin is served first depends only on pixels of that basin.

use ndarray::ArrayView4;
use rayon::prelude::*;

use super::basins::Basins;
use super::components::FrameRuns;
use super::radix_queue::RadixQueue;
use super::rows::{expect_passes, map_steps, STEP};
use super::runs::Run;
use crate::error::{Error, Result};
use crate::task::Task;

/// Floods a frame of `values` (zyx, C order) from the seeds in `labels`, which become the objects.
///
/// Pixels with value ≥ `low` that a path of such pixels joins to a seed get its label, and so do their direct
/// neighbours. Seeds are kept, whatever their value; NaN is below everything.
///
/// # Errors
/// [`Error::Shape`] when the lengths do not fit `shape`, or rows are longer than 2³² pixels; [`Error::Cancelled`].
pub fn flood(
    values: &[f32],
    labels: &mut [u32],
    shape: (usize, usize, usize),
    low: f32,
    task: &Task,
) -> Result<()> {
    let image = ArrayView4::from_shape((1, shape.0, shape.1, shape.2), values)
        .ok()
        .filter(|image| image.len() == labels.len() && u32::try_from(shape.2).is_ok())
        .ok_or_else(|| Error::Shape(format!("values and seeds do not fit a frame {shape:?}")))?;
    expect_passes(PASSES, image, task);
    let relief = Relief::new(values, shape, low, task)?;
    let reached = FrameRuns::of_rows(shape, task, |row, runs| relief.reached_runs(row, runs))?;
    let basins = Basins::around(&reached, task)?;
    drop(reached);
    let flooded = (0..basins.len())
        .into_par_iter()
        .map(|basin| flood_basin(&relief, &basins, basin, labels, task))
        .collect::<Result<Vec<_>>>()?;
    basins.put(&flooded, labels, shape.2, task)
}

/// Passes over the rows: maximum, pixels reached, their neighbours, joining, writing.
const PASSES: usize = 5;

/// Pixels flooded between two looks at the stop flag.
const CHECK: usize = 1 << 16;

/// The labels of a basin after flooding, none if it has no seed.
fn flood_basin(
    relief: &Relief<'_>,
    basins: &Basins,
    basin: usize,
    seeds: &[u32],
    task: &Task,
) -> Result<Vec<u32>> {
    task.check()?;
    let mut labels = basins.cut(basin, seeds);
    if labels.iter().all(|&label| label == 0) {
        return Ok(Vec::new());
    }
    let mut queue = RadixQueue::new();
    for (spot, &label) in basins.spots(basin).zip(&labels) {
        if label != 0 {
            if let Some(depth) = relief.depth(basins.pixel(spot)) {
                queue.push(depth.to_bits(), spot);
            }
        }
    }
    let mut n_flooded = 0;
    while let Some(spot) = queue.pop() {
        let label = labels[basins.place(spot)];
        for near in basins.neighbours(spot) {
            let unlabelled = &mut labels[basins.place(near)];
            if *unlabelled == 0 {
                *unlabelled = label;
                if let Some(depth) = relief.depth(basins.pixel(near)) {
                    queue.push(depth.to_bits(), near);
                }
            }
        }
        n_flooded += 1;
        if n_flooded % CHECK == 0 {
            task.check()?;
        }
    }
    Ok(labels)
}

/// How deep below the maximum each pixel lies, and how deep floods reach.
struct Relief<'a> {
    values: &'a [f32],
    nx: usize,
    max: f32,
    stop: f32,
}

impl<'a> Relief<'a> {
    fn new(values: &'a [f32], shape: (usize, usize, usize), low: f32, task: &Task) -> Result<Self> {
        let nx = shape.2;
        let maxima = map_steps(shape.0 * shape.1, task, |step| {
            let rest = &values[step * STEP * nx..];
            let rows = &rest[..rest.len().min(STEP * nx)];
            rows.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        })?;
        let max = maxima.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Ok(Self {
            values,
            nx,
            max,
            stop: max - low,
        })
    }

    /// The depth of a pixel, if floods reach it; never below +0, so its bits are ordered as it is.
    #[inline]
    fn depth(&self, pixel: usize) -> Option<f32> {
        let depth = (self.max - self.values[pixel]).abs();
        (depth <= self.stop).then_some(depth)
    }

    /// Appends the runs of a row that floods reach.
    fn reached_runs(&self, row: usize, runs: &mut Vec<Run>) {
        let mut start = None;
        for x in 0..=self.nx {
            let reached = x < self.nx && self.depth(row * self.nx + x).is_some();
            match start {
                None if reached => start = Some(x),
                Some(first) if !reached => {
                    runs.push(Run {
                        label: 1,
                        start: first as u32,
                        length: (x - first) as u32,
                    });
                    start = None;
                }
                _ => {}
            }
        }
    }
}
