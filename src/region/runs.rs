//! Rows of a label image as runs of one label; background is dropped here.

use std::hint::black_box;

use multiversion::multiversion;
use ndarray::ArrayView3;

use crate::block::Shape;
use crate::error::{Error, Result};

/// Consecutive voxels of a row that carry the same label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The label, not 0.
    pub label: u64,
    /// First voxel, counted from the start of the piece of row that was scanned.
    pub start: u32,
    /// Number of voxels, at least 1.
    pub length: u32,
}

/// A piece of a row of the image: the voxels `from..to` of row (z, y).
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Plane.
    pub z: usize,
    /// Row in the plane.
    pub y: usize,
    /// First voxel.
    pub from: usize,
    /// One past the last voxel.
    pub to: usize,
}

/// An integer that can be a label.
pub trait Label: Copy + PartialEq + Default + Send + Sync + std::fmt::Display {
    /// The label as id; negative ones wrap and are refused by [`Label::is_negative`].
    fn id(self) -> u64;
    /// Whether the label is below 0.
    fn is_negative(self) -> bool;
}

macro_rules! labels {
    ($($label:ty),+) => {$(
        impl Label for $label {
            #[inline(always)]
            fn id(self) -> u64 {
                self as u64
            }
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn is_negative(self) -> bool {
                self < 0
            }
        }
    )+};
}
labels!(u8, u16, u32, u64, i8, i16, i32, i64);

/// A label image whose pixel type no longer matters.
pub trait LabelImage: Sync {
    /// Lengths along z, y, x.
    fn shape(&self) -> Shape;

    /// Finds the runs of a piece of row.
    ///
    /// # Errors
    /// [`Error::Value`] for a negative label.
    fn runs<'a>(&self, piece: Piece, memory: &'a mut Vec<Run>) -> Result<&'a [Run]>;
}

impl<L: Label> LabelImage for ArrayView3<'_, L> {
    fn shape(&self) -> Shape {
        let (z, y, x) = self.dim();
        [z, y, x]
    }

    fn runs<'a>(&self, piece: Piece, memory: &'a mut Vec<Run>) -> Result<&'a [Run]> {
        let Piece { z, y, from, to } = piece;
        let row = self.slice(ndarray::s![z, y, from..to]);
        let contiguous = row.as_standard_layout();
        let labels = contiguous.as_slice().unwrap_or_default();
        if memory.len() <= labels.len() {
            memory.resize(labels.len() + 1, Run::default());
        }
        let found = scan(labels, memory);
        if !found.negative {
            return Ok(&memory[..found.runs]);
        }
        let negative = labels.iter().find(|label| label.is_negative());
        Err(Error::Value(format!(
            "the label image holds the negative label {} at z={z}, y={y}; \
             labels are 0 for background and positive for objects",
            negative.copied().unwrap_or_default()
        )))
    }
}

/// What [`scan`] found in a row.
struct Found {
    runs: usize,
    negative: bool,
}

/// Writes the runs of `row` to the front of `runs`, which is longer than the row.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn scan<L: Label>(row: &[L], runs: &mut [Run]) -> Found {
    let mut open = Open {
        label: L::default(),
        start: 0,
        found: Found {
            runs: 0,
            negative: false,
        },
    };
    if let Some(&first) = row.first() {
        open.change(0, first, runs);
    }
    // Opaque, because the compiler treats known bits one by one and gives up vectors for it.
    let bits = black_box(BITS);
    let mut place = 1;
    while place + LOOK <= row.len() {
        let (now, before) = (&row[place..][..LOOK], &row[place - 1..][..LOOK]);
        let mut changes = change_mask(now, before, &bits);
        while changes != 0 {
            let next = changes.trailing_zeros() as usize;
            changes &= changes - 1;
            open.change(place + next, now[next], runs);
        }
        place += LOOK;
    }
    for place in place..row.len() {
        if row[place] != row[place - 1] {
            open.change(place, row[place], runs);
        }
    }
    open.change(row.len(), L::default(), runs);
    open.found
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
    found: Found,
}

impl<L: Label> Open<L> {
    /// Ends the run before `place`; the write is kept only if the run was not background, without a branch.
    #[inline(always)]
    fn change(&mut self, place: usize, label: L, runs: &mut [Run]) {
        if let Some(run) = runs.get_mut(self.found.runs) {
            *run = Run {
                label: self.label.id(),
                start: self.start as u32,
                length: (place - self.start) as u32,
            };
        }
        self.found.runs += usize::from(self.label != L::default());
        self.found.negative |= self.label.is_negative();
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
