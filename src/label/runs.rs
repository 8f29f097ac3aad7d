//! Rows of a label image as runs of equal, non-zero pixels: what every pass over labels works on.

use std::hint::black_box;

use multiversion::multiversion;

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

/// The runs of a row, in memory that is used again for the next one.
pub fn find_runs<'a, L: Label>(row: &[L], memory: &'a mut Vec<Run>) -> &'a [Run] {
    if memory.len() <= row.len() {
        memory.resize(row.len() + 1, Run::default());
    }
    let n_runs = scan(row, memory);
    &memory[..n_runs]
}

/// Writes the runs of `row` to the front of `runs`, which is longer than the row, and returns how many they are.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn scan<L: Label>(row: &[L], runs: &mut [Run]) -> usize {
    let mut open = Open {
        label: L::default(),
        start: 0,
        n_runs: 0,
    };
    if let Some(&first) = row.first() {
        open.change(0, first, runs);
    }
    // Opaque, because the compiler treats known bits one by one and gives up vectors for it.
    let bits = black_box(BITS);
    let mut place = 1;
    if let Some(last) = row.len().checked_sub(LOOK).filter(|&last| last > 0) {
        while place < row.len() {
            // The last look goes back over labels that were seen, rather than at what is left one by one.
            let from = place.min(last);
            let (now, before) = (&row[from..][..LOOK], &row[from - 1..][..LOOK]);
            let mut changes = change_mask(now, before, &bits) & (!0 << (place - from));
            while changes != 0 {
                let next = changes.trailing_zeros() as usize;
                changes &= changes - 1;
                open.change(from + next, now[next], runs);
            }
            place = from + LOOK;
        }
    }
    for place in place..row.len() {
        if row[place] != row[place - 1] {
            open.change(place, row[place], runs);
        }
    }
    open.change(row.len(), L::default(), runs);
    open.n_runs
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

/// The run that is being read.
struct Open<L> {
    label: L,
    start: usize,
    n_runs: usize,
}

impl<L: Label> Open<L> {
    /// Ends the run before `place`; the write is kept only if the run was not background, without a branch.
    #[inline(always)]
    fn change(&mut self, place: usize, label: L, runs: &mut [Run]) {
        if let Some(run) = runs.get_mut(self.n_runs) {
            *run = Run {
                label: self.label.bits(),
                start: self.start as u32,
                length: (place - self.start) as u32,
            };
        }
        self.n_runs += usize::from(self.label != L::default());
        self.label = label;
        self.start = place;
    }
}

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
