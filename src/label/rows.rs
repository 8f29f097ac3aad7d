//! The rows of a frame `zyx`, handed out in steps to the threads of the pool.

use std::ops::Range;

use ndarray::{ArrayView3, Axis};
use rayon::prelude::*;

use crate::error::Result;
use crate::task::Task;

/// Rows handled between two looks at the stop flag: far below a second for the longest rows.
const ROWS_PER_STEP: usize = 256;

/// The steps that cover `n_rows` rows, each announced to `task`.
pub(crate) fn steps(
    n_rows: usize,
    task: &Task,
) -> impl IndexedParallelIterator<Item = Range<usize>> {
    let n_steps = n_rows.div_ceil(ROWS_PER_STEP);
    task.expect(n_steps);
    (0..n_steps)
        .into_par_iter()
        .map(move |step| step * ROWS_PER_STEP..((step + 1) * ROWS_PER_STEP).min(n_rows))
}

/// Some consecutive rows of a frame; row r is row r % ny of slice r / ny.
pub(crate) struct Rows<'a, T> {
    image: ArrayView3<'a, T>,
    range: Range<usize>,
}

impl<T: Copy> Rows<'_, T> {
    /// How many rows these are.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Calls `visit` with every row's number and contiguous pixels, copying only rows that lie strided in memory.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(usize, &[T])) {
        let mut copy = Vec::new();
        for row in self.range.clone() {
            with_row(self.image, row, &mut copy, |pixels| visit(row, pixels));
        }
    }
}

/// Calls `visit` with the contiguous pixels of a row, using `copy` only when they lie strided in memory.
pub(crate) fn with_row<T: Copy>(
    image: ArrayView3<'_, T>,
    row: usize,
    copy: &mut Vec<T>,
    visit: impl FnOnce(&[T]),
) {
    let ny = image.dim().1;
    let pixels = image
        .index_axis_move(Axis(0), row / ny)
        .index_axis_move(Axis(0), row % ny);
    if let Some(pixels) = pixels.as_slice() {
        visit(pixels);
    } else {
        copy.clear();
        copy.extend(pixels.iter().copied());
        visit(copy);
    }
}

/// What `work` makes of each step of rows, in raster order.
///
/// # Errors
/// [`crate::error::Error::Cancelled`].
pub(crate) fn map_rows<T, R>(
    image: ArrayView3<'_, T>,
    task: &Task,
    work: impl Fn(Rows<'_, T>) -> R + Sync,
) -> Result<Vec<R>>
where
    T: Copy + Sync,
    R: Send,
{
    steps(image.dim().0 * image.dim().1, task)
        .map(|range| {
            let result = work(Rows { image, range });
            task.advance().map(|()| result)
        })
        .collect()
}

/// Calls `write` with the number and the pixels of every row of `out`, rows of `nx` pixels one after the other,
/// and with memory that it may use again from row to row.
///
/// # Errors
/// [`crate::error::Error::Cancelled`].
pub(crate) fn for_rows_mut<T: Send, M: Default>(
    out: &mut [T],
    nx: usize,
    task: &Task,
    write: impl Fn(usize, &mut [T], &mut M) + Sync,
) -> Result<()> {
    let nx = nx.max(1);
    let chunks = out.par_chunks_mut(ROWS_PER_STEP * nx);
    task.expect(chunks.len());
    chunks.enumerate().try_for_each(|(step, rows)| {
        let mut memory = M::default();
        for (i, row) in rows.chunks_exact_mut(nx).enumerate() {
            write(step * ROWS_PER_STEP + i, row, &mut memory);
        }
        task.advance()
    })
}
