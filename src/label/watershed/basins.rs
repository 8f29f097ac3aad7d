//! Where floods begin, by basin: pixels that floods reach and their direct neighbours are in basins that do not touch.

use std::sync::atomic::{AtomicU32, Ordering};

use super::neighbours::neighbours;
use super::relief::Relief;
use crate::error::Result;
use crate::label::components::FrameRuns;
use crate::label::runs::Run;
use crate::task::Task;

/// A pixel of a seed with something to label beside it, and its basin.
pub(super) struct Source {
    pub(super) basin: u32,
    pub(super) pixel: u32,
}

/// All sources of a frame with the seeds `labels`, basin by basin. The inside of a seed, which may be most of the
/// frame, has nothing to label.
pub(super) fn sources(
    relief: &Relief<'_>,
    labels: &[AtomicU32],
    shape: (usize, usize, usize),
    task: &Task,
) -> Result<Vec<Source>> {
    let reached = FrameRuns::of_rows(shape, task, |row, runs| relief.reached_runs(row, runs))?;
    let basins = dilate(&reached, task)?;
    let ids = basins.number(basins.join(task)?, task)?;
    let label = |pixel: usize| labels[pixel].load(Ordering::Relaxed);
    let mut found = Vec::new();
    for row in 0..shape.0 * shape.1 {
        let inside = basins.row(row);
        for (run, &basin) in inside.runs.iter().zip(&ids[inside.first as usize..]) {
            let pixels = run.pixels().map(|x| row * shape.2 + x);
            let is_source = |&pixel: &usize| {
                label(pixel) != 0
                    && relief.reaches(relief.level(pixel))
                    && neighbours(shape, pixel).any(|near| label(near) == 0)
            };
            found.extend(pixels.filter(is_source).map(|pixel| Source {
                basin,
                pixel: pixel as u32,
            }));
        }
        task.check()?;
    }
    found.sort_by_key(|source| source.basin);
    Ok(found)
}

/// Every pixel of `runs` and its direct neighbours.
fn dilate(runs: &FrameRuns, task: &Task) -> Result<FrameRuns> {
    let nx = runs.shape.2 as u32;
    FrameRuns::of_rows(runs.shape, task, |row, wide| {
        let first = wide.len();
        wide.extend(runs.row(row).runs.iter().map(|run| {
            let start = run.start.saturating_sub(1);
            Run {
                start,
                length: (run.end() + 1).min(nx) - start,
                ..*run
            }
        }));
        for row in neighbour_rows(runs.shape, row).into_iter().flatten() {
            wide.extend_from_slice(runs.row(row).runs);
        }
        unite(wide, first);
    })
}

/// Makes the runs from `first` on sorted and disjoint.
fn unite(runs: &mut Vec<Run>, first: usize) {
    runs[first..].sort_by_key(|run| run.start);
    let mut last = first;
    for i in first + 1..runs.len() {
        let (run, open) = (runs[i], &mut runs[last]);
        if run.start <= open.end() {
            open.length = open.length.max(run.end() - open.start);
        } else {
            last += 1;
            runs[last] = run;
        }
    }
    runs.truncate(last + 1);
}

/// The rows behind, above, below and in front of a row, where there are.
fn neighbour_rows((nz, ny, _): (usize, usize, usize), row: usize) -> [Option<usize>; 4] {
    let (z, y) = (row / ny, row % ny);
    [
        (z > 0).then(|| row - ny),
        (y > 0).then(|| row - 1),
        (y + 1 < ny).then(|| row + 1),
        (z + 1 < nz).then(|| row + ny),
    ]
}
