//! Rows of a label image as runs of equal, non-zero pixels: what every pass over labels works on.

use multiversion::multiversion;

/// A pixel type of label images.
pub trait Label: Copy + PartialEq + Default + Send + Sync + 'static {
    /// The pixel as 64 bits; two pixels are equal exactly when these are.
    fn bits(self) -> u64;
}

macro_rules! label {
    ($($pixel:ty),+) => {$(
        impl Label for $pixel {
            #[inline(always)]
            fn bits(self) -> u64 {
                self as u64
            }
        }
    )+};
}
label!(u8, u16, u32, u64, i8, i16, i32, i64);

/// Pixels `start..end` of a row, all of the same non-zero value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The pixels' value.
    pub label: u64,
    /// First pixel.
    pub start: u32,
    /// One past the last pixel.
    pub end: u32,
}

impl Run {
    /// The pixels as a range of the row.
    #[must_use]
    pub fn pixels(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Pixels looked at together: one bit each in a mask of changes.
const CHUNK: usize = 64;

/// Appends the runs of `row` to `runs`.
pub fn append_runs<T: Label>(row: &[T], runs: &mut Vec<Run>) {
    scan(row, runs);
}

#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn scan<T: Label>(row: &[T], runs: &mut Vec<Run>) {
    let mut current = T::default();
    let mut start = 0;
    for (chunk, pixels) in row.chunks(CHUNK).enumerate() {
        let origin = chunk * CHUNK;
        let mut mask = changes(current_before(row, origin), pixels);
        while mask != 0 {
            let x = origin + mask.trailing_zeros() as usize;
            close(runs, current, start, x);
            (current, start) = (row[x], x);
            mask &= mask - 1;
        }
    }
    close(runs, current, start, row.len());
}

/// The pixel left of `x`, background at the row's start.
#[inline(always)]
fn current_before<T: Label>(row: &[T], x: usize) -> T {
    if x == 0 {
        T::default()
    } else {
        row[x - 1]
    }
}

/// Bit i: `pixels[i]` differs from the pixel to its left.
#[inline(always)]
fn changes<T: Label>(before: T, pixels: &[T]) -> u64 {
    let mut bytes = [0u8; CHUNK];
    bytes[0] = u8::from(pixels[0] != before);
    for ((byte, left), right) in bytes[1..].iter_mut().zip(pixels).zip(&pixels[1..]) {
        *byte = u8::from(left != right);
    }
    pack(&bytes)
}

/// Bit i: byte i is 1.
#[inline(always)]
fn pack(bytes: &[u8; CHUNK]) -> u64 {
    // Gathers the lowest bits of eight bytes in the top byte of the product.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    bytes
        .chunks_exact(8)
        .enumerate()
        .map(|(i, eight)| {
            let word = eight
                .iter()
                .rev()
                .fold(0u64, |word, &b| word << 8 | u64::from(b));
            (word.wrapping_mul(GATHER) >> 56) << (8 * i)
        })
        .fold(0, |mask, byte| mask | byte)
}

#[inline(always)]
fn close<T: Label>(runs: &mut Vec<Run>, value: T, start: usize, end: usize) {
    if value != T::default() {
        runs.push(Run {
            label: value.bits(),
            start: start as u32,
            end: end as u32,
        });
    }
}
