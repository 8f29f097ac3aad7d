//! The pass over an image: slabs of blocks in any thread, their tables merged in slab order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::intensity::RawImage;
use super::labels::LabelImage;
use super::pass::{Pass, RunMemory, Slab};
use super::table::RegionTable;
use crate::block::{Block, Shape};
use crate::error::Result;
use crate::label::extract::Place;
use crate::label::row_index::RowIndex;
use crate::task::{lock, Task};

/// One time point: a label image and, if intensities are wanted, the raw image of the same shape.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// Label image.
    pub labels: &'a dyn LabelImage,
    /// Raw image; of the same pixel type and number of channels in all frames.
    pub raw: Option<&'a dyn RawImage>,
}

/// What to collect of raw.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfRaw {
    /// Power sums and extrema of every channel; without them, raw is not read.
    pub intensity: bool,
    /// Products of every two channels as well.
    pub covariance: bool,
}

impl OfRaw {
    /// A frame without the raw that is not wanted.
    fn of<'a>(self, frame: &Frame<'a>) -> Frame<'a> {
        Frame {
            raw: frame.raw.filter(|_| self.intensity),
            ..*frame
        }
    }
}

/// Collects one table per frame, block after block of the plan (`None`: the whole frame is one block).
///
/// The result depends on the plan only, not on the number of threads. With `only`, the records of these objects alone
/// are collected: bit for bit those of a pass over everything, since blocks, slabs and the order of merging are the
/// same.
///
/// # Errors
/// [`crate::error::Error::Shape`] for raw of another shape or an axis of 2³² and more,
/// [`crate::error::Error::Value`] for negative labels, [`crate::error::Error::Cancelled`].
pub fn collect(
    frames: &[Frame<'_>],
    of_raw: OfRaw,
    block_shape: Option<Shape>,
    only: Option<&[Place]>,
    task: &Task,
) -> Result<Vec<RegionTable>> {
    let frames: Vec<Frame<'_>> = frames.iter().map(|frame| of_raw.of(frame)).collect();
    collect_pass(
        &frames,
        of_raw,
        &Pass::new(&frames, block_shape, only)?,
        task,
    )
}

/// Collects the table of one block of a frame; coordinates count from the start of the frame.
///
/// # Errors
/// Those of [`collect`].
pub(super) fn collect_block(
    frame: &Frame<'_>,
    block: &Block,
    of_raw: OfRaw,
    task: &Task,
) -> Result<RegionTable> {
    let frame = of_raw.of(frame);
    let pass = Pass::of_block(&frame, block, None)?;
    let mut tables = collect_pass(std::slice::from_ref(&frame), of_raw, &pass, task)?;
    Ok(tables.swap_remove(0))
}

fn collect_pass(
    frames: &[Frame<'_>],
    of_raw: OfRaw,
    pass: &Pass<'_>,
    task: &Task,
) -> Result<Vec<RegionTable>> {
    let fold = Fold::new(frames, of_raw);
    task.expect(pass.len());
    pass.run(task, |slab| {
        let mut table = empty_table(&frames[slab.t], of_raw);
        MEMORY.with_borrow_mut(|memory| {
            collect_slab(pass, &frames[slab.t], slab, &mut table, memory)
        })?;
        // Slabs are taken in order, so that few tables have to wait for their turn.
        fold.add(slab.turn, slab.t, table);
        Ok(())
    })?;
    Ok(fold.finish())
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Working memory of a thread, kept between slabs and calls.
#[derive(Default)]
struct Memory {
    index: RowIndex,
    runs: RunMemory,
    rows: Vec<u32>,
}

fn collect_slab(
    pass: &Pass<'_>,
    frame: &Frame<'_>,
    slab: &Slab,
    table: &mut RegionTable,
    memory: &mut Memory,
) -> Result<()> {
    let Memory { index, runs, rows } = memory;
    let raw = frame.raw.map(|raw| raw.part(&slab.block));
    table.swap_index(index);
    let scanned = pass.rows(slab, runs, |z, y, runs| {
        table.update(z, y, runs, raw.as_deref(), rows);
    });
    table.swap_index(index);
    index.clear(&table.ids);
    table.shift(slab.block.start);
    scanned
}

/// Takes tables back that are no longer needed, so that later ones find their memory ready.
pub fn recycle(tables: impl IntoIterator<Item = RegionTable>) {
    let mut spare = lock(&SPARE);
    let mut held: usize = spare.iter().map(RegionTable::memory).sum();
    for mut table in tables {
        held += table.memory();
        if held > SPARE_BYTES {
            break;
        }
        table.clear();
        spare.push(table);
    }
}

/// Empty tables kept between slabs and calls: fresh pages cost up to a third of a short collection.
static SPARE: Mutex<Vec<RegionTable>> = Mutex::new(Vec::new());

/// Most memory kept that way.
const SPARE_BYTES: usize = 32 << 20;

/// A table without objects, in memory used before if there is any.
fn empty_table(frame: &Frame<'_>, of_raw: OfRaw) -> RegionTable {
    let mut table = lock(&SPARE).pop().unwrap_or_else(|| RegionTable::new(None));
    let kind = frame.raw.map(RawImage::kind);
    table.prepare(kind.as_ref());
    table.prepare_covariance(kind.as_ref().filter(|_| of_raw.covariance));
    table
}

/// Merges tables of slabs in slab order, each as soon as its turn comes.
struct Fold {
    state: Mutex<FoldState>,
}

struct FoldState {
    tables: Vec<RegionTable>,
    /// The slab whose turn it is.
    turn: usize,
    /// Tables that came early, with their frame.
    waiting: BTreeMap<usize, (usize, RegionTable)>,
}

impl Fold {
    fn new(frames: &[Frame<'_>], of_raw: OfRaw) -> Self {
        let empty = |frame| empty_table(frame, of_raw);
        Self {
            state: Mutex::new(FoldState {
                tables: frames.iter().map(empty).collect(),
                turn: 0,
                waiting: BTreeMap::new(),
            }),
        }
    }

    fn add(&self, turn: usize, t: usize, table: RegionTable) {
        let state = &mut *lock(&self.state);
        state.waiting.insert(turn, (t, table));
        while let Some((t, table)) = state.waiting.remove(&state.turn) {
            state.tables[t].merge(&table);
            recycle([table]);
            state.turn += 1;
        }
    }

    fn finish(self) -> Vec<RegionTable> {
        let state = self.state.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).tables
    }
}
