//! Label images as the pass sees them: runs of a piece of row, whatever the pixel type.

use ndarray::{s, ArrayView3};

use crate::block::Shape;
use crate::error::{Error, Result};
use crate::label::runs::{find_runs, Label, Run};

/// A piece of a row of the image: the voxels `from..to` of row (z, y).
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Plane.
    pub z: usize,
    /// Row in the plane.
    pub y: usize,
    /// First voxel.
    pub from: usize,
    /// One past the last voxel.
    pub to: usize,
}

/// A label image whose pixel type no longer matters.
pub trait LabelImage: Sync {
    /// Lengths along z, y, x.
    fn shape(&self) -> Shape;

    /// Finds the runs of a piece of row.
    ///
    /// # Errors
    /// [`Error::Value`] for a negative label.
    fn runs<'a>(&self, piece: Piece, memory: &'a mut Vec<Run>) -> Result<&'a [Run]>;
}

impl<L: Label> LabelImage for ArrayView3<'_, L> {
    fn shape(&self) -> Shape {
        self.dim().into()
    }

    fn runs<'a>(&self, piece: Piece, memory: &'a mut Vec<Run>) -> Result<&'a [Run]> {
        let Piece { z, y, from, to } = piece;
        let row = self.slice(s![z, y, from..to]);
        let contiguous = row.as_standard_layout();
        let runs = find_runs(contiguous.as_slice().unwrap_or_default(), memory);
        match runs.iter().find(|run| L::SIGNED && (run.label as i64) < 0) {
            None => Ok(runs),
            Some(run) => Err(Error::Value(format!(
                "the label image holds the negative label {} at z={z}, y={y}; \
                 labels are 0 for background and positive for objects",
                run.label as i64
            ))),
        }
    }
}
