//! Intensities of each object counted in bins over the range of all objects of the frame.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use super::binning::{Binning, BINS};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::extract::Place;
use crate::label::row_index::RowIndex;
use crate::region::collect::{collect, Frame, OfRaw};
use crate::region::kept_runs::KeptRuns;
use crate::region::pass::{Pass, RunMemory, Slab};
use crate::region::table::RegionTable;
use crate::task::{lock, Task};

/// Histograms of one object: one per channel.
#[derive(Clone, Copy, Debug)]
pub struct Histograms<'a> {
    /// The bins of each channel.
    pub binning: &'a [Binning],
    /// Voxels in each bin, channel after channel.
    pub counts: &'a [u64],
}

impl<'a> Histograms<'a> {
    /// Voxels in each bin of one channel.
    #[must_use]
    pub fn channel(&self, channel: usize) -> &'a [u64] {
        &self.counts[channel * BINS..][..BINS]
    }
}

/// Histograms of all objects of a frame.
#[derive(Clone, Debug, Default)]
pub struct FrameHistograms {
    /// The bins of each channel.
    pub binning: Vec<Binning>,
    /// Voxels in each bin of each channel of each row of the region table.
    pub counts: Vec<u64>,
}

impl FrameHistograms {
    /// Histograms without voxels for `objects` of a frame.
    #[must_use]
    pub fn empty(binning: Vec<Binning>, objects: usize) -> Self {
        let counts = vec![0; objects * binning.len() * BINS];
        Self { binning, counts }
    }

    /// Histograms without voxels for the objects of `table`.
    fn new(table: &RegionTable) -> Self {
        Self::empty(Self::binning(table), table.ids.len())
    }

    /// Bins over the range of all objects of `table`, channel after channel.
    #[must_use]
    pub fn binning(table: &RegionTable) -> Vec<Binning> {
        let n_channels = table.n_channels();
        let range = |channel| {
            let places = (0..table.ids.len()).map(|row| row * n_channels + channel);
            let extrema = places.map(|place| table.intensity.extrema(place));
            let none = [f64::INFINITY, f64::NEG_INFINITY];
            let [low, high] = extrema.fold(none, |[a, b], [c, d]| [a.min(c), b.max(d)]);
            Binning { low, high }
        };
        (0..n_channels).map(range).collect()
    }

    /// The histograms of the object in this row of the region table.
    #[must_use]
    pub fn object(&self, row: usize) -> Histograms<'_> {
        let length = self.binning.len() * BINS;
        Histograms {
            binning: &self.binning,
            counts: &self.counts[row * length..][..length],
        }
    }

    /// Adds the counts of a part of the frame that holds the objects `ids`.
    fn add(&mut self, rows: &RowIndex, ids: &[u64], counts: &[u32]) {
        let length = self.binning.len() * BINS;
        for (&id, counts) in ids.iter().zip(counts.chunks_exact(length)) {
            let Some(row) = rows.get(id) else { continue };
            let sums = &mut self.counts[row * length..][..length];
            for (sum, &count) in sums.iter_mut().zip(counts) {
                *sum += u64::from(count);
            }
        }
    }
}

