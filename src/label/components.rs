//! Connected components by equality: adjacent pixels of the same non-zero value are one object.
//!
//! Direct neighbourhood (4 in 2D, 6 in 3D). Works on runs: scan all rows, join the runs that touch above and
//! in front, number the sets, paint. New ids are consecutive in raster first-encounter order, x fastest,
//! because the representative of a set is its first run.

use ndarray::ArrayView3;
use rayon::prelude::*;

use super::rows::{for_rows_mut, map_rows, steps};
use super::runs::{find_runs, Label, Run};
use super::union_find::UnionFind;
use crate::error::{Error, Result};
use crate::task::Task;

/// Labels the connected components of one frame `zyx` in `out`: the frame's pixels in C order, all 0.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Shape`] when the frame has 2³² runs or rows longer than 2³² pixels.
pub fn connected_components<T: Label>(
    image: ArrayView3<'_, T>,
    out: &mut [u32],
    task: &Task,
) -> Result<()> {
    let rows = FrameRuns::scan(image, task)?;
    let sets = rows.join(image.dim().1, task)?;
    rows.paint(&number(&sets, rows.runs.len()), out, image.dim().2, task)
}

/// The runs of all rows of a frame, in raster order.
struct FrameRuns {
    runs: Vec<Run>,
    /// Runs of row r are `runs[first[r]..first[r + 1]]`.
    first: Vec<u32>,
}

impl FrameRuns {
    fn scan<T: Label>(image: ArrayView3<'_, T>, task: &Task) -> Result<Self> {
        if u32::try_from(image.dim().2).is_err() {
            return Err(too_large("rows longer than 2³² pixels"));
        }
        let parts = map_rows(image, task, |rows| {
            let (mut runs, mut ends) = (Vec::new(), Vec::with_capacity(rows.len()));
            let mut memory = Vec::new();
            rows.for_each(|_, pixels| {
                runs.extend_from_slice(find_runs(pixels, &mut memory));
                ends.push(runs.len());
            });
            (runs, ends)
        })?;
        Self::concatenate(parts, image.dim().0 * image.dim().1)
    }

    fn concatenate(parts: Vec<(Vec<Run>, Vec<usize>)>, n_rows: usize) -> Result<Self> {
        let total: usize = parts.iter().map(|(runs, _)| runs.len()).sum();
        if u32::try_from(total).is_err() {
            return Err(too_large("2³² separate runs of pixels"));
        }
        let mut all = Self {
            runs: Vec::with_capacity(total),
            first: Vec::with_capacity(n_rows + 1),
        };
        all.first.push(0);
        for (runs, ends) in parts {
            let offset = all.runs.len();
            all.first
                .extend(ends.into_iter().map(|end| (offset + end) as u32));
            all.runs.extend(runs);
        }
        Ok(all)
    }

    fn row(&self, row: usize) -> std::ops::Range<u32> {
        self.first[row]..self.first[row + 1]
    }

    /// Joins every run with the equal ones that touch it in the row above and in the slice in front.
    fn join(&self, ny: usize, task: &Task) -> Result<UnionFind> {
        let sets = UnionFind::new(self.runs.len() as u32);
        steps(self.first.len() - 1, task).try_for_each(|rows| {
            for row in rows {
                if row % ny > 0 {
                    self.join_rows(row - 1, row, &sets);
                }
                if row >= ny {
                    self.join_rows(row - ny, row, &sets);
                }
            }
            task.advance()
        })?;
        Ok(sets)
    }

    /// Two sorted lists of disjoint intervals: the one that ends first is done.
    fn join_rows(&self, before: usize, after: usize, sets: &UnionFind) {
        let (mut before, mut after) = (self.row(before), self.row(after));
        while !before.is_empty() && !after.is_empty() {
            let (a, b) = (
                &self.runs[before.start as usize],
                &self.runs[after.start as usize],
            );
            if a.label == b.label && a.start < b.end() && b.start < a.end() {
                sets.join(before.start, after.start);
            }
            if a.end() <= b.end() {
                before.start += 1;
            } else {
                after.start += 1;
            }
        }
    }

    fn paint(&self, ids: &[u32], out: &mut [u32], nx: usize, task: &Task) -> Result<()> {
        for_rows_mut(out, nx, task, |row, pixels, (): &mut ()| {
            for i in self.row(row) {
                pixels[self.runs[i as usize].pixels()].fill(ids[i as usize]);
            }
        })
    }
}

/// The id of every run: 1, 2, … by the first run of its set.
fn number(sets: &UnionFind, n_runs: usize) -> Vec<u32> {
    let mut ids = vec![0; n_runs];
    let mut last = 0;
    for i in 0..n_runs {
        let root = sets.find(i as u32) as usize;
        if root == i {
            last += 1;
            ids[i] = last;
        } else {
            ids[i] = ids[root];
        }
    }
    ids
}

fn too_large(what: &str) -> Error {
    Error::Shape(format!(
        "a frame with {what} is too large for one pass; label it in blocks"
    ))
}
