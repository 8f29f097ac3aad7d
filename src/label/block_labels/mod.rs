//! The labels of one block of a frame, as runs: parts of objects, numbered within the block.
//!
//! A part is what one block knows of an object. Its number says nothing beyond the block: which parts make an object,
//! and which id that has, is decided where all blocks are known, and told as one id for each number.

mod bytes;
mod contacts;
mod paint;

use ndarray::{ArrayView3, Axis};

use super::components::FrameRuns;
use super::objects::Objects;
use super::row_index::RowIndex;
use super::rows::expect_passes;
use super::runs::{refuse_negative, Label, Run};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::task::Task;

/// What a block knows of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Value of its pixels: the id in a label image, the value in a segmentation, 1 in a mask.
    pub key: u64,
    /// Number of its pixels.
    pub count: u64,
    /// Its first pixel in raster order of the whole frame: (z · ny + y) · nx + x.
    pub first: u64,
    /// The smallest box around it; coordinates count from the start of the frame.
    pub bounds: Block,
}

/// Runs of a block whose `label` is the number of their part, and the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLabels {
    /// The block.
    pub block: Block,
    /// Lengths of the frame that it is a block of.
    pub frame: Shape,
    /// All runs, row after row; `start` counts from the start of the block, `label` is the number of the part.
    runs: Vec<Run>,
    /// Where in `runs` each row ends.
    ends: Vec<usize>,
    /// The parts; that of number n is at n − 1. Numbers are in the order of first pixels.
    pub parts: Vec<Part>,
}

impl BlockLabels {
    /// The parts of equal labels in `image`, the block at `start` of a label image of shape `frame`; connected or not.
    ///
    /// # Errors
    /// [`Error::Value`] for negative labels, [`Error::Shape`] for a block outside the frame or too large,
    /// [`Error::Cancelled`].
    pub fn of_labels<T: Label>(
        image: ArrayView3<'_, T>,
        start: Shape,
        frame: Shape,
        task: &Task,
    ) -> Result<Self> {
        let block = block_of(image, start, frame)?;
        expect_passes(1, image.insert_axis(Axis(0)), task);
        let found = FrameRuns::scan(image, task)?;
        let height = image.dim().1;
        for row in (0..found.n_rows()).take_while(|_| T::SIGNED) {
            let (z, y) = (start[0] + row / height, start[1] + row % height);
            refuse_negative(found.row(row).runs, z, y)?;
        }
        let (mut index, mut ids) = (RowIndex::default(), Vec::new());
        let number = |_, run: &Run| index.row(run.label, &mut ids) as u64 + 1;
        Ok(Self::of_runs(block, frame, &found, number))
    }

    /// The connected components by equality of `image`, the block at `start` of a segmentation of shape `frame`.
    ///
    /// # Errors
    /// [`Error::Shape`] for a block outside the frame or too large, [`Error::Cancelled`].
    pub fn of_segmentation<T: Label>(
        image: ArrayView3<'_, T>,
        start: Shape,
        frame: Shape,
        task: &Task,
    ) -> Result<Self> {
        let block = block_of(image, start, frame)?;
        expect_passes(2, image.insert_axis(Axis(0)), task);
        let objects = Objects::components(FrameRuns::scan(image, task)?, task)?;
        Ok(objects.block_labels(block, frame))
    }

    /// The runs of row (z, y), counted from the start of the block.
    #[must_use]
    pub fn row(&self, z: usize, y: usize) -> &[Run] {
        let row = z * self.block.shape()[1] + y;
        let first = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.runs[first..self.ends[row]]
    }

    /// The runs `found` in `block`. Their label is the key of their part; `number` says, given the number of a run among
    /// all and the run, which part that is: from 1 in the order of first meeting.
    pub(super) fn of_runs(
        block: Block,
        frame: Shape,
        found: &FrameRuns,
        mut number: impl FnMut(u32, &Run) -> u64,
    ) -> Self {
        let height = block.shape()[1];
        let mut labels = Self::empty(block, frame);
        labels.runs.reserve_exact(found.n_runs() as usize);
        for row in 0..found.n_rows() {
            let own = found.row(row);
            for (i, run) in (own.first..).zip(own.runs) {
                let label = number(i, run);
                let numbered = Run { label, ..*run };
                labels.runs.push(numbered);
                labels.count(row / height, row % height, numbered, run.label);
            }
            labels.ends.push(labels.runs.len());
        }
        labels
    }

    fn empty(block: Block, frame: Shape) -> Self {
        let [depth, height, _] = block.shape();
        Self {
            block,
            frame,
            runs: Vec::new(),
            ends: Vec::with_capacity(depth * height),
            parts: Vec::new(),
        }
    }

    /// Counts a run of row (z, y) to its part, which has `key` if it is a new one.
    #[inline(always)]
    fn count(&mut self, z: usize, y: usize, run: Run, key: u64) {
        let [z, y] = [z + self.block.start[0], y + self.block.start[1]];
        let [start, stop] = [run.start, run.end()].map(|x| x as usize + self.block.start[2]);
        let bounds = Block {
            start: [z, y, start],
            stop: [z + 1, y + 1, stop],
        };
        let place = run.label as usize - 1;
        if place == self.parts.len() {
            let [_, ny, nx] = self.frame;
            self.parts.push(Part {
                key,
                count: 0,
                first: ((z * ny + y) * nx + start) as u64,
                bounds,
            });
        }
        let part = &mut self.parts[place];
        part.count += u64::from(run.length);
        part.bounds = part.bounds.hull(&bounds);
    }
}

/// The block that `image` is, at `start` of a frame.
fn block_of<T>(image: ArrayView3<'_, T>, start: Shape, frame: Shape) -> Result<Block> {
    let shape: Shape = image.dim().into();
    let block = Block {
        start,
        stop: std::array::from_fn(|axis| start[axis].saturating_add(shape[axis])),
    };
    if is_block_of(&block, frame) {
        Ok(block)
    } else {
        Err(Error::Shape(format!(
            "there is no block of shape {shape:?} at {start:?} in a frame of shape {frame:?}; cut it within the frame"
        )))
    }
}

/// Whether `block` lies within `frame`, and what is counted there fits into the numbers that count it.
fn is_block_of(block: &Block, frame: Shape) -> bool {
    let pixels = frame
        .iter()
        .try_fold(1usize, |n, &side| n.checked_mul(side));
    let inside = |axis| block.start[axis] <= block.stop[axis] && block.stop[axis] <= frame[axis];
    pixels.is_some() && (0..3).all(inside) && u32::try_from(block.shape()[2]).is_ok()
}
