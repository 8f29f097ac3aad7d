//! Rows of a label image as runs of equal, non-zero pixels: what every pass over labels works on.

use std::hint::black_box;

use multiversion::multiversion;

use crate::error::{Error, Result};

/// A pixel type of label images.
pub trait Label: Copy + PartialEq + Default + Send + Sync + 'static {
    /// Whether pixels may be negative.
    const SIGNED: bool;
    /// The pixel as 64 bits, sign-extended; two pixels are equal exactly when these are.
    fn bits(self) -> u64;
}

macro_rules! labels {
    ($($pixel:ty),+) => {$(
        impl Label for $pixel {
            const SIGNED: bool = <$pixel>::MIN != 0;
            #[inline(always)]
            fn bits(self) -> u64 {
                self as u64
            }
        }
    )+};
}
labels!(u8, u16, u32, u64, i8, i16, i32, i64);

/// Consecutive pixels of a row that have the same value, not 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The pixels' value, see [`Label::bits`].
    pub label: u64,
    /// First pixel, counted from the start of the piece of row that was scanned.
    pub start: u32,
    /// Number of pixels, at least 1.
    pub length: u32,
}

impl Run {
    /// One past the last pixel.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.start + self.length
    }

    /// The pixels as a range of the row.
    #[must_use]
    pub fn pixels(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end() as usize
    }
}

/// Refuses runs of row (z, y) of a signed label image that are negative.
///
/// # Errors
/// [`Error::Value`] for the first of them.
pub(crate) fn refuse_negative(runs: &[Run], z: usize, y: usize) -> Result<()> {
    match runs.iter().map(|run| run.label as i64).find(|&id| id < 0) {
        None => Ok(()),
        Some(id) => Err(Error::Value(format!(
            "the label image holds the negative label {id} at z={z}, y={y}; \
             labels are 0 for background and positive for objects"
        ))),
    }
}

/// Calls `visit` with the places of the runs of two rows that have pixels in common.
pub(super) fn for_common(row: &[Run], others: &[Run], mut visit: impl FnMut(usize, usize)) {
    let mut first = 0;
    for (i, run) in row.iter().enumerate() {
        let behind = |other: &&Run| other.end() <= run.start;
        first += others[first..].iter().take_while(behind).count();
        let common = others[first..]
            .iter()
            .take_while(|other| other.start < run.end());
        for (j, _) in (first..).zip(common) {
            visit(i, j);
        }
    }
}

/// The runs of a row, in memory that is used again for the next one.
pub fn find_runs<'a, L: Label>(row: &[L], memory: &'a mut Vec<Run>) -> &'a [Run] {
    if memory.len() <= row.len() + AT_ONCE {
        memory.resize(row.len() + AT_ONCE + 1, Run::default());
    }
    let n_runs = scan(row, memory);
    &memory[..n_runs]
}

/// Writes the runs of `row` to the front of `runs`, which is longer than the row, and returns how many they are.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn scan<L: Label>(row: &[L], runs: &mut [Run]) -> usize {
    let n_changes = mark_changes(row, runs);
    runs[n_changes].start = row.len() as u32;
    let mut n_runs = 0;
    for i in 0..n_changes {
        let (start, end) = (runs[i].start, runs[i + 1].start);
        let label = row[start as usize];
        runs[n_runs] = Run {
            label: label.bits(),
            start,
            length: end - start,
        };
        // Background is overwritten by what follows, without a branch.
        n_runs += usize::from(label != L::default());
    }
    n_runs
}

/// Changes written together, whether there are so many or not: their number is hard to foresee for a branch.
const AT_ONCE: usize = 4;

/// Lets `runs` start where the label differs from the one before, and returns how many places these are.
#[inline(always)]
fn mark_changes<L: Label>(row: &[L], runs: &mut [Run]) -> usize {
    // Opaque, because the compiler treats known bits one by one and gives up vectors for it.
    let bits = black_box(BITS);
    runs[0].start = 0;
    let mut n = row.len().min(1);
    let mut place = 1;
    if let Some(last) = row.len().checked_sub(LOOK).filter(|&last| last > 0) {
        while place < row.len() {
            // The last look goes back over labels that were seen, rather than at what is left one by one.
            let from = place.min(last);
            let (now, before) = (&row[from..][..LOOK], &row[from - 1..][..LOOK]);
            let mut changes = change_mask(now, before, &bits) & (!0 << (place - from));
            let end = n + changes.count_ones() as usize;
            loop {
                for run in &mut runs[n..][..AT_ONCE] {
                    run.start = from as u32 + changes.trailing_zeros();
                    changes &= changes.wrapping_sub(1);
                }
                n += AT_ONCE;
                if n >= end {
                    break;
                }
            }
            n = end;
            place = from + LOOK;
        }
    }
    for place in place..row.len() {
        runs[n].start = place as u32;
        n += usize::from(row[place] != row[place - 1]);
    }
    n
}

/// Labels looked at together, as two words of bits.
const LOOK: usize = 2 * WORD;

/// Labels per word.
const WORD: usize = 32;

/// One bit for each label of a word.
const BITS: [u32; WORD] = {
    let mut bits = [0; WORD];
    let mut i = 0;
    while i < WORD {
        bits[i] = 1 << i;
        i += 1;
    }
    bits
};

/// Bit i is set where label i differs from the one before it.
#[inline(always)]
fn change_mask<L: Label>(now: &[L], before: &[L], bits: &[u32; WORD]) -> u64 {
    let low = word_mask(&now[..WORD], &before[..WORD], bits);
    let high = word_mask(&now[WORD..], &before[WORD..], bits);
    u64::from(low) | u64::from(high) << WORD
}

/// One label per lane, eight lanes side by side, joined at the end: this the compiler turns into vector code.
#[inline(always)]
fn word_mask<L: Label>(now: &[L], before: &[L], bits: &[u32; WORD]) -> u32 {
    let mut lanes = [0; 8];
    for eight in 0..WORD / 8 {
        for (place, lane) in lanes.iter_mut().enumerate() {
            let i = 8 * eight + place;
            *lane |= if now[i] != before[i] { bits[i] } else { 0 };
        }
    }
    lanes.iter().fold(0, |mask, lane| mask | lane)
}
