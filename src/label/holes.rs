//! Filling holes: background regions that objects enclose, found on the runs between the objects.

use ndarray::ArrayView3;

use super::components::FrameRuns;
use super::rows::{map_steps, STEP};
use super::runs::Run;
use crate::error::{Error, Result};
use crate::task::Task;

/// Gives every hole of a frame of `labels` (zyx, C order) that only one object surrounds to that object. Six passes.
///
/// A hole is a region of directly connected background pixels that does not touch the border of the frame; in a
/// frame of one slice, the faces of the slice are no border. Holes between several objects stay.
///
/// # Errors
/// [`Error::Shape`] when `labels` do not fit `shape` or there are 2³² runs of pixels; [`Error::Cancelled`].
pub fn fill_holes(labels: &mut [u32], shape: (usize, usize, usize), task: &Task) -> Result<()> {
    let frame = ArrayView3::from_shape(shape, &*labels)
        .map_err(|_| Error::Shape(format!("labels do not fit a frame of shape {shape:?}")))?;
    let filled = fill(FrameRuns::scan(frame, task)?, task)?;
    let rows = (0..shape.0 * shape.1).map(|row| filled.row(row).runs);
    let ids: Vec<_> = rows.flatten().map(|run| run.label as u32).collect();
    filled.paint(&ids, labels, task)
}

/// As [`fill_holes`], on the runs of a frame: those of a mask, if all have the same label. [`PASSES`] passes.
pub(super) fn fill(objects: FrameRuns, task: &Task) -> Result<FrameRuns> {
    let shape = objects.shape;
    let gaps = FrameRuns::of_rows(shape, task, |row, runs| {
        push_gaps(objects.row(row).runs, shape.2 as u32, runs);
    })?;
    let surroundings = regions(&gaps, &objects, task)?;
    FrameRuns::of_rows(shape, task, |row, runs| {
        let found = gaps.row(row);
        let holes = found.runs.iter().zip(&surroundings[found.first as usize..]);
        let holes = holes.filter_map(|(gap, around)| match around {
            Around::One(label) => Some(Run {
                label: *label,
                ..*gap
            }),
            _ => None,
        });
        push_merged(objects.row(row).runs, holes, runs);
    })
}

/// Passes over the rows that [`fill`] takes: gaps, what lies around them, joining, merging.
pub(super) const PASSES: usize = 4;

/// What lies around background pixels.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    Nothing,
    One(u64),
    /// Several labels, or the border.
    Open,
}

impl Around {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, around) | (around, Self::Nothing) => around,
            (a, b) if a == b => a,
            _ => Self::Open,
        }
    }
}

/// What lies around the region that each gap belongs to.
fn regions(gaps: &FrameRuns, objects: &FrameRuns, task: &Task) -> Result<Vec<Around>> {
    let n_rows = gaps.shape.0 * gaps.shape.1;
    let steps = map_steps(n_rows, task, |step| {
        let rows = step * STEP..((step + 1) * STEP).min(n_rows);
        rows.flat_map(|row| {
            let gaps = gaps.row(row).runs.iter();
            gaps.map(move |gap| around(gap, row, objects))
        })
        .collect::<Vec<_>>()
    })?;
    let mut surroundings = steps.concat();
    let regions = gaps.join(task)?;
    for gap in 0..gaps.n_runs() {
        let root = regions.find(gap) as usize;
        surroundings[root] = surroundings[root].and(surroundings[gap as usize]);
    }
    for gap in 0..gaps.n_runs() {
        surroundings[gap as usize] = surroundings[regions.find(gap) as usize];
    }
    Ok(surroundings)
}

/// What lies around one gap of a row.
fn around(gap: &Run, row: usize, objects: &FrameRuns) -> Around {
    let (nz, ny, nx) = objects.shape;
    let (z, y) = (row / ny, row % ny);
    let inside = |i: usize, n: usize| i > 0 && i + 1 < n;
    if gap.start == 0 || gap.end() as usize == nx || !inside(y, ny) || nz > 1 && !inside(z, nz) {
        return Around::Open;
    }
    let beside = labels(objects, row, gap.start - 1, gap.end() + 1);
    let slices = if nz > 1 { &[1, ny][..] } else { &[1] };
    let rows = slices.iter().flat_map(|step| [row - step, row + step]);
    let across = rows.flat_map(|row| labels(objects, row, gap.start, gap.end()));
    beside
        .chain(across)
        .map(Around::One)
        .fold(Around::Nothing, Around::and)
}

/// The labels of a row between two places.
fn labels(objects: &FrameRuns, row: usize, start: u32, end: u32) -> impl Iterator<Item = u64> + '_ {
    let runs = objects.row(row).runs;
    let first = runs.partition_point(|run| run.end() <= start);
    let touching = runs[first..].iter().take_while(move |run| run.start < end);
    touching.map(|run| run.label)
}

/// Appends what lies between the runs of a row of `nx` pixels.
pub(super) fn push_gaps(row: &[Run], nx: u32, gaps: &mut Vec<Run>) {
    let starts = [0].into_iter().chain(row.iter().map(Run::end));
    let ends = row.iter().map(|run| run.start).chain([nx]);
    for (start, end) in starts.zip(ends).filter(|(start, end)| start < end) {
        gaps.push(Run {
            label: 0,
            start,
            length: end - start,
        });
    }
}

/// Appends two sorted rows that do not overlap as one, runs that continue each other as one run.
pub(super) fn push_merged(row: &[Run], holes: impl Iterator<Item = Run>, merged: &mut Vec<Run>) {
    let first = merged.len();
    merged.extend_from_slice(row);
    merged.extend(holes);
    merged[first..].sort_by_key(|run| run.start);
    let mut last = first;
    for next in first + 1..merged.len() {
        let (run, open) = (merged[next], &mut merged[last]);
        if run.start == open.end() && run.label == open.label {
            open.length += run.length;
        } else {
            last += 1;
            merged[last] = run;
        }
    }
    merged.truncate(last + 1);
}