/// Collects one table per frame and then the histograms of all objects or of those in `only`; bins span the range of
/// all objects, so that the tables hold all.
///
/// # Errors
/// Those of [`collect`].
pub fn collect_with_histograms(
    frames: &[Frame<'_>],
    of_raw: OfRaw,
    block_shape: Option<Shape>,
    only: Option<&[Place]>,
    task: &Task,
) -> Result<(Vec<RegionTable>, Vec<FrameHistograms>)> {
    let most = MOST_KEPT / frames.len().max(1);
    let labels = frames.iter().map(|frame| KeptRuns::new(frame.labels, most));
    let labels: Vec<KeptRuns<'_>> = labels.collect();
    let frames = frames.iter().zip(&labels);
    let frames: Vec<Frame<'_>> = frames
        .map(|(frame, labels)| Frame { labels, ..*frame })
        .collect();
    // The steps of both passes, so that the total stands from the start.
    task.expect(Pass::new(&frames, block_shape, only)?.len());
    let tables = collect(&frames, of_raw, block_shape, None, task)?;
    let pass = Pass::new(&frames, block_shape, only)?;
    let rows: Vec<&RowIndex> = tables.iter().map(RegionTable::index).collect();
    let empty = tables.iter().map(FrameHistograms::new).collect();
    let histograms = count(&frames, &pass, &rows, empty, task)?;
    Ok((tables, histograms))
}

/// Most runs kept for the second pass, 32 MB.
const MOST_KEPT: usize = 1 << 21;

/// Counts the voxels that `block` of a frame has of the objects `only`, in this order, whose bins are given.
///
/// # Errors
/// Those of [`collect`], and [`Error::Value`] for an object that comes twice.
pub fn count_block(
    frame: &Frame<'_>,
    block: &Block,
    only: &[Place],
    binning: Vec<Binning>,
    task: &Task,
) -> Result<FrameHistograms> {
    let (mut rows, mut ids) = (RowIndex::default(), Vec::new());
    for place in only {
        rows.row(place.id, &mut ids);
    }
    if ids.len() < only.len() {
        let text = "an object is asked for twice; pass every id once";
        return Err(Error::Value(text.into()));
    }
    let empty = vec![FrameHistograms::empty(binning, only.len())];
    let pass = Pass::of_block(frame, block, Some(only))?;
    task.expect(pass.len());
    let mut counted = count(std::slice::from_ref(frame), &pass, &[&rows], empty, task)?;
    Ok(counted.swap_remove(0))
}

/// Counts the voxels of a pass, those of each frame in the rows that its ids have.
fn count(
    frames: &[Frame<'_>],
    pass: &Pass<'_>,
    rows: &[&RowIndex],
    histograms: Vec<FrameHistograms>,
    task: &Task,
) -> Result<Vec<FrameHistograms>> {
    let binning: Vec<Vec<Binning>> = histograms.iter().map(|all| all.binning.clone()).collect();
    let histograms: Vec<Mutex<FrameHistograms>> = histograms.into_iter().map(Mutex::new).collect();
    pass.run(task, |slab| {
        let add = |ids: &[u64], counts: &[u32]| {
            lock(&histograms[slab.t]).add(rows[slab.t], ids, counts);
        };
        MEMORY.with_borrow_mut(|memory| {
            memory.count(pass, &frames[slab.t], slab, &binning[slab.t], add)
        })
    })?;
    let finished = histograms.into_iter().map(Mutex::into_inner);
    Ok(finished
        .map(|all| all.unwrap_or_else(PoisonError::into_inner))
        .collect())
}

/// Most counts that are kept before they are added to those of the frame: they stay in the cache.
const COUNTS_AT_ONCE: usize = 1 << 17;

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Counts of some rows of a slab, in memory that a thread keeps between slabs and calls.
#[derive(Default)]
struct Memory {
    index: RowIndex,
    ids: Vec<u64>,
    counts: Vec<u32>,
    rows: Vec<u32>,
    runs: RunMemory,
}

impl Memory {
    /// Counts the voxels of a slab and calls `add` with the ids and counts of its objects, some rows at a time.
    fn count(
        &mut self,
        pass: &Pass<'_>,
        frame: &Frame<'_>,
        slab: &Slab,
        binning: &[Binning],
        add: impl Fn(&[u64], &[u32]),
    ) -> Result<()> {
        let Self {
            index,
            ids,
            counts,
            rows,
            runs,
        } = self;
        let Some(raw) = frame.raw.map(|raw| raw.part(&slab.block)) else {
            return Ok(());
        };
        let flush = |index: &mut RowIndex, ids: &mut Vec<u64>, counts: &mut Vec<u32>| {
            add(ids, counts);
            index.clear(ids);
            ids.clear();
            counts.clear();
        };
        let counted = pass.rows(slab, runs, |z, y, runs| {
            rows.clear();
            rows.extend(runs.iter().map(|run| index.row(run.label, ids) as u32));
            counts.resize(ids.len() * binning.len() * BINS, 0);
            raw.count(z, y, runs, rows, binning, counts);
            if counts.len() > COUNTS_AT_ONCE {
                flush(index, ids, counts);
            }
        });
        flush(index, ids, counts);
        counted
    }
}
