//! Connected components by equality: adjacent pixels of the same non-zero value are one object.
//!
//! Direct neighbourhood (4 in 2D, 6 in 3D). Works on runs: scan all rows, join the runs that touch above and
//! in front, number the sets, paint. New ids are consecutive in raster first-encounter order, x fastest,
//! because the representative of a set is its first run.

use std::ops::Range;

use rayon::prelude::*;
use ndarray::{ArrayView3, ArrayView4};

use super::rows::{expect_passes, for_steps_mut, frames, map_steps, Rows, STEP};
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
        let sets = found.join(task)?;
        found.paint(&found.number(sets, task)?, out, task)
    })
}

/// The runs of all rows of a frame.
struct FrameRuns {
    shape: (usize, usize, usize),
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
struct RowRuns<'a> {
    first: u32,
    runs: &'a [Run],
}

impl FrameRuns {
    fn scan<T: Label>(frame: ArrayView3<'_, T>, task: &Task) -> Result<Self> {
        let shape = frame.dim();
        let mut steps = map_steps(shape.0 * shape.1, task, |step| {
            StepRuns::scan(&Rows::of_step(frame, step))
        })?;
        let mut total = 0u32;
        for step in &mut steps {
            step.first = total;
            let sum = u32::try_from(step.runs.len()).map(|n| total.checked_add(n));
            total = (sum.ok().flatten()).ok_or_else(|| too_large("2³² separate runs of pixels"))?;
        }
        Ok(Self { shape, steps })
    }

    fn n_runs(&self) -> u32 {
        self.steps.last().map_or(0, |last| last.numbers().end)
    }

    fn row(&self, row: usize) -> RowRuns<'_> {
        self.steps[row / STEP].row(row % STEP)
    }

    /// Joins every run with the equal ones that touch it in the slice in front and in the row above.
    fn join(&self, task: &Task) -> Result<UnionFind> {
        let sets = UnionFind::new(self.n_runs());
        self.for_neighbours(|part, row, near| {
            if part.contains(&near) {
                adopt_row(&self.row(near), &self.row(row), &sets);
            }
        });
        self.for_neighbours(|part, row, near| {
            if !part.contains(&near) {
                join_rows(&self.row(near), &self.row(row), &sets);
            }
        });
        Ok(sets)
    }

    fn for_neighbours(&self, visit: impl Fn(&Range<usize>, usize, usize) + Sync) {
        let (nz, ny, _) = self.shape;
        let n_rows = nz * ny;
        let size = n_rows.div_ceil(4 * rayon::current_num_threads()).max(1);
        (0..n_rows.div_ceil(size)).into_par_iter().for_each(|part| {
            let part = part * size..n_rows.min((part + 1) * size);
            for row in part.clone() {
                if row >= ny {
                    visit(&part, row, row - ny);
                }
                if row % ny > 0 {
                    visit(&part, row, row - 1);
                }
            }
        });
    }

    /// The id of every run: 1, 2, … by the first run of its set.
    fn number(&self, sets: UnionFind, task: &Task) -> Result<Vec<u32>> {
        task.check()?;
        Ok(sets.into_numbers())
    }

    fn paint(&self, ids: &[u32], out: &mut [u32], task: &Task) -> Result<()> {
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

fn adopt_row(before: &RowRuns<'_>, after: &RowRuns<'_>, sets: &UnionFind) {
    touching(before, after, |a, b| {
        if sets.is_first(b) {
            sets.adopt(a, b);
        } else {
            sets.join(a, b);
        }
    });
}

fn join_rows(before: &RowRuns<'_>, after: &RowRuns<'_>, sets: &UnionFind) {
    touching(before, after, |a, b| sets.join(a, b));
}

/// Visits the runs of two rows that touch: of two sorted lists of disjoint intervals, the one that ends first is done.
#[inline(always)]
fn touching(before: &RowRuns<'_>, after: &RowRuns<'_>, mut visit: impl FnMut(u32, u32)) {
    let mut runs = before.runs;
    let mut first = before.first;
    for (j, b) in (after.first..).zip(after.runs) {
        while let [a, rest @ ..] = runs {
            if a.end() > b.start {
                break;
            }
            runs = rest;
            first += 1;
        }
        for (i, a) in (first..).zip(runs) {
            if a.start >= b.end() {
                break;
            }
            if a.label == b.label {
                visit(i, j);
            }
        }
    }
}

const LANES: usize = 8;

#[inline(always)]
fn fill(row: &mut [u32], run: &Run, id: u32) {
    let (mut place, end) = (run.start as usize, run.end() as usize);
    let whole = place + (end - place).next_multiple_of(LANES);
    if whole + LANES > row.len() {
        return row[place..end].fill(id);
    }
    while place < end {
        row[place..place + LANES].copy_from_slice(&[id; LANES]);
        place += LANES;
    }
    row[end..end + LANES].copy_from_slice(&[0; LANES]);
}

fn too_large(what: &str) -> Error {
    Error::Shape(format!(
        "a frame with {what} is too large for one pass; label it in blocks"
    ))
}
