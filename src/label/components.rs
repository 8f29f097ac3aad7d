//! Connected components by equality: adjacent pixels of the same non-zero value are one object.
//!
//! Direct neighbourhood (4 in 2D, 6 in 3D). Works on runs: scan all rows, join the runs that touch above and
//! in front, number the sets, paint. New ids are consecutive in raster first-encounter order, x fastest,
//! because the representative of a set is its first run.

use ndarray::{ArrayView3, ArrayView4};
use rayon::prelude::*;

use super::rows::{expect_passes, for_steps_mut, frames, map_steps, parts, Rows, STEP};
use super::runs::{find_runs, Label, Run};
use super::union_find::UnionFind;
use crate::error::{Error, Result};
use crate::task::Task;

/// Labels the connected components of each frame of `image` (tzyx) in `out`: its pixels in C order, all 0.
///
/// # Errors
/// [`Error::Cancelled`]; [`Error::Shape`] when a frame has 2³² runs or rows longer than 2³² pixels.
pub fn connected_components<T: Label>(
    image: ArrayView4<'_, T>,
    out: &mut [u32],
    task: &Task,
) -> Result<()> {
    if u32::try_from(image.dim().3).is_err() {
        return Err(too_large("rows longer than 2³² pixels"));
    }
    expect_passes(3, image, task);
    frames(image, out).try_for_each(|(frame, out)| {
        let found = FrameRuns::scan(frame, task)?;
        let ids = found.number(found.join(task)?, task)?;
        found.paint(&ids, out, task)
    })
}

/// The runs of all rows of a frame.
pub(super) struct FrameRuns {
    pub(super) shape: (usize, usize, usize),
    steps: Vec<StepRuns>,
}

/// The runs of a step of rows, in raster order.
struct StepRuns {
    /// Number of the first run within the frame.
    first: u32,
    runs: Vec<Run>,
    /// Where in `runs` each row ends.
    ends: Vec<usize>,
}

/// The runs of a row and the number of the first of them within the frame.
pub(super) struct RowRuns<'a> {
    pub(super) first: u32,
    pub(super) runs: &'a [Run],
}

impl FrameRuns {
    /// The runs of equal pixels.
    pub(super) fn scan<T: Label>(frame: ArrayView3<'_, T>, task: &Task) -> Result<Self> {
        let steps = map_steps(frame.dim().0 * frame.dim().1, task, |step| {
            StepRuns::scan(&Rows::of_step(frame, step))
        })?;
        Self::number_steps(frame.dim(), steps)
    }

    /// The runs that `write` appends for each row of a frame of `shape`, given the row's number.
    pub(super) fn of_rows(
        shape: (usize, usize, usize),
        task: &Task,
        write: impl Fn(usize, &mut Vec<Run>) + Sync,
    ) -> Result<Self> {
        let n_rows = shape.0 * shape.1;
        let steps = map_steps(n_rows, task, |step| {
            let rows = step * STEP..((step + 1) * STEP).min(n_rows);
            StepRuns::of_rows(rows, &write)
        })?;
        Self::number_steps(shape, steps)
    }

    fn number_steps(shape: (usize, usize, usize), mut steps: Vec<StepRuns>) -> Result<Self> {
        let mut total = 0u32;
        for step in &mut steps {
            step.first = total;
            let sum = u32::try_from(step.runs.len()).map(|n| total.checked_add(n));
            total = (sum.ok().flatten()).ok_or_else(|| too_large("2³² separate runs of pixels"))?;
        }
        Ok(Self { shape, steps })
    }

    pub(super) fn n_runs(&self) -> u32 {
        self.steps.last().map_or(0, |last| last.numbers().end)
    }

    pub(super) fn n_rows(&self) -> usize {
        self.shape.0 * self.shape.1
    }

