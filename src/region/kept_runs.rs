//! The runs of a label image, kept between two passes over the same blocks.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::labels::{LabelImage, LabelPart};
use crate::block::{Block, Shape};
use crate::label::runs::Run;
use crate::task::lock;

/// A label image that remembers the runs of the blocks it was asked for.
pub(super) struct KeptRuns<'a> {
    labels: &'a dyn LabelImage,
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    parts: FxHashMap<Block, Arc<PartRuns>>,
    n_runs: usize,
}

impl<'a> KeptRuns<'a> {
    /// Will keep at most so many runs of `labels`; blocks beyond are scanned again.
    pub(super) fn new(labels: &'a dyn LabelImage, most: usize) -> Self {
        Self {
            labels,
            most,
            kept: Mutex::default(),
        }
    }
}

impl LabelImage for KeptRuns<'_> {
    fn shape(&self) -> Shape {
        self.labels.shape()
    }

    fn is_signed(&self) -> bool {
        self.labels.is_signed()
    }

    fn part(&self, block: &Block) -> Box<dyn LabelPart + '_> {
        if let Some(known) = lock(&self.kept).parts.get(block) {
            return Box::new(Arc::clone(known));
        }
        let found = Arc::new(PartRuns::of(self.labels, block));
        let kept = &mut *lock(&self.kept);
        if kept.n_runs + found.runs.len() <= self.most {
            kept.n_runs += found.runs.len();
            kept.parts.insert(*block, Arc::clone(&found));
        }
        Box::new(found)
    }
}

/// The runs of a block, row after row.
struct PartRuns {
    height: usize,
    runs: Vec<Run>,
    /// Where the runs of each row start, and the end of the last.
    starts: Vec<usize>,
}

impl PartRuns {
    fn of(labels: &dyn LabelImage, block: &Block) -> Self {
        let part = labels.part(block);
        let [depth, height, _] = block.shape();
        let mut runs = lock(&SPARE).pop().unwrap_or_default();
        let (mut memory, mut starts) = (Vec::new(), vec![0]);
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            runs.extend_from_slice(part.runs(z, y, &mut memory));
            starts.push(runs.len());
        }
        Self {
            height,
            runs,
            starts,
        }
    }
}

impl Drop for PartRuns {
    fn drop(&mut self) {
        let mut spare = lock(&SPARE);
        let held: usize = spare.iter().map(Vec::capacity).sum();
        if held + self.runs.capacity() <= MOST_SPARE {
            self.runs.clear();
            spare.push(std::mem::take(&mut self.runs));
        }
    }
}

/// Memory of runs, kept between calls: fresh pages cost more than the runs.
static SPARE: Mutex<Vec<Vec<Run>>> = Mutex::new(Vec::new());

/// Most runs there is room for in it, 16 MB.
const MOST_SPARE: usize = 1 << 20;

impl LabelPart for Arc<PartRuns> {
    fn runs<'a>(&'a self, z: usize, y: usize, _: &'a mut Vec<Run>) -> &'a [Run] {
        let row = z * self.height + y;
        &self.runs[self.starts[row]..self.starts[row + 1]]
    }
}
