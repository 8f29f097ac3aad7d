//! Where floods begin, by basin: pixels that floods reach and their direct neighbours are in basins that do not touch.

use std::sync::atomic::{AtomicU32, Ordering};

use super::neighbours::neighbours;
use super::relief::Relief;
use crate::error::Result;
use crate::label::components::FrameRuns;
use crate::label::dilate::dilate;
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