    pub(super) fn row(&self, row: usize) -> RowRuns<'_> {
        self.steps[row / STEP].row(row % STEP)
    }

    /// Joins every run with the equal ones that touch it in the slice in front and in the row above.
    ///
    /// First within parts of the frame, each by a thread of its own that need not care for others, then between parts.
    pub(super) fn join(&self, task: &Task) -> Result<UnionFind> {
        let sets = UnionFind::new(self.n_runs());
        let n_rows = self.shape.0 * self.shape.1;
        parts(n_rows).try_for_each(|part| {
            for row in part.clone() {
                for near in self.before(row).filter(|near| part.contains(near)) {
                    let join = |a, b| sets.join_own(a, b);
                    for_touching(&self.row(near), &self.row(row), join);
                }
                if row % STEP == 0 {
                    task.advance()?;
                }
            }
            task.check()
        })?;
        parts(n_rows).try_for_each(|part| {
            for row in part.clone() {
                for near in self.before(row).filter(|near| !part.contains(near)) {
                    let join = |a, b| sets.join(a, b);
                    for_touching(&self.row(near), &self.row(row), join);
                }
            }
            task.check()
        })?;
        Ok(sets)
    }

    /// The rows in front of and above a row, where there are.
    fn before(&self, row: usize) -> impl Iterator<Item = usize> {
        let ny = self.shape.1;
        let above = (row % ny > 0).then(|| row - 1);
        [row.checked_sub(ny), above].into_iter().flatten()
    }

    /// The id of every run: 1, 2, … by the first run of its set.
    pub(super) fn number(&self, sets: UnionFind, task: &Task) -> Result<Vec<u32>> {
        let mut ids = sets.into_parents();
        let mut last = 0;
        for step in &self.steps {
            task.check()?;
            for run in step.numbers() {
                // A parent comes before its children: it has its id.
                let parent = ids[run as usize];
                ids[run as usize] = if parent == run {
                    last += 1;
                    last
                } else {
                    ids[parent as usize]
                };
            }
        }
        Ok(ids)
    }

    pub(super) fn paint(&self, ids: &[u32], out: &mut [u32], task: &Task) -> Result<()> {
        let nx = self.shape.2;
        for_steps_mut(out, nx, task, |step, pixels| {
            let step = &self.steps[step];
            for (i, pixels) in pixels.chunks_exact_mut(nx).enumerate() {
                let RowRuns { first, runs } = step.row(i);
                for (run, &id) in runs.iter().zip(&ids[first as usize..]) {
                    fill(pixels, run, id);
                }
            }
        })
    }
}

impl StepRuns {
    fn scan<T: Label>(rows: &Rows<'_, T>) -> Self {
        let (mut runs, mut ends) = (Vec::new(), Vec::with_capacity(rows.len()));
        let mut memory = Vec::new();
        rows.for_each(|_, pixels| {
            runs.extend_from_slice(find_runs(pixels, &mut memory));
            ends.push(runs.len());
        });
        Self {
            first: 0,
            runs,
            ends,
        }
    }

    fn of_rows(rows: std::ops::Range<usize>, write: impl Fn(usize, &mut Vec<Run>)) -> Self {
        let (mut runs, mut ends) = (Vec::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            write(row, &mut runs);
            ends.push(runs.len());
        }
        Self {
            first: 0,
            runs,
            ends,
        }
    }

    fn numbers(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.runs.len() as u32
    }

    fn row(&self, i: usize) -> RowRuns<'_> {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        RowRuns {
            first: self.first + start as u32,
            runs: &self.runs[start..self.ends[i]],
        }
    }
}

/// Calls `visit` with the numbers of equal runs of two rows that touch.
///
/// Where one run lies upon one, as in images of objects, every branch goes the same way for run after run.
#[inline(always)]
fn for_touching(before: &RowRuns<'_>, after: &RowRuns<'_>, mut visit: impl FnMut(u32, u32)) {
    let RowRuns {
        mut first,
        mut runs,
    } = *before;
    for (number, run) in (after.first..).zip(after.runs) {
        while let Some((_, rest)) = runs
            .split_first()
            .filter(|(near, _)| near.end() <= run.start)
        {
            first += 1;
            runs = rest;
        }
        for (near_number, near) in (first..).zip(runs) {
            if near.start >= run.end() {
                break;
            }
            if near.label == run.label {
                visit(near_number, number);
            }
        }
    }
}

/// Pixels written together: a loop over each run's own few pixels would take longer to start than to run.
const AT_ONCE: usize = 8;

/// Writes `id` on the pixels of `run`; behind them, `row` is 0.
#[inline(always)]
fn fill(row: &mut [u32], run: &Run, id: u32) {
    let pixels = run.pixels();
    if pixels.end + AT_ONCE > row.len() {
        return row[pixels].fill(id);
    }
    for start in pixels.clone().step_by(AT_ONCE) {
        row[start..][..AT_ONCE].fill(id);
    }
    row[pixels.end..][..AT_ONCE].fill(0);
}

fn too_large(what: &str) -> Error {
    Error::Shape(format!(
        "a frame with {what} is too large for one pass; label it in blocks"
    ))
}
