//! The objects of a frame as runs of pixels: what is found, filtered and matched before it is painted.

use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::ArrayView3;

use super::block_labels::BlockLabels;
use super::components::FrameRuns;
use super::holes;
use super::rows::{map_steps, STEP};
use super::runs::{for_common, Run};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::task::Task;

/// The runs of a frame and the object that each belongs to; ids are 1, 2, … by the first run, 0 belongs to none.
pub(super) struct Objects {
    runs: FrameRuns,
    ids: Vec<u32>,
}

/// Objects that a size filter drops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) too_small: u64,
    pub(super) too_large: u64,
}

/// Passes over the rows that [`Objects::fill_holes`] takes.
pub(super) fn fill_passes(apart: bool) -> usize {
    1 + holes::PASSES + usize::from(!apart)
}

impl Objects {
    /// The connected components of runs. One pass.
    pub(super) fn components(runs: FrameRuns, task: &Task) -> Result<Self> {
        let ids = runs.number(runs.join(task)?, task)?;
        Ok(Self { runs, ids })
    }

    /// The objects of a label image in C order, connected or not, numbered anew. One pass.
    pub(super) fn of_labels(
        labels: &[u32],
        shape: (usize, usize, usize),
        task: &Task,
    ) -> Result<Self> {
        let fits = |_| Error::Shape(format!("labels do not fit a frame {shape:?}"));
        let image = ArrayView3::from_shape(shape, labels).map_err(fits)?;
        Ok(Self::of_labelled_runs(FrameRuns::scan(image, task)?))
    }

    fn of_labelled_runs(runs: FrameRuns) -> Self {
        let rows = (0..runs.shape.0 * runs.shape.1).map(|row| runs.row(row));
        let ids = rows.flat_map(|row| row.runs.iter().map(|run| run.label as u32));
        let ids = ids.collect();
        let mut objects = Self { runs, ids };
        objects.keep(|_| true);
        objects
    }

    /// Fills the holes of the objects' mask, which may join them; or those of each object, if they stay `apart`.
    /// [`fill_passes`] passes.
    pub(super) fn fill_holes(self, apart: bool, task: &Task) -> Result<Self> {
        let runs = FrameRuns::of_rows(self.runs.shape, task, |row, runs| {
            let own = self.runs.row(row);
            let ids = &self.ids[own.first as usize..];
            let objects = own.runs.iter().zip(ids).filter(|(_, &id)| id != 0);
            runs.extend(objects.map(|(run, &id)| Run {
                label: if apart { u64::from(id) } else { 1 },
                ..*run
            }));
        })?;
        drop(self);
        let filled = holes::fill(runs, task)?;
        if apart {
            return Ok(Self::of_labelled_runs(filled));
        }
        Self::components(filled, task)
    }

    /// Drops the objects of fewer than `least` or more than `most` pixels.
    pub(super) fn filter_sizes(&mut self, least: u64, most: u64) -> Dropped {
        let sizes = self.sizes();
        let count = |unfit: &dyn Fn(u64) -> bool| {
            sizes[1..].iter().filter(|&&size| unfit(size)).count() as u64
        };
        let dropped = Dropped {
            too_small: count(&|size| size < least),
            too_large: count(&|size| size >= least && size > most),
        };
        if dropped != Dropped::default() {
            self.keep(|id| (least..=most).contains(&sizes[id as usize]));
        }
        dropped
    }

    /// Drops the objects that hold no pixel of those of `cores`, which belong to the same frame. One pass.
    pub(super) fn keep_with_core(&mut self, cores: &Self, task: &Task) -> Result<()> {
        let cored: Vec<_> = (0..=self.last_id())
            .map(|_| AtomicBool::new(false))
            .collect();
        let n_rows = self.n_rows();
        map_steps(n_rows, task, |step| {
            for row in step * STEP..n_rows.min((step + 1) * STEP) {
                self.for_each_touch(cores, row, |id| {
                    cored[id as usize].store(true, Ordering::Relaxed);
                });
            }
        })?;
        self.keep(|id| cored[id as usize].load(Ordering::Relaxed));
        Ok(())
    }

    /// Fills the objects' pixels in `out`, a frame of 0 in C order. One pass.
    pub(super) fn paint(&self, out: &mut [u32], task: &Task) -> Result<()> {
        self.runs.paint(&self.ids, out, task)
    }

    /// The objects as parts of a block of a frame, if their runs are those of the block and none was dropped.
    pub(super) fn block_labels(self, block: Block, frame: Shape) -> BlockLabels {
        let id = |run: u32, _: &Run| self.ids[run as usize].into();
        BlockLabels::of_runs(block, frame, &self.runs, id)
    }

    /// Calls `visit` with the id of every run of a row that shares a pixel with an object of `others`.
    fn for_each_touch(&self, others: &Self, row: usize, mut visit: impl FnMut(u32)) {
        let (own, other) = (self.runs.row(row), others.runs.row(row));
        let ids = &self.ids[own.first as usize..];
        let cores = &others.ids[other.first as usize..];
        for_common(other.runs, own.runs, |core, run| {
            if cores[core] != 0 {
                visit(ids[run]);
            }
        });
    }

    fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.last_id() as usize + 1];
        for row in (0..self.n_rows()).map(|row| self.runs.row(row)) {
            for (run, &id) in row.runs.iter().zip(&self.ids[row.first as usize..]) {
                sizes[id as usize] += u64::from(run.length);
            }
        }
        sizes
    }

    /// Drops all others and numbers anew.
    fn keep(&mut self, wanted: impl Fn(u32) -> bool) {
        const UNSEEN: u32 = u32::MAX;
        let mut new_ids = vec![UNSEEN; self.last_id() as usize + 1];
        new_ids[0] = 0;
        let mut last = 0;
        for id in &mut self.ids {
            let new = &mut new_ids[*id as usize];
            if *new == UNSEEN {
                last += u32::from(wanted(*id));
                *new = if wanted(*id) { last } else { 0 };
            }
            *id = *new;
        }
    }

    fn last_id(&self) -> u32 {
        self.ids.iter().copied().max().unwrap_or(0)
    }

    fn n_rows(&self) -> usize {
        self.runs.shape.0 * self.runs.shape.1
    }
}
