//! The pass over an image: slabs of blocks in any thread, their tables merged in slab order.

use std::cell::RefCell;

use rayon::prelude::*;

use super::intensity::RawImage;
use super::rows::RowIndex;
use super::runs::{LabelImage, Piece, Run};
use super::table::RegionTable;
use crate::block::Block;
use crate::error::{Error, Result};
use crate::task::Task;

/// The frames of an image: one label image and, if intensities are wanted, one raw image each.
pub struct Frame<'a> {
    /// Label image.
    pub labels: &'a dyn LabelImage,
    /// Raw image of the same shape.
    pub raw: Option<&'a dyn RawImage>,
}

/// Collects one table per frame, block after block of the plan (`None`: the whole frame is one block).
///
/// The result depends on the plan only, not on the number of threads.
///
/// # Errors
/// [`Error::Shape`] for raw of another shape or an axis of 2³² and more, [`Error::Value`] for negative labels,
/// [`Error::Cancelled`].
pub fn collect(
    frames: &[Frame<'_>],
    block_shape: Option<[usize; 3]>,
    task: &Task,
) -> Result<Vec<RegionTable>> {
    let mut slabs = Vec::new();
    for (t, frame) in frames.iter().enumerate() {
        check(frame)?;
        let whole = Block::whole(frame.labels.shape());
        let blocks = block_shape.map_or_else(|| vec![whole], |shape| whole.grid(shape));
        slabs.extend(blocks.iter().flat_map(Block::slabs).map(|slab| (t, slab)));
    }
    task.expect(slabs.len());
    let parts: Vec<RegionTable> = slabs
        .par_iter()
        .with_max_len(1)
        .map(|(t, slab)| {
            task.advance()?;
            MEMORY.with_borrow_mut(|memory| collect_slab(&frames[*t], slab, memory))
        })
        .collect::<Result<_>>()?;
    let mut tables: Vec<RegionTable> = frames.iter().map(|f| RegionTable::new(f.raw)).collect();
    for ((t, _), part) in slabs.iter().zip(&parts) {
        tables[*t].merge(part);
    }
    Ok(tables)
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Working memory of a thread, kept between slabs and calls.
#[derive(Default)]
struct Memory {
    index: RowIndex,
    runs: Vec<Run>,
    rows: Vec<u32>,
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

fn collect_slab(frame: &Frame<'_>, slab: &Block, memory: &mut Memory) -> Result<RegionTable> {
    let Memory { index, runs, rows } = memory;
    let mut table = RegionTable::new(frame.raw);
    table.swap_index(index);
    let mut scan = || {
        for z in slab.start[0]..slab.stop[0] {
            for y in slab.start[1]..slab.stop[1] {
                let (from, to) = (slab.start[2], slab.stop[2]);
                let piece = Piece { z, y, from, to };
                let runs = frame.labels.runs(piece, runs)?;
                table.update(piece, slab.start, runs, frame.raw, rows);
            }
        }
        Ok(())
    };
    let scanned = scan();
    table.swap_index(index);
    index.clear(&table.ids);
    table.shift(slab.start);
    scanned.map(|()| table)
}
