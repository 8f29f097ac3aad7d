//! Sums over one piece of a run of wide pixels, eight lanes side by side.
//!
//! The lanes are folded in one fixed order and without fused multiply-add, so every processor gives the same bits.

use super::pixel::Wide;

/// Values summed side by side.
pub(super) const LANES: usize = 8;

/// Voxels of a run summed at a time.
pub(super) const PIECE: usize = 64;

/// Working memory for one piece of a run, padded to whole vectors.
pub(super) struct Buffer {
    values: [f64; PIECE],
    differences: [f64; PIECE],
    squares: [f64; PIECE],
}

/// Sums of a piece of a run.
pub(super) struct Part {
    /// Σd, Σd², Σd³, Σd⁴.
    pub(super) sums: [f64; 4],
    /// Smallest value.
    pub(super) min: f64,
    /// Largest value.
    pub(super) max: f64,
}

impl Buffer {
    /// Memory without meaning.
    pub(super) const NEW: Self = Self {
        values: [0.0; PIECE],
        differences: [0.0; PIECE],
        squares: [0.0; PIECE],
    };

    /// The sums of the voxels `start..start + length` of `row`, at most [`PIECE`].
    ///
    /// Simple loops, one after the other: each of them the compiler turns into vector code.
    #[inline(always)]
    pub(super) fn sum<P: Wide>(
        &mut self,
        row: &[P],
        start: usize,
        length: usize,
        centre: f64,
    ) -> Part {
        let padded = length.next_multiple_of(LANES);
        let values = &mut self.values[..padded];
        read(row, start, length, values);
        let differences = &mut self.differences[..padded];
        for (d, v) in differences.iter_mut().zip(&*values) {
            *d = v - centre;
        }
        mend(differences, length, 0.0);
        mend(values, length, values[0]);
        let squares = &mut self.squares[..padded];
        for (square, d) in squares.iter_mut().zip(&*differences) {
            *square = d * d;
        }
        Part {
            sums: [
                total(differences, |i| differences[i]),
                total(squares, |i| squares[i]),
                total(squares, |i| differences[i] * squares[i]),
                total(squares, |i| squares[i] * squares[i]),
            ],
            min: extremum(values, f64::INFINITY, lesser),
            max: extremum(values, f64::NEG_INFINITY, greater),
        }
    }
}

/// Reads the voxels `start..start + length` of `row`; what comes behind them has no meaning.
#[inline(always)]
fn read<P: Wide>(row: &[P], start: usize, length: usize, values: &mut [f64]) {
    // Beyond the run where possible: cheaper than a loop of unknown length.
    let wide = row.get(start..start + values.len());
    if let Some(wide) = wide {
        for (values, pixels) in values.chunks_exact_mut(LANES).zip(wide.chunks_exact(LANES)) {
            for lane in 0..LANES {
                values[lane] = pixels[lane].value();
            }
        }
    } else {
        for (value, pixel) in values.iter_mut().zip(&row[start..start + length]) {
            *value = pixel.value();
        }
    }
}

/// Replaces what is behind the first `length` values.
#[inline(always)]
fn mend(values: &mut [f64], length: usize, filler: f64) {
    let last = values.len() - LANES;
    let keep = &KEEP[last + LANES - length..][..LANES];
    for (value, keep) in values[last..].iter_mut().zip(keep) {
        *value = f64::from_bits((value.to_bits() & keep) | (filler.to_bits() & !keep));
    }
}

/// A window of this, n places before its middle, keeps the first n of [`LANES`] values.
const KEEP: [u64; 2 * LANES] = {
    let mut keep = [0; 2 * LANES];
    let mut lane = 0;
    while lane < LANES {
        keep[lane] = u64::MAX;
        lane += 1;
    }
    keep
};

/// Sum of `term` over the places of `like`, whole vectors.
#[inline(always)]
pub(super) fn total(like: &[f64], term: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for block in (0..like.len() / LANES).map(|block| block * LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(block + lane);
        }
    }
    fold(lanes, |a, b| a + b)
}

#[inline(always)]
fn extremum(values: &[f64], start: f64, choose: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [start; LANES];
    for block in values.chunks_exact(LANES) {
        for (best, &value) in lanes.iter_mut().zip(block) {
            *best = choose(value, *best);
        }
    }
    fold(lanes, choose)
}

/// Folds lanes pairwise in one fixed order.
#[inline(always)]
fn fold(l: [f64; LANES], op: impl Fn(f64, f64) -> f64) -> f64 {
    op(
        op(op(l[0], l[4]), op(l[2], l[6])),
        op(op(l[1], l[5]), op(l[3], l[7])),
    )
}

/// The lesser of two numbers; one instruction, unlike `f64::min`, as NaN needs no care here.
#[inline(always)]
pub(super) fn lesser(a: f64, b: f64) -> f64 {
    if a < b {
        a
    } else {
        b
    }
}

/// The greater of two numbers.
#[inline(always)]
pub(super) fn greater(a: f64, b: f64) -> f64 {
    if a > b {
        a
    } else {
        b
    }
}
