//! Rows of a label image as runs of one label; background is dropped here.

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
        match row
            .iter()
            .find(|label| found.negative && label.is_negative())
        {
            None => Ok(&memory[..found.runs]),
            Some(label) => Err(Error::Value(format!(
                "the label image holds the negative label {label} at z={z}, y={y}; \
                 labels are 0 for background and positive for objects"
            ))),
        }
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
    let mut previous = L::default();
    let mut chunks = row.chunks_exact(LOOK);
    let mut base = 0;
    for chunk in &mut chunks {
        let mut changes = change_mask(chunk, previous);
        previous = chunk[LOOK - 1];
        while changes != 0 {
            let place = changes.trailing_zeros() as usize;
            changes &= changes - 1;
            open.change(base + place, chunk[place], runs);
        }
        base += LOOK;
    }
    for &label in chunks.remainder() {
        if label != previous {
            open.change(base, label, runs);
            previous = label;
        }
        base += 1;
    }
    open.change(base, L::default(), runs);
    open.found
}

/// Labels looked at together.
const LOOK: usize = 64;

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
fn change_mask<L: Label>(chunk: &[L], previous: L) -> u64 {
    let mut bytes = [0u8; LOOK];
    bytes[0] = u8::from(chunk[0] != previous);
    for ((byte, now), before) in bytes[1..].iter_mut().zip(&chunk[1..]).zip(chunk) {
        *byte = u8::from(now != before);
    }
    let mut mask = 0;
    for (place, eight) in bytes.chunks_exact(8).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(eight);
        // Gathers the lowest bit of each byte into the topmost byte, first byte lowest.
        let bits = u64::from_le_bytes(word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (8 * place);
    }
    mask
}
