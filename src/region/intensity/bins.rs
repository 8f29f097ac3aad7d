//! Counts the voxels of runs in the bins of their objects.

use std::cell::RefCell;

use super::binning::{Binning, BINS};
use super::pixel::{Narrow, Wide};
use crate::label::runs::Run;

/// Counts the voxels of `runs` in `row`, of up to 16 bit; `counts` has the bins of each channel of each object.
pub(super) fn count_narrow<P: Narrow>(
    row: &[P],
    runs: &[Run],
    rows: &[u32],
    channel: usize,
    n_channels: usize,
    binning: &Binning,
    counts: &mut [u32],
) {
    if runs.is_empty() {
        // Then there may be no range either.
        return;
    }
    TABLES.with_borrow_mut(|tables| {
        let bins = prepared(tables, channel, binning, P::OFFSET);
        for (run, &object) in runs.iter().zip(rows) {
            let counts = &mut counts[(object as usize * n_channels + channel) * BINS..][..BINS];
            for pixel in &row[run.pixels()] {
                counts[usize::from(bins[index(*pixel)]) % BINS] += 1;
            }
        }
    });
}

/// Counts the finite voxels of `runs` in `row`; `counts` has the bins of each channel of each object.
pub(super) fn count_wide<P: Wide>(
    row: &[P],
    runs: &[Run],
    rows: &[u32],
    channel: usize,
    n_channels: usize,
    binning: &Binning,
    counts: &mut [u32],
) {
    for (run, &object) in runs.iter().zip(rows) {
        let counts = &mut counts[(object as usize * n_channels + channel) * BINS..][..BINS];
        for value in row[run.pixels()].iter().map(|pixel| pixel.value()) {
            if value.is_finite() {
                counts[binning.bin(value)] += 1;
            }
        }
    }
}

/// Number of values of up to 16 bit.
const VALUES: usize = 1 << 16;

/// The bin of each value of up to 16 bit, see [`index`].
struct BinTable {
    binning: Option<(Binning, i32)>,
    bins: Box<[u8; VALUES]>,
}

impl BinTable {
    fn new() -> Self {
        Self {
            binning: None,
            bins: Box::new([0; VALUES]),
        }
    }
}

thread_local! {
    /// The two tables of each channel that a thread last made, the newer one last: rows that follow one another have
    /// the same bins, or in turn those of two parts of one object's surroundings.
    static TABLES: RefCell<Vec<[BinTable; 2]>> = const { RefCell::new(Vec::new()) };
}

/// The table of a channel for these bins.
fn prepared<'a>(
    tables: &'a mut Vec<[BinTable; 2]>,
    channel: usize,
    binning: &Binning,
    offset: i32,
) -> &'a [u8; VALUES] {
    while tables.len() <= channel {
        tables.push([BinTable::new(), BinTable::new()]);
    }
    let tables = &mut tables[channel];
    let wanted = Some((*binning, offset));
    let known = tables.iter().position(|table| table.binning == wanted);
    let place = known.unwrap_or_else(|| {
        tables.swap(0, 1);
        fill(&mut tables[1].bins, binning, offset);
        tables[1].binning = wanted;
        1
    });
    &tables[place].bins
}

/// Where a value stands in the table: values ascend.
#[inline(always)]
fn index<P: Narrow>(pixel: P) -> usize {
    usize::from(pixel.shifted() as u16 ^ (1 << 15))
}

/// Sets the bins of all values in the range of `binning`, bin after bin: there are fewer bins than values.
fn fill(bins: &mut [u8; VALUES], binning: &Binning, offset: i32) {
    let intensity = |index: usize| (index as i32 - (1 << 15) + offset) as f64;
    let [least, most] = [0, VALUES - 1].map(intensity);
    let index = |value: f64| (value.clamp(least, most) as i32 + (1 << 15) - offset) as usize;
    let mut start = index(binning.low);
    let end = start.max(index(binning.high) + 1);
    for bin in 0..BINS {
        // From a value that is too small, since the end of a bin is rounded.
        let mut stop = index(binning.value(bin as f64 + 1.0) - 1.0).clamp(start, end);
        while stop < end && binning.bin(intensity(stop)) <= bin {
            stop += 1;
        }
        bins[start..stop].fill(bin as u8);
        start = stop;
    }
}
