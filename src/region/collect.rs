//! The pass over an image: slabs of blocks in any thread, their tables merged in slab order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::intensity::RawImage;
use super::labels::{refuse_negative, LabelImage};
use super::only::Only;
use super::row_index::RowIndex;
use super::table::RegionTable;
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::extract::Place;
use crate::label::runs::Run;
use crate::task::Task;

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
/// [`Error::Shape`] for raw of another shape or an axis of 2³² and more, [`Error::Value`] for negative labels,
/// [`Error::Cancelled`].
pub fn collect(
    frames: &[Frame<'_>],
    of_raw: OfRaw,
    block_shape: Option<Shape>,
    only: Option<&[Place]>,
    task: &Task,
) -> Result<Vec<RegionTable>> {
    let frames: Vec<Frame<'_>> = frames.iter().map(|frame| of_raw.of(frame)).collect();
    let frames = &frames[..];
    let only = only.map(Only::new);
    let mut slabs = slabs(frames, block_shape)?;
    if let Some(only) = &only {
        slabs.retain_mut(|(t, slab)| only.narrow(*t, slab));
    }
    task.expect(slabs.len());
    let fold = Fold::new(frames, of_raw);
    let next = AtomicUsize::new(0);
    // Slabs are taken in order, so that few tables have to wait for their turn.
    let work = |_| -> Result<()> {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        let Some(&(t, slab)) = slabs.get(turn) else {
            return Ok(());
        };
        task.advance()?;
        let mut table = empty_table(&frames[t], of_raw);
        let wanted = only.as_ref().map(|only| only.ids(t));
        MEMORY.with_borrow_mut(|memory| {
            collect_slab(&frames[t], &slab, wanted, &mut table, memory)
        })?;
        fold.add(turn, t, table);
        Ok(())
    };
    (0..slabs.len())
        .into_par_iter()
        .with_max_len(1)
        .try_for_each(work)?;
    Ok(fold.finish())
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

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Working memory of a thread, kept between slabs and calls.
#[derive(Default)]
struct Memory {
    index: RowIndex,
    runs: Vec<Run>,
    wanted: Vec<Run>,
    rows: Vec<u32>,
}

fn collect_slab(
    frame: &Frame<'_>,
    slab: &Block,
    ids: Option<&FxHashSet<u64>>,
    table: &mut RegionTable,
    memory: &mut Memory,
) -> Result<()> {
    let Memory {
        index,
        runs,
        wanted,
        rows,
    } = memory;
    let labels = frame.labels.part(slab);
    let raw = frame.raw.map(|raw| raw.part(slab));
    let [depth, height, _] = slab.shape();
    table.swap_index(index);
    let scanned = (0..depth * height).try_for_each(|row| {
        let (z, y) = (row / height, row % height);
        let mut runs = labels.runs(z, y, runs);
        if let Some(ids) = ids {
            wanted.clear();
            wanted.extend(runs.iter().filter(|run| ids.contains(&run.label)));
            runs = wanted;
        }
        if frame.labels.is_signed() {
            refuse_negative(runs, slab.start[0] + z, slab.start[1] + y)?;
        }
        table.update(z, y, runs, raw.as_deref(), rows);
        Ok(())
    });
    table.swap_index(index);
    index.clear(&table.ids);
    table.shift(slab.start);
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
