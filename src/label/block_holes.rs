//! Holes of objects that are known block by block: the background between kept parts, and its filling.

use super::block_labels::BlockLabels;
use super::components::FrameRuns;
use super::holes::{push_gaps, push_merged};
use super::objects::Objects;
use super::runs::Run;
use crate::error::{Error, Result};
use crate::task::Task;

/// The connected components, key 0, of what is background in a block where only the parts in `kept` are foreground.
///
/// `kept` has a flag for each number; that of the background, 0, does not matter.
///
/// # Errors
/// [`Error::Shape`] when `kept` does not fit; [`Error::Cancelled`].
pub fn gaps(labels: &BlockLabels, kept: &[bool], task: &Task) -> Result<BlockLabels> {
    check_flags(labels, kept)?;
    components(labels, task, |z, y, runs| {
        let row: Vec<_> = of_row(labels, kept, z, y).collect();
        push_gaps(&row, labels.block.shape()[2] as u32, runs);
    })
}

/// The connected components, key 1, of the kept parts of a block together with those of its [`gaps`] that are `holes`.
///
/// # Errors
/// [`Error::Shape`] when flags do not fit, or the labelings are of different blocks; [`Error::Cancelled`].
pub fn filled(
    labels: &BlockLabels,
    kept: &[bool],
    gaps: &BlockLabels,
    holes: &[bool],
    task: &Task,
) -> Result<BlockLabels> {
    check_flags(labels, kept)?;
    check_flags(gaps, holes)?;
    if labels.block != gaps.block {
        return Err(Error::Shape(format!(
            "the parts of {} have no gaps in {}; take those of one block",
            labels.block, gaps.block
        )));
    }
    components(labels, task, |z, y, runs| {
        let row: Vec<_> = of_row(labels, kept, z, y).collect();
        push_merged(&row, of_row(gaps, holes, z, y), runs);
    })
}

fn check_flags(labels: &BlockLabels, flags: &[bool]) -> Result<()> {
    if flags.len() == labels.parts.len() + 1 {
        return Ok(());
    }
    Err(Error::Shape(format!(
        "there are {} flags for {} parts; give one for each number from 0",
        flags.len(),
        labels.parts.len()
    )))
}

/// The runs of the chosen parts in a row, as those of a mask.
fn of_row<'a>(
    labels: &'a BlockLabels,
    chosen: &'a [bool],
    z: usize,
    y: usize,
) -> impl Iterator<Item = Run> + 'a {
    let runs = labels.row(z, y).iter();
    let runs = runs.filter(|run| chosen[run.label as usize]);
    runs.map(move |run| Run { label: 1, ..*run })
}

/// The connected components of the runs that `write` appends for each row (z, y) of a block.
fn components(
    labels: &BlockLabels,
    task: &Task,
    write: impl Fn(usize, usize, &mut Vec<Run>) + Sync,
) -> Result<BlockLabels> {
    let [nz, ny, nx] = labels.block.shape();
    let runs = FrameRuns::of_rows((nz, ny, nx), task, |row, runs| {
        write(row / ny, row % ny, runs);
    })?;
    let objects = Objects::components(runs, task)?;
    Ok(objects.block_labels(labels.block, labels.frame))
}
