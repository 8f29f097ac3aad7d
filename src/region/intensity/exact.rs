//! Intensities of up to 16 bit: power sums as exact integers, so that no order of summation can show.
//!
//! A value is kept as the 16-bit signed integer `value - OFFSET`; sums up to the fourth power are taken of it.
//! Only at the very end are they moved to the mean, still in integers: nothing cancels.

use multiversion::multiversion;

use super::moments::{to_f64, Moments};
use super::pixel::Narrow;
use super::precision::Precision;
use crate::label::runs::Run;
use crate::region::encoding::record;

/// Power sums of shifted values: exact for every object of fewer than 2⁴⁶ voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactSums {
    /// Σd², Σd³, Σd⁴.
    powers: [i128; 3],
    /// Σd.
    sum: i64,
    min: i16,
    max: i16,
}

record!(ExactSums {
    powers,
    sum,
    min,
    max
});

impl ExactSums {
    /// No voxel yet.
    pub const EMPTY: Self = Self {
        powers: [0; 3],
        sum: 0,
        min: i16::MAX,
        max: i16::MIN,
    };

    /// Adds the voxels of `other`.
    #[inline(always)]
    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        for (mine, theirs) in self.powers.iter_mut().zip(other.powers) {
            *mine += theirs;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Smallest and largest value of a pixel type with this offset.
    pub(super) fn extrema(&self, offset: i32) -> [f64; 2] {
        [self.min, self.max].map(|value| f64::from(i32::from(value) + offset))
    }

    /// Sum of the shifted values.
    pub(super) fn shifted(&self) -> i64 {
        self.sum
    }

    /// The moments of `count` values of a pixel type with this offset.
    #[must_use]
    pub fn moments(&self, count: u64, offset: i32) -> Moments {
        // The nearest integer to the mean: afterwards |Σd| ≤ n / 2, and f64 loses nothing that matters.
        let centre = (2 * self.sum + count as i64).div_euclid(2 * count as i64);
        let [n, s1, c] = [count as i64, self.sum, centre].map(i128::from);
        let [s2, s3, s4] = self.powers;
        let t1 = s1 - n * c;
        let t2 = s2 - 2 * c * s1 + n * c * c;
        let t3 = s3 - 3 * c * s2 + 3 * c * c * s1 - n * c * c * c;
        let t4 = s4 - 4 * c * s3 + 6 * c * c * s2 - 4 * c * c * c * s1 + n * c * c * c * c;
        let n = count as f64;
        let sums = [t1, t2, t3, t4].map(to_f64);
        let flat = self.min == self.max;
        let [min, max] = self.extrema(offset);
        Moments {
            count: n,
            sum: (self.sum + count as i64 * i64::from(offset)) as f64,
            mean: (centre + i64::from(offset)) as f64 + sums[0] / n,
            central: if flat {
                [0.0; 3]
            } else {
                Moments::central(n, sums)
            },
            min,
            max,
            not_finite: 0,
            precision: Precision::Exact,
        }
    }
}

/// Voxels of a run summed at a time; the sums of that many fit 64 bit.
const PIECE: usize = 256;

/// Runs are padded to a multiple of this many voxels, so that vector loops have no remainder.
const LANES: usize = 8;

/// Adds the voxels of `runs` in `row` to the sums of their objects.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
pub fn add_runs<P: Narrow>(
    row: &[P],
    runs: &[Run],
    rows: &[u32],
    channel: usize,
    n_channels: usize,
    sums: &mut [ExactSums],
) {
    let mut padded = [0i16; PIECE];
    for (run, &object) in runs.iter().zip(rows) {
        let record = &mut sums[object as usize * n_channels + channel];
        let (mut start, end) = (run.start as usize, (run.start + run.length) as usize);
        let first = row[start].shifted();
        while start < end {
            let length = PIECE.min(end - start);
            let values = &mut padded[..length.next_multiple_of(LANES)];
            fill(row, start, length, first, values);
            record.merge(&sum(values, length, first));
            start += length;
        }
    }
}

/// Copies `length` shifted voxels to `values`, with `filler` behind them.
#[inline(always)]
fn fill<P: Narrow>(row: &[P], start: usize, length: usize, filler: i16, values: &mut [i16]) {
    let Some(wide) = row.get(start..start + values.len()) else {
        values.fill(filler);
        for (value, pixel) in values.iter_mut().zip(&row[start..start + length]) {
            *value = pixel.shifted();
        }
        return;
    };
    // Whole vectors, though they reach beyond the run: then the last one is mended.
    for (lanes, pixels) in values.chunks_exact_mut(LANES).zip(wide.chunks_exact(LANES)) {
        for lane in 0..LANES {
            lanes[lane] = pixels[lane].shifted();
        }
    }
    let last = values.len() - LANES;
    let keep = &KEEP[last + LANES - length..][..LANES];
    for (value, keep) in values[last..].iter_mut().zip(keep) {
        *value = (*value & keep) | (filler & !keep);
    }
}

/// A window of this, n places before its middle, keeps the first n of [`LANES`] values.
const KEEP: [i16; 2 * LANES] = {
    let mut keep = [0; 2 * LANES];
    let mut lane = 0;
    while lane < LANES {
        keep[lane] = -1;
        lane += 1;
    }
    keep
};

/// The sums of the first `length` values; the others are `filler`, a value of the same run.
#[inline(always)]
fn sum(values: &[i16], length: usize, filler: i16) -> ExactSums {
    let values = &values[..values.len() / LANES * LANES];
    let (mut min, mut max) = (i16::MAX, i16::MIN);
    for &value in values {
        min = min.min(value);
        max = max.max(value);
    }
    let (mut s1, mut s2, mut s3, mut low, mut high) = (0i64, 0i64, 0i64, 0u64, 0u64);
    for &value in values {
        let d = i64::from(value);
        let square = d * d;
        let fourth = (square * square) as u64;
        s1 += d;
        s2 += square;
        s3 += d * square;
        low += fourth & 0xffff_ffff;
        high += fourth >> 32;
    }
    let padding = (values.len() - length) as i64;
    let d = i64::from(filler);
    ExactSums {
        powers: [
            i128::from(s2 - padding * d * d),
            i128::from(s3 - padding * d * d * d),
            i128::from(low) + (i128::from(high) << 32)
                - i128::from(padding * (d * d)) * i128::from(d * d),
        ],
        sum: s1 - padding * d,
        min,
        max,
    }
}
