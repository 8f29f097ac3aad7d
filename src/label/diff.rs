//! Where two label images differ: the runs of pixels that have another label.

use ndarray::{ArrayView4, Axis};

use super::rows::{expect_passes, map_steps, Rows};
use super::runs::Label;
use crate::error::{Error, Result};
use crate::task::Task;

/// Consecutive pixels of a row that had one label and have another one now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedRun {
    /// Frame.
    pub t: usize,
    /// Slice.
    pub z: usize,
    /// Row.
    pub y: usize,
    /// First pixel.
    pub x: usize,
    /// Number of pixels, at least 1.
    pub length: usize,
    /// What they were, see [`Label::bits`].
    pub before: u64,
    /// What they are.
    pub after: u64,
}

/// The runs of pixels that `after` labels otherwise than `before` (both `tzyx`), in raster order.
///
/// # Errors
/// [`Error::Shape`] if the images are not of one shape, [`Error::Value`] for a negative label among what changed,
/// [`Error::Cancelled`].
pub fn changed_runs<T: Label>(
    before: ArrayView4<'_, T>,
    after: ArrayView4<'_, T>,
    task: &Task,
) -> Result<Vec<ChangedRun>> {
    if before.dim() != after.dim() {
        return Err(Error::Shape(format!(
            "the edited label image has t, z, y, x lengths {:?}, but the objects have {:?}; they must be equal",
            after.dim(),
            before.dim()
        )));
    }
    expect_passes(1, before, task);
    let mut runs = Vec::new();
    for t in 0..before.dim().0 {
        let (old, new) = (before.index_axis(Axis(0), t), after.index_axis(Axis(0), t));
        let (nz, ny, _) = old.dim();
        let found = map_steps(nz * ny, task, |step| {
            let mut found = Vec::new();
            let edited = Rows::of_step(new, step);
            Rows::of_step(old, step).for_each_with(&edited, |row, before, after| {
                // Whole rows first: nearly all are equal, and comparing memory is as fast as reading it.
                if before != after {
                    compare(before, after, (t, row / ny, row % ny), &mut found);
                }
            });
            found
        })?;
        runs.extend(found.into_iter().flatten());
    }
    if T::SIGNED {
        refuse_negative(&runs)?;
    }
    Ok(runs)
}

/// Appends the changed runs of row (t, z, y).
fn compare<T: Label>(
    before: &[T],
    after: &[T],
    (t, z, y): (usize, usize, usize),
    runs: &mut Vec<ChangedRun>,
) {
    let mut open: Option<ChangedRun> = None;
    for (x, (&old, &new)) in before.iter().zip(after).enumerate() {
        let (before, after) = (old.bits(), new.bits());
        match &mut open {
            Some(run) if (run.before, run.after) == (before, after) => run.length += 1,
            _ => {
                runs.extend(open.take());
                open = (old != new).then_some(ChangedRun {
                    t,
                    z,
                    y,
                    x,
                    length: 1,
                    before,
                    after,
                });
            }
        }
    }
    runs.extend(open);
}

fn refuse_negative(runs: &[ChangedRun]) -> Result<()> {
    match runs.iter().find(|run| (run.after as i64) < 0) {
        None => Ok(()),
        Some(run) => Err(Error::Value(format!(
            "the edited label image holds the negative label {} at t={}, z={}, y={}, x={}; \
             labels are 0 for background and positive for objects",
            run.after as i64, run.t, run.z, run.y, run.x
        ))),
    }
}
