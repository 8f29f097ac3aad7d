//! The labels of one block of a frame, as runs: parts of objects, numbered within the block.
//!
//! A part is what one block knows of an object. Its number says nothing beyond the block: which parts make an object,
//! and which id that has, is decided where all blocks are known, and told as one id for each number.

use super::runs::Run;
use crate::block::{Block, Shape};

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
    /// Labels of `block`: `write` appends the runs of row (z, y) of the block, with numbers from 1 in the order of
    /// first meeting; the part of number n has `key(n)`.
    #[must_use]
    pub fn of_rows(
        block: Block,
        frame: Shape,
        mut write: impl FnMut(usize, usize, &mut Vec<Run>),
        key: impl Fn(u64) -> u64,
    ) -> Self {
        let [depth, height, _] = block.shape();
        let mut labels = Self {
            block,
            frame,
            runs: Vec::new(),
            ends: Vec::with_capacity(depth * height),
            parts: Vec::new(),
        };
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            let known = labels.runs.len();
            write(z, y, &mut labels.runs);
            for i in known..labels.runs.len() {
                labels.count(z, y, labels.runs[i], &key);
            }
            labels.ends.push(labels.runs.len());
        }
        labels
    }

    /// The runs of row (z, y), counted from the start of the block.
    #[must_use]
    pub fn row(&self, z: usize, y: usize) -> &[Run] {
        let row = z * self.block.shape()[1] + y;
        let first = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.runs[first..self.ends[row]]
    }

    fn count(&mut self, z: usize, y: usize, run: Run, key: &impl Fn(u64) -> u64) {
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
                key: key(run.label),
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
