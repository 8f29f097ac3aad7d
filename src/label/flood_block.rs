//! Floods of a frame that is known block by block: where they begin and how far they could reach, and the floods of
//! a window.
//!
//! Pixels that floods reach, seeds, and the direct neighbours of both make groups that do not touch. A flood stays in
//! its group, so groups are flooded one by one, each with all of its pixels in a window.

use ndarray::{s, ArrayView3};

use super::block_labels::BlockLabels;
use super::components::FrameRuns;
use super::dilate::{dilate, unite};
use super::objects::Objects;
use super::rows::STEP;
use super::runs::Run;
use super::smooth::{Channels, Pixel, Smoother, Window};
use super::threshold::Threshold;
use super::threshold_block::{check_read, threshold_block, Foreground};
use super::watershed::{flood_part, PART_PASSES};
use crate::block::{Block, Shape};
use crate::error::Result;
use crate::task::Task;

/// As [`threshold_block`], but `mask` are the groups of what is at least `low` or in a core, key 1: the connected
/// components of these pixels and their direct neighbours, among them those of neighbouring blocks.
///
/// One pixel more than for smoothing has to be read on each side, but at the ends of the frame.
///
/// # Errors
/// As [`threshold_block`].
pub fn groups_block<'i, P: Pixel>(
    last: ArrayView3<'i, P>,
    core: Option<ArrayView3<'i, P>>,
    how: &Threshold,
    window: Window,
    task: &Task,
) -> Result<Foreground> {
    let Window { frame, read, inner } = window;
    let wide = Window {
        inner: widened(inner, frame),
        ..window
    };
    let found = threshold_block(last, core, how, wide, task)?;
    let both = [Some(&found.mask), found.cores.as_ref()];
    let [nz, ny, nx] = wide.inner.shape();
    let reached = FrameRuns::of_rows((nz, ny, nx), task, |row, runs| {
        let first = runs.len();
        for labels in both.into_iter().flatten() {
            runs.extend(labels.row(row / ny, row % ny).iter().map(unlabelled));
        }
        unite(runs, first);
    })?;
    let near = dilate(&reached, task)?;
    let groups = within(wide.inner, window, task, |z, y| near.row(z * ny + y).runs)?;
    let cores = found.cores.as_ref();
    let cores = cores.map(|cores| within(wide.inner, window, task, |z, y| cores.row(z, y)));
    let n_nan = if found.n_nan == 0 {
        0
    } else {
        let channels = [Some(last), core.filter(|_| how.core.is_some())];
        let channels = channels.into_iter().flatten();
        channels.map(|channel| n_nan(channel, read, inner)).sum()
    };
    Ok(Foreground {
        mask: groups,
        cores: cores.transpose()?,
        n_nan,
        ..found
    })
}

/// Floods the groups of which all pixels are in the inner part of `window`, `last` and `core` (zyx) being what was read,
/// from the seeds in `labels` (inner part, C order), those of these groups; `largest` is that of the whole frame.
/// Returns how many basins have pixels that are equally near to two objects: see [`flood_part`].
///
/// # Errors
/// As [`threshold_block`]; [`crate::error::Error::Shape`] when `labels` do not fit.
pub fn flood_window<'i, P: Pixel>(
    last: ArrayView3<'i, P>,
    core: Option<ArrayView3<'i, P>>,
    how: &Threshold,
    window: Window,
    largest: f32,
    labels: &mut [u32],
    task: &Task,
) -> Result<u64> {
    check_read(&last, core.as_ref(), &window)?;
    let smoother = Smoother::new(window, how.sigma, how.range)?;
    let (nz, ny, nx) = smoother.shape();
    task.expect(smoother.n_steps());
    task.expect(PART_PASSES * (nz * ny).div_ceil(STEP));
    let mut values = vec![0.0; nz * ny * nx];
    let channels = Channels { last, core };
    let bands = smoother.bands_mut(&mut values);
    channels.walk(&smoother, bands, task, |values, row| {
        values[row.z][row.y * nx..][..nx].copy_from_slice(row.last);
    })?;
    flood_part(&values, labels, (nz, ny, nx), how.low as f32, largest, task)
}

/// A block and the pixels around it, as far as the frame goes.
fn widened(block: Block, frame: Shape) -> Block {
    Block {
        start: block.start.map(|start| start.saturating_sub(1)),
        stop: std::array::from_fn(|axis| frame[axis].min(block.stop[axis] + 1)),
    }
}

fn unlabelled(run: &Run) -> Run {
    Run { label: 1, ..*run }
}

/// The connected components, key 1, of what lies in the inner part of `window` of the rows (z, y) of `wide`.
fn within<'a>(
    wide: Block,
    window: Window,
    task: &Task,
    row: impl Fn(usize, usize) -> &'a [Run] + Sync,
) -> Result<BlockLabels> {
    let inner = window.inner;
    let [nz, ny, nx] = inner.shape();
    let [z0, y0, x0] = std::array::from_fn(|axis| inner.start[axis] - wide.start[axis]);
    let [x0, x1] = [x0 as u32, (x0 + nx) as u32];
    let runs = FrameRuns::of_rows((nz, ny, nx), task, |at, runs| {
        let touching = row(z0 + at / ny, y0 + at % ny).iter();
        let touching = touching.filter(|run| run.end() > x0 && run.start < x1);
        runs.extend(touching.map(|run| {
            let start = run.start.max(x0);
            Run {
                label: 1,
                start: start - x0,
                length: run.end().min(x1) - start,
            }
        }));
    })?;
    Ok(Objects::components(runs, task)?.block_labels(inner, window.frame))
}

/// Pixels of a part of what was `read` that are NaN.
fn n_nan<P: Pixel>(pixels: ArrayView3<'_, P>, read: Block, part: Block) -> u64 {
    let [z, y, x] = std::array::from_fn(|axis| {
        part.start[axis] - read.start[axis]..part.stop[axis] - read.start[axis]
    });
    let part = pixels.slice_move(s![z, y, x]);
    part.iter().filter(|pixel| pixel.value().is_nan()).count() as u64
}
