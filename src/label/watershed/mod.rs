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
//!
//! For the same reason a part of a frame can be flooded without the rest, if it holds whole basins.

mod basins;
mod heap_order;
mod level_queue;
mod neighbours;
mod relief;

use std::sync::atomic::{AtomicU32, Ordering};

use ndarray::ArrayView4;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use self::basins::{sources, Source};
use self::heap_order::flood_in_heap_order;
use self::level_queue::LevelQueue;
use self::neighbours::neighbours;
use self::relief::{largest, Relief};
use super::rows::{for_steps_mut, STEP};
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
    let max = largest(values, shape, task)?;
    let relief = Relief::new(values, shape.2, max, low);
    let flood = Flood::new(&relief, labels, shape, task)?;
    let halt = flood.halts().find_any(|_| true);
    match halt.map(|(_, halt)| halt) {
        None => flood.add_to(labels),
        Some(Halt::Contested) => {
            drop(flood);
            flood_in_heap_order(&relief, labels, shape, 0..labels.len(), task)
        }
        Some(Halt::Failed(error)) => Err(error),
    }
}

/// As [`flood`], on a part of a frame whose largest finite value is `max`: one that holds all pixels of value ≥ `low`
/// that paths of such pixels join to its seeds, and their neighbours. Returns how many of the basins were contested.
///
/// Those are flooded in an order of their own: it does not depend on the part, but the whole frame may have another.
///
/// # Errors
/// Those of [`flood`].
pub fn flood_part(
    values: &[f32],
    labels: &mut [u32],
    shape: (usize, usize, usize),
    low: f32,
    max: f32,
    task: &Task,
) -> Result<u64> {
    check_sizes(values, labels, shape)?;
    let relief = Relief::new(values, shape.2, max, low);
    let flood = Flood::new(&relief, labels, shape, task)?;
    let contested = flood.halts().map(|(basin, halt)| match halt {
        Halt::Contested => Ok(basin),
        Halt::Failed(error) => Err(error),
    });
    let contested = contested.collect::<Result<Vec<_>>>()?;
    for basin in &contested {
        let pixels = basin.iter().map(|source| source.pixel as usize);
        flood_in_heap_order(&relief, labels, shape, pixels, task)?;
    }
    flood.add_to(labels)?;
    Ok(contested.len() as u64)
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

/// Passes over the rows of [`flood_part`]: pixels reached, their neighbours, joining, writing.
pub const PART_PASSES: usize = 4;

/// Those of [`flood`]: one more, for the maximum.
pub(super) const PASSES: usize = 1 + PART_PASSES;

/// Pixels flooded between two looks at the stop flag.
const CHECK: usize = 1 << 16;

/// Why a basin was not flooded.
enum Halt {
    Contested,
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Floods of all basins at the same time.
struct Flood<'a> {
    relief: &'a Relief<'a>,
    shape: (usize, usize, usize),
    /// The seeds, and what was flooded from them.
    labels: Vec<AtomicU32>,
    /// Basin by basin.
    sources: Vec<Source>,
    task: &'a Task,
}

impl<'a> Flood<'a> {
    fn new(
        relief: &'a Relief<'a>,
        seeds: &[u32],
        shape: (usize, usize, usize),
        task: &'a Task,
    ) -> Result<Self> {
        let labels: Vec<_> = seeds.par_iter().map(|&seed| seed.into()).collect();
        let sources = sources(relief, &labels, shape, task)?;
        Ok(Self {
            relief,
            shape,
            labels,
            sources,
            task,
        })
    }

    /// Floods the basins; those that could not be, and why.
    fn halts(&self) -> impl ParallelIterator<Item = (&[Source], Halt)> {
        let basins: Vec<_> = (self.sources.chunk_by(|a, b| a.basin == b.basin)).collect();
        basins.into_par_iter().filter_map(|basin| {
            let flooded = flood_basin(self.relief, &self.labels, self.shape, basin, self.task);
            flooded.err().map(|halt| (basin, halt))
        })
    }

    /// Labels the pixels of `labels` that are not, as they were flooded. One pass.
    fn add_to(&self, labels: &mut [u32]) -> Result<()> {
        let nx = self.shape.2;
        for_steps_mut(labels, nx, self.task, |step, pixels| {
            let flooded = &self.labels[step * STEP * nx..];
            for (pixel, label) in pixels.iter_mut().zip(flooded) {
                if *pixel == 0 {
                    *pixel = label.load(Ordering::Relaxed);
                }
            }
        })
    }
}

/// Sources per bucket of the queue: a basin has the more of them, the larger it is.
const SOURCES: usize = 4;
/// Most buckets: their ends must stay in the cache.
const MOST_BUCKETS: usize = 1 << 14;
/// With room for more pixels, it is faster to make a new set of them than to empty it.
const MOST_EQUALS: usize = 256;

/// Floods a basin from its sources; `labels` are those of the frame, of which no other basin needs the same ones.
fn flood_basin(
    relief: &Relief<'_>,
    labels: &[AtomicU32],
    shape: (usize, usize, usize),
    sources: &[Source],
    task: &Task,
) -> std::result::Result<(), Halt> {
    task.check()?;
    let n_buckets = (sources.len() / SOURCES).clamp(1, MOST_BUCKETS);
    let mut queue = LevelQueue::new(relief.stop(), n_buckets);
    for source in sources {
        queue.push(relief.level(source.pixel as usize), source.pixel);
    }
    // Pixels labelled at the level that is served.
    let (mut equals, mut level_of_equals) = (FxHashSet::default(), 0);
    let mut n_flooded = 0;
    while let Some((level, pixel)) = queue.pop() {
        if level != level_of_equals {
            level_of_equals = level;
            if equals.capacity() > MOST_EQUALS {
                equals = FxHashSet::default();
            } else {
                equals.clear();
            }
        }
        let label = labels[pixel as usize].load(Ordering::Relaxed);
        for near in neighbours(shape, pixel as usize) {
            let present = labels[near].load(Ordering::Relaxed);
            if present == 0 {
                labels[near].store(label, Ordering::Relaxed);
                equals.insert(near);
                let depth = relief.level(near);
                if relief.reaches(depth) {
                    queue.push(depth, near as u32);
                }
            } else if present != label && equals.contains(&near) {
                return Err(Halt::Contested);
            }
        }
        n_flooded += 1;
        if n_flooded % CHECK == 0 {
            task.check()?;
        }
    }
    Ok(())
}
