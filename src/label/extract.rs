//! Where chosen objects are: their runs of pixels.

use ndarray::{ArrayView3, Axis};
use rustc_hash::FxHashMap;

use super::rows::{expect_passes, map_steps, Rows};
use super::runs::{find_runs, Label};
use crate::error::Result;
use crate::task::Task;

/// A run of pixels of one of the chosen objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectRun {
    /// Which of the chosen ids, by position.
    pub which: usize,
    /// Slice.
    pub z: usize,
    /// Row.
    pub y: usize,
    /// First pixel.
    pub x: usize,
    /// Number of pixels.
    pub length: usize,
}

/// All runs of the objects `ids` of a frame `zyx`, in raster order.
///
/// # Errors
/// [`crate::error::Error::Cancelled`].
pub fn object_runs<T: Label>(
    labels: ArrayView3<'_, T>,
    ids: &[u64],
    task: &Task,
) -> Result<Vec<ObjectRun>> {
    let which: FxHashMap<u64, usize> = ids.iter().enumerate().map(|(i, &id)| (id, i)).collect();
    let (nz, ny, _) = labels.dim();
    expect_passes(1, labels.insert_axis(Axis(0)), task);
    let parts = map_steps(nz * ny, task, |step| {
        let (mut found, mut memory) = (Vec::new(), Vec::new());
        Rows::of_step(labels, step).for_each(|row, pixels| {
            found.extend(find_runs(pixels, &mut memory).iter().filter_map(|run| {
                which.get(&run.label).map(|&which| ObjectRun {
                    which,
                    z: row / ny,
                    y: row % ny,
                    x: run.start as usize,
                    length: run.pixels().len(),
                })
            }));
        });
        found
    })?;
    Ok(parts.into_iter().flatten().collect())
}
