//! Thresholds in one block of a frame: what is foreground there, before anything is known of the other blocks.

use ndarray::ArrayView3;

use super::block_labels::BlockLabels;
use super::objects::Objects;
use super::smooth::{Channels, Pixel, Smoother, Window};
use super::threshold::{Frame, Masks, Threshold};
use crate::error::{Error, Result};
use crate::task::Task;

/// The foreground of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreground {
    /// The connected components of at least `low`, key 1.
    pub mask: BlockLabels,
    /// Those of at least the core threshold, key 1.
    pub cores: Option<BlockLabels>,
    /// The largest value, after smoothing, that is finite, -∞ without any; known where there are cores.
    pub largest: f32,
    /// Pixels of the channels used that are NaN.
    pub n_nan: u64,
}

/// Finds the foreground of the inner pixels of `window`, of which `last` and `core` (zyx) are the pixels that were read.
///
/// Every pixel is compared to the bit as in the whole frame, see [`super::threshold::threshold`]. Sizes, whether an
/// object has a core, and holes are known only where all blocks are: of `how` only `sigma`, `range`, `low` and `core`
/// count.
///
/// # Errors
/// As [`super::threshold::threshold`]; [`Error::Shape`] when the pixels read do not fit the window, or do not suffice.
pub fn threshold_block<'i, P: Pixel>(
    last: ArrayView3<'i, P>,
    core: Option<ArrayView3<'i, P>>,
    how: &Threshold,
    window: Window,
    task: &Task,
) -> Result<Foreground> {
    check_read(&last, core.as_ref(), &window)?;
    let Window { frame, inner, .. } = window;
    let smoother = Smoother::new(window, how.sigma, how.range)?;
    task.expect(smoother.n_steps());
    let core = core.filter(|_| how.core.is_some());
    let found = Frame {
        channels: Channels { last, core },
        smoother: &smoother,
        how,
        task,
    };
    let labels = |objects: Objects| objects.block_labels(inner, frame);
    let Some(core) = how.core else {
        let (mask, n_nan) = found.components(how.low)?;
        return Ok(Foreground {
            mask: labels(mask),
            cores: None,
            largest: f32::NEG_INFINITY,
            n_nan,
        });
    };
    let Masks {
        low,
        core,
        largest,
        n_nan,
    } = found.masks(core)?;
    Ok(Foreground {
        mask: labels(low),
        cores: Some(labels(core)),
        largest,
        n_nan,
    })
}

/// Refuses pixels that are not those of `window`.
pub(super) fn check_read<P>(
    last: &ArrayView3<'_, P>,
    core: Option<&ArrayView3<'_, P>>,
    window: &Window,
) -> Result<()> {
    let shapes = [Some(last.dim()), core.map(ArrayView3::dim)];
    let mut shapes = shapes.into_iter().flatten();
    let read = window.read.shape();
    match shapes.find(|&shape| shape != read.into()) {
        Some(shape) => Err(Error::Shape(format!(
            "pixels of shape {shape:?} were read where the window has {read:?}; read exactly the window"
        ))),
        None => Ok(()),
    }
}
