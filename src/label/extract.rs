//! Where chosen objects are: their runs of pixels, looked for in their bounding boxes only.

use ndarray::{ArrayView4, Axis};
use rayon::prelude::*;

use super::contiguous::contiguous;
use super::runs::{find_runs, Label};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::task::Task;

/// An object that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Frame.
    pub t: usize,
    /// Its id there, see [`Label::bits`].
    pub id: u64,
    /// A box that holds all of it.
    pub bounds: Block,
}

/// A run of pixels of an object: z, y, first x, length.
pub type ObjectRun = [usize; 4];

/// The runs of each object of `labels` (tzyx) in raster order; none for an id without a pixel.
///
/// # Errors
/// [`Error::Shape`] for a place outside the image, [`Error::Cancelled`].
pub fn object_runs<T: Label>(
    labels: ArrayView4<'_, T>,
    places: &[Place],
    task: &Task,
) -> Result<Vec<Vec<ObjectRun>>> {
    task.expect(places.len());
    places
        .par_iter()
        .map(|place| {
            task.advance()?;
            runs_in_box(labels, place)
        })
        .collect()
}

fn runs_in_box<T: Label>(labels: ArrayView4<'_, T>, place: &Place) -> Result<Vec<ObjectRun>> {
    let Block { start, stop } = place.bounds;
    let (n_frames, nz, ny, nx) = labels.dim();
    let fits = (0..3).all(|axis| start[axis] <= stop[axis] && stop[axis] <= [nz, ny, nx][axis]);
    if place.t >= n_frames || !fits {
        let (id, t) = (place.id, place.t);
        return Err(Error::Shape(format!(
            "the box of object {id} in frame {t} lies outside the image; index the objects of this image again"
        )));
    }
    let frame = labels.index_axis_move(Axis(0), place.t);
    let inside = contiguous(frame.slice(place.bounds.slice()));
    let (mut found, mut memory) = (Vec::new(), Vec::new());
    for (row, pixels) in inside.rows().into_iter().enumerate() {
        let (z, y) = (row / inside.dim().1, row % inside.dim().1);
        let runs = find_runs(pixels.to_slice().unwrap_or_default(), &mut memory);
        let own = runs.iter().filter(|run| run.label == place.id);
        found.extend(own.map(|run| {
            let x = start[2] + run.start as usize;
            [start[0] + z, start[1] + y, x, run.length as usize]
        }));
    }
    Ok(found)
}
