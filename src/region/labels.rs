//! Label images as the pass sees them: the runs of a row, whatever the pixel type.

use ndarray::{s, ArrayView3, CowArray, Ix3};

use crate::block::{Block, Shape};
use crate::label::contiguous::contiguous;
use crate::label::runs::{find_runs, Label, Run};

/// A label image whose pixel type no longer matters.
pub trait LabelImage: Sync {
    /// Lengths along z, y, x.
    fn shape(&self) -> Shape;

    /// Whether pixels may be negative.
    fn is_signed(&self) -> bool;

    /// The voxels of a block.
    fn part(&self, block: &Block) -> Box<dyn LabelPart + '_>;
}

/// A part of a label image; its coordinates count from its own start.
pub trait LabelPart {
    /// The runs of row (z, y), in `memory` unless they are kept.
    fn runs<'a>(&'a self, z: usize, y: usize, memory: &'a mut Vec<Run>) -> &'a [Run];
}

impl<L: Label> LabelImage for ArrayView3<'_, L> {
    fn shape(&self) -> Shape {
        self.dim().into()
    }

    fn is_signed(&self) -> bool {
        L::SIGNED
    }

    fn part(&self, block: &Block) -> Box<dyn LabelPart + '_> {
        Box::new(contiguous(self.slice(block.slice())))
    }
}

impl<L: Label> LabelPart for CowArray<'_, L, Ix3> {
    fn runs<'a>(&'a self, z: usize, y: usize, memory: &'a mut Vec<Run>) -> &'a [Run] {
        let row = self.slice(s![z, y, ..]);
        find_runs(row.to_slice().unwrap_or_default(), memory)
    }
}
