//! How an image is passed over: slab by slab in any thread, and the runs of each row.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::collect::Frame;
use super::only::Only;
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::extract::Place;
use crate::label::runs::{refuse_negative, Run};
use crate::task::Task;

/// A part of a frame, at most [`crate::block::SLAB_VOXELS`] voxels.
pub(super) struct Slab {
    /// Its number in the pass.
    pub(super) turn: usize,
    /// The frame.
    pub(super) t: usize,
    /// The voxels.
    pub(super) block: Block,
}

/// A pass over all voxels of some frames, or over those that hold certain objects.
pub(super) struct Pass<'a> {
    frames: &'a [Frame<'a>],
    only: Option<Only>,
    slabs: Vec<Slab>,
}

impl<'a> Pass<'a> {
    /// Plans a pass over the blocks of `block_shape` (`None`: the whole frame is one block).
    ///
    /// # Errors
    /// [`Error::Shape`] for raw of another shape or an axis of 2³² and more.
    pub(super) fn new(
        frames: &'a [Frame<'a>],
        block_shape: Option<Shape>,
        only: Option<&[Place]>,
    ) -> Result<Self> {
        Ok(Self::of_slabs(frames, slabs(frames, block_shape)?, only))
    }

    /// Plans a pass over one block of a frame.
    ///
    /// # Errors
    /// As [`Pass::new`].
    pub(super) fn of_block(
        frame: &'a Frame<'a>,
        block: &Block,
        only: Option<&[Place]>,
    ) -> Result<Self> {
        check(frame)?;
        let slabs = block.slabs().into_iter().map(|slab| (0, slab));
        Ok(Self::of_slabs(
            std::slice::from_ref(frame),
            slabs.collect(),
            only,
        ))
    }

    fn of_slabs(
        frames: &'a [Frame<'a>],
        mut slabs: Vec<(usize, Block)>,
        only: Option<&[Place]>,
    ) -> Self {
        let only = only.map(Only::new);
        if let Some(only) = &only {
            slabs.retain_mut(|(t, block)| only.narrow(*t, block));
        }
        let slabs = slabs.into_iter().enumerate();
        Self {
            frames,
            only,
            slabs: slabs
                .map(|(turn, (t, block))| Slab { turn, t, block })
                .collect(),
        }
    }

    /// Number of slabs.
    pub(super) fn len(&self) -> usize {
        self.slabs.len()
    }

    /// Calls `work` with every slab, a step of `task` for each, which must be expected. They are handed out in order.
    ///
    /// # Errors
    /// The first of `work`, [`Error::Cancelled`].
    pub(super) fn run(&self, task: &Task, work: impl Fn(&Slab) -> Result<()> + Sync) -> Result<()> {
        let next = AtomicUsize::new(0);
        (0..self.slabs.len())
            .into_par_iter()
            .with_max_len(1)
            .try_for_each(|_| {
                let Some(slab) = self.slabs.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return Ok(());
                };
                task.advance()?;
                work(slab)
            })
    }

    /// Calls `visit` with z, y and the runs of every row of a slab; coordinates count from its start.
    ///
    /// # Errors
    /// [`Error::Value`] for negative labels.
    pub(super) fn rows(
        &self,
        slab: &Slab,
        memory: &mut RunMemory,
        mut visit: impl FnMut(usize, usize, &[Run]),
    ) -> Result<()> {
        let RunMemory { runs, wanted } = memory;
        let labels = self.frames[slab.t].labels;
        let ids = self.only.as_ref().map(|only| only.ids(slab.t));
        let part = labels.part(&slab.block);
        let [depth, height, _] = slab.block.shape();
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            let mut runs = part.runs(z, y, runs);
            if let Some(ids) = ids {
                wanted.clear();
                wanted.extend(runs.iter().filter(|run| ids.contains(&run.label)));
                runs = wanted;
            }
            if labels.is_signed() {
                let [z0, y0, _] = slab.block.start;
                refuse_negative(runs, z0 + z, y0 + y)?;
            }
            visit(z, y, runs);
        }
        Ok(())
    }
}

/// Working memory of [`Pass::rows`].
#[derive(Default)]
pub(super) struct RunMemory {
    runs: Vec<Run>,
    wanted: Vec<Run>,
}

/// The slabs of all blocks of all frames, with their frame.
fn slabs(frames: &[Frame<'_>], block_shape: Option<Shape>) -> Result<Vec<(usize, Block)>> {
    let mut slabs = Vec::new();
    for (t, frame) in frames.iter().enumerate() {
        check(frame)?;
        let whole = Block::whole(frame.labels.shape());
        let blocks = block_shape.map_or_else(|| vec![whole], |shape| whole.grid(shape));
        slabs.extend(blocks.iter().flat_map(Block::slabs).map(|slab| (t, slab)));
    }
    Ok(slabs)
}

fn check(frame: &Frame<'_>) -> Result<()> {
    let shape = frame.labels.shape();
    if let Some(raw) = frame.raw.filter(|raw| raw.shape() != shape) {
        return Err(Error::Shape(format!(
            "raw has z, y, x lengths {:?} but the label image has {shape:?}; they must be equal",
            raw.shape()
        )));
    }
    if shape.iter().any(|&length| length > u32::MAX as usize) {
        return Err(Error::Shape(format!(
            "an axis of the label image is 2^32 or longer ({shape:?}); measure parts of it"
        )));
    }
    Ok(())
}
