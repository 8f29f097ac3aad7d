//! Masks that are larger by one pixel, on the runs of their rows.

use super::components::FrameRuns;
use super::runs::Run;
use crate::error::Result;
use crate::task::Task;

/// Every pixel of `runs`, all of one label, and its direct neighbours. One pass.
pub(super) fn dilate(runs: &FrameRuns, task: &Task) -> Result<FrameRuns> {
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

/// Makes the runs from `first` on, all of one label, sorted and disjoint.
pub(super) fn unite(runs: &mut Vec<Run>, first: usize) {
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
