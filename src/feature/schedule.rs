//! Who finishes which objects, and in which order: batches from one queue, the largest crops first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use rayon::prelude::*;

use crate::error::Result;
use crate::task::{lock, Task};

/// One object to be finished.
pub(super) struct Row<'a> {
    /// Its row in the feature table.
    pub(super) row: usize,
    /// Its frame.
    pub(super) t: usize,
    /// Its row in the region table of the frame.
    pub(super) region: usize,
    /// Voxels of its crop; 0 if there is none.
    pub(super) voxels: usize,
    /// Its values.
    pub(super) values: &'a mut [f64],
}

/// Steps that finishing counts as: announced before anyone knows the number of objects, so that the total stands.
pub(super) const STEPS: usize = 256;

/// Most objects in a batch, without and with crops.
const BATCH: [usize; 2] = [512, 16];

/// Crops larger than this are looked at one after the other, so that memory stays bounded.
const LARGE: usize = 1 << 22;

/// Calls `finish` with all rows, a batch at a time, in all threads of the pool; each thread has a worker of its own.
///
/// # Errors
/// The first of `finish`, [`crate::error::Error::Cancelled`].
pub(super) fn run<W>(
    mut rows: Vec<Row<'_>>,
    worker: impl Fn() -> W + Sync,
    finish: impl Fn(&mut W, &mut [Row<'_>]) -> Result<()> + Sync,
    task: &Task,
) -> Result<()> {
    // In raster order without crops: neighbours in the table are neighbours in memory.
    rows.sort_by_key(|row| std::cmp::Reverse(row.voxels));
    let progress = Progress::new(rows.len(), task);
    let n_large = rows.partition_point(|row| row.voxels > LARGE);
    let (large, others) = rows.split_at_mut(n_large);
    let mut alone = worker();
    for row in large.chunks_mut(1) {
        finish(&mut alone, row)?;
        progress.advance(1)?;
    }
    let with_crops = usize::from(others.first().is_some_and(|row| row.voxels > 0));
    let batches = Mutex::new(others.chunks_mut(BATCH[with_crops]));
    let next = || lock(&batches).next();
    let work = |_| -> Result<()> {
        let mut worker = worker();
        while let Some(batch) = next() {
            finish(&mut worker, batch)?;
            progress.advance(batch.len())?;
        }
        Ok(())
    };
    (0..rayon::current_num_threads())
        .into_par_iter()
        .with_max_len(1)
        .try_for_each(work)?;
    progress.finish()
}

/// Shares [`STEPS`] steps of progress among all rows.
struct Progress<'a> {
    rows: usize,
    done: AtomicUsize,
    task: &'a Task,
}

impl<'a> Progress<'a> {
    fn new(rows: usize, task: &'a Task) -> Self {
        Self {
            rows,
            done: AtomicUsize::new(0),
            task,
        }
    }

    fn advance(&self, rows: usize) -> Result<()> {
        let before = self.done.fetch_add(rows, Ordering::Relaxed);
        let steps = |rows: usize| rows * STEPS / self.rows;
        self.task.advance_by(steps(before + rows) - steps(before))
    }

    /// Without rows, all steps are taken at once.
    fn finish(&self) -> Result<()> {
        self.task.advance_by(if self.rows == 0 { STEPS } else { 0 })
    }
}
