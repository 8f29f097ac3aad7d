//! Seeded flooding from the brightest pixel down: every seed grows into an object of its own.
//!
//! The relief is max − value. A pixel is flooded at the level max(its relief, level of the pixel it was reached
//! from), lowest level first; a flooded pixel labels all its unlabelled direct neighbours at once. Levels beyond
//! max − low are not flooded, so objects have a rim of one pixel below `low`.
//!
//! Levels do not depend on who is served first among equals, and labels do so only where a pixel is contested:
//! two of its neighbours are flooded at the same level, the lowest among them, and carry different labels.
//! So basins that do not touch are flooded at the same time, each in the order that is fastest; only if a pixel
//! was contested, the frame is flooded again in the order that decides.

mod basins;
mod heap_order;
mod radix_queue;
mod relief;

use ndarray::ArrayView4;
use rayon::prelude::*;

use self::basins::Basins;
use self::heap_order::flood_in_heap_order;
use self::radix_queue::RadixQueue;
use self::relief::Relief;
use super::components::FrameRuns;
use crate::error::{Error, Result};
use crate::task::Task;

/// Floods a frame of `values` (zyx, C order) from the seeds in `labels`, which become the objects.
///
/// Pixels with value ≥ `low` that a path of such pixels joins to a seed get its label, and so do their direct
/// neighbours. Seeds are kept, whatever their value; NaN is below everything; infinity counts as the largest finite
/// value, the maximum, and so does a `low` above it.
///
/// # Errors
/// [`Error::Shape`] when the lengths do not fit `shape`, or the frame has 2³² pixels; [`Error::Cancelled`].
pub fn flood(
    values: &[f32],
    labels: &mut [u32],
    shape: (usize, usize, usize),
    low: f32,
    task: &Task,
) -> Result<()> {
    check_sizes(values, labels, shape)?;
    let relief = Relief::new(values, shape, low, task)?;
    let basins = {
        let reached = FrameRuns::of_rows(shape, task, |row, runs| relief.reached_runs(row, runs))?;
        Basins::around(&reached, task)?
    };
    let flooded = (0..basins.len())
        .into_par_iter()
        .map(|basin| flood_basin(&relief, &basins, basin, labels, task))
        .collect::<std::result::Result<Vec<_>, Halt>>();
    match flooded {
        Ok(flooded) => basins.put(&flooded, labels, shape.2, task),
        Err(Halt::Contested) => {
            drop(basins);
            flood_in_heap_order(&relief, labels, shape, task)
        }
        Err(Halt::Failed(error)) => Err(error),
    }
}

fn check_sizes(values: &[f32], labels: &[u32], shape: (usize, usize, usize)) -> Result<()> {
    let frame = ArrayView4::from_shape((1, shape.0, shape.1, shape.2), values).ok();
    let Some(frame) = frame.filter(|frame| frame.len() == labels.len()) else {
        return Err(Error::Shape(format!(
            "values and seeds do not fit a frame of shape {shape:?}; pass one of each per pixel"
        )));
    };
    if u32::try_from(frame.len()).is_err() {
        return Err(Error::Shape(
            "a frame with 2³² pixels is too large to be flooded; flood it in blocks".into(),
        ));
    }
    Ok(())
}

/// Passes over the rows: maximum, pixels reached, their neighbours, joining, writing.
pub(super) const PASSES: usize = 5;

/// Pixels flooded between two looks at the stop flag.
const CHECK: usize = 1 << 16;

/// Why basins were not flooded.
enum Halt {
    Contested,
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The labels of a basin after flooding, none if it has no seed.
fn flood_basin(
    relief: &Relief<'_>,
    basins: &Basins,
    basin: usize,
    seeds: &[u32],
    task: &Task,
) -> std::result::Result<Vec<u32>, Halt> {
    task.check()?;
    let mut labels = basins.cut(basin, seeds);
    if labels.iter().all(|&label| label == 0) {
        return Ok(Vec::new());
    }
    // The level of the pixel from which each was labelled; nobody contests a seed.
    let mut labelled_at = vec![u32::MAX; labels.len()];
    let mut queue = RadixQueue::new();
    let is_free = |spot| labels[basins.place(spot)] == 0;
    for (spot, &label) in basins.spots(basin).zip(&labels) {
        let level = relief.level(basins.pixel(spot));
        // The inside of a seed, which may be most of the frame, has nothing to label.
        if label != 0 && relief.reaches(level) && basins.neighbours(spot).any(is_free) {
            queue.push(level, spot);
        }
    }
    let mut n_flooded = 0;
    while let Some((level, spot)) = queue.pop() {
        let label = labels[basins.place(spot)];
        for near in basins.neighbours(spot) {
            let place = basins.place(near);
            if labels[place] == 0 {
                labels[place] = label;
                labelled_at[place] = level;
                let depth = relief.level(basins.pixel(near));
                if relief.reaches(depth) {
                    queue.push(depth, near);
                }
            } else if labels[place] != label && labelled_at[place] == level {
                return Err(Halt::Contested);
            }
        }
        n_flooded += 1;
        if n_flooded % CHECK == 0 {
            task.check()?;
        }
    }
    Ok(labels)
}
