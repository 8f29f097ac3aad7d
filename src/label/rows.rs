//! The rows of a frame `zyx`, handed out in steps to the threads of the pool.

use std::ops::Range;

use ndarray::{s, ArrayView3, ArrayView4, Axis, CowArray, Ix3};
use rayon::prelude::*;

use super::contiguous::contiguous;
use crate::error::Result;
use crate::task::Task;

/// Rows in a step, between two looks at the stop flag: far below a second for the longest rows.
pub(crate) const STEP: usize = 256;

/// Some consecutive rows of a frame; row r is row r % ny of slice r / ny.
pub(crate) struct Rows<'a, T> {
    image: ArrayView3<'a, T>,
    range: Range<usize>,
}

impl<'a, T: Copy> Rows<'a, T> {
    /// The rows of step `step` of `image`.
    pub(crate) fn of_step(image: ArrayView3<'a, T>, step: usize) -> Self {
        let n_rows = image.dim().0 * image.dim().1;
        let range = step * STEP..((step + 1) * STEP).min(n_rows);
        Self { image, range }
    }

    /// How many rows these are.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Calls `visit` with every row's number and contiguous pixels.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(usize, &[T])) {
        for (first, plane) in self.planes() {
            for (i, pixels) in plane.rows().into_iter().enumerate() {
                visit(first + i, pixels.to_slice().unwrap_or_default());
            }
        }
    }

    /// Calls `visit` with every row's number and its pixels here and in `other`, the same rows of an image as large.
    pub(crate) fn for_each_with(
        &self,
        other: &Rows<'_, T>,
        mut visit: impl FnMut(usize, &[T], &[T]),
    ) {
        for ((first, plane), (_, others)) in self.planes().zip(other.planes()) {
            for (i, (pixels, other)) in plane.rows().into_iter().zip(others.rows()).enumerate() {
                let pixels = pixels.to_slice().unwrap_or_default();
                visit(first + i, pixels, other.to_slice().unwrap_or_default());
            }
        }
    }

    /// The rows of each slice, contiguous, with the number of the first.
    fn planes(&self) -> impl Iterator<Item = (usize, CowArray<'a, T, Ix3>)> + '_ {
        let ny = self.image.dim().1.max(1);
        let mut row = self.range.start;
        std::iter::from_fn(move || {
            if row >= self.range.end {
                return None;
            }
            let (z, y) = (row / ny, row % ny);
            let stop = ny.min(y + self.range.end - row);
            let first = row;
            row += stop - y;
            let part = self.image.slice_move(s![z..=z, y..stop, ..]);
            Some((first, contiguous(part)))
        })
    }
}

/// The frames of `image`, each with its pixels in `out`, the image in C order.
pub(crate) fn frames<'i, 'o, T, V>(
    image: ArrayView4<'i, T>,
    out: &'o mut [V],
) -> impl Iterator<Item = (ArrayView3<'i, T>, &'o mut [V])> {
    let n_frames = image.dim().0;
    let size = (image.len() / n_frames.max(1)).max(1);
    (0..n_frames)
        .map(move |t| image.index_axis_move(Axis(0), t))
        .zip(out.chunks_mut(size))
}

/// Steps that a pass over `n_rows` rows takes.
fn n_steps(n_rows: usize) -> usize {
    n_rows.div_ceil(STEP)
}

/// Consecutive rows of `n_rows`, for each thread of the pool a few times: as much as possible at one place.
pub(crate) fn parts(n_rows: usize) -> impl ParallelIterator<Item = Range<usize>> {
    let size = n_rows.div_ceil(4 * rayon::current_num_threads()).max(1);
    (0..n_rows.div_ceil(size))
        .into_par_iter()
        .map(move |part| part * size..n_rows.min((part + 1) * size))
}

/// Announces `passes` passes over every frame of an image `tzyx`.
pub(crate) fn expect_passes<T>(passes: usize, image: ArrayView4<'_, T>, task: &Task) {
    let (nt, nz, ny, _) = image.dim();
    task.expect(passes * nt * n_steps(nz * ny));
}

/// Announces one pass over `n_rows` rows.
pub(crate) fn expect_steps(n_rows: usize, task: &Task) {
    task.expect(n_steps(n_rows));
}

/// What `work` makes of each step of `n_rows` rows, in raster order.
///
/// # Errors
/// [`crate::error::Error::Cancelled`].
pub(crate) fn map_steps<R: Send>(
    n_rows: usize,
    task: &Task,
    work: impl Fn(usize) -> R + Sync,
) -> Result<Vec<R>> {
    (0..n_steps(n_rows))
        .into_par_iter()
        .map(|step| {
            let result = work(step);
            task.advance().map(|()| result)
        })
        .collect()
}

/// Calls `write` with the number and the pixels of each step of rows of `out`, a frame in C order.
///
/// # Errors
/// [`crate::error::Error::Cancelled`].
pub(crate) fn for_steps_mut<T: Send>(
    out: &mut [T],
    nx: usize,
    task: &Task,
    write: impl Fn(usize, &mut [T]) + Sync,
) -> Result<()> {
    out.par_chunks_mut(STEP * nx.max(1))
        .enumerate()
        .try_for_each(|(step, rows)| {
            write(step, rows);
            task.advance()
        })
}
