//! Intensities of 32 and 64 bit and floats: power sums about a centre that follows the mean.
//!
//! Sums about a fixed origin lose everything when the spread is small beside the mean. Here the centre starts at the
//! first voxels met and is moved to the running mean while the object grows, so the sums stay as accurate as a
//! two-pass computation. Eight lanes are summed side by side and folded in one fixed order, without fused
//! multiply-add: every processor gives the same bits.

use multiversion::multiversion;

use super::moments::Moments;
use super::runs::Run;

/// A pixel that is summed in `f64`.
pub trait Wide: Copy + Send + Sync {
    /// The value as `f64`, the nearest one if it has more than 53 bits.
    fn value(self) -> f64;
    /// The value of this pixel type nearest to `mean`: differences to it are exact where they can be.
    fn nearest(mean: f64) -> f64;
}

macro_rules! wide_integers {
    ($($pixel:ty),+) => {$(
        impl Wide for $pixel {
            #[inline(always)]
            fn value(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn nearest(mean: f64) -> f64 {
                mean.round()
            }
        }
    )+};
}
wide_integers!(u32, u64, i32, i64);

impl Wide for f32 {
    #[inline(always)]
    fn value(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn nearest(mean: f64) -> f64 {
        f64::from(mean as f32)
    }
}

impl Wide for f64 {
    #[inline(always)]
    fn value(self) -> f64 {
        self
    }
    #[inline(always)]
    fn nearest(mean: f64) -> f64 {
        mean
    }
}

/// Power sums of the differences to a centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WideSums {
    count: u64,
    /// The count at which the centre next moves to the mean.
    recentre_at: u64,
    not_finite: u64,
    centre: f64,
    /// Σd, Σd², Σd³, Σd⁴ with d = value − centre.
    sums: [f64; 4],
    min: f64,
    max: f64,
}

impl WideSums {
    /// No voxel yet.
    pub const EMPTY: Self = Self {
        count: 0,
        recentre_at: 64,
        not_finite: 0,
        centre: 0.0,
        sums: [0.0; 4],
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
    };

    /// Adds the voxels of `other`: both move to the mean of the whole, then sums add.
    pub fn merge(&mut self, other: &Self) {
        let mut other = *other;
        let share = other.count as f64 / (self.count + other.count) as f64;
        let mean = self.mean() + (other.mean() - self.mean()) * share;
        self.recentre(mean);
        other.recentre(mean);
        for (mine, theirs) in self.sums.iter_mut().zip(other.sums) {
            *mine += theirs;
        }
        self.count += other.count;
        self.not_finite += other.not_finite;
        self.min = lesser(other.min, self.min);
        self.max = greater(other.max, self.max);
    }

    /// The moments of all voxels added.
    #[must_use]
    pub fn moments(&self) -> Moments {
        let n = self.count as f64;
        let flat = self.min == self.max;
        let mean = if flat { self.min } else { self.mean() };
        Moments {
            count: n,
            sum: mean * n,
            mean,
            central: if flat {
                [0.0; 3]
            } else {
                Moments::central(n, self.sums)
            },
            min: self.min,
            max: self.max,
            not_finite: self.not_finite,
        }
    }

    fn mean(&self) -> f64 {
        self.centre + self.sums[0] / self.count as f64
    }

    fn recentre(&mut self, centre: f64) {
        let e = centre - self.centre;
        let n = self.count as f64;
        let [s1, s2, s3, s4] = self.sums;
        self.sums = [
            s1 - n * e,
            s2 - e * (2.0 * s1 - n * e),
            s3 - e * (3.0 * s2 - e * (3.0 * s1 - n * e)),
            s4 - e * (4.0 * s3 - e * (6.0 * s2 - e * (4.0 * s1 - n * e))),
        ];
        self.centre = centre;
    }

    /// Where the sums of a new object start: the mean of its first voxels.
    #[inline(always)]
    fn start<P: Wide>(&mut self, voxels: &[P]) {
        let first = &voxels[..voxels.len().min(16)];
        let mean: f64 = first.iter().map(|v| v.value() / first.len() as f64).sum();
        self.centre = if mean.is_finite() {
            P::nearest(mean)
        } else {
            0.0
        };
    }

    #[inline(always)]
    fn add<P: Wide>(&mut self, row: &[P], start: usize, length: usize, buffer: &mut Buffer) {
        let voxels = &row[start..][..length];
        if self.count == 0 {
            self.start(voxels);
        }
        let part = buffer.sum(row, start, length, self.centre);
        for (mine, theirs) in self.sums.iter_mut().zip(part.sums) {
            *mine += theirs;
        }
        self.count += length as u64;
        self.min = lesser(part.min, self.min);
        self.max = greater(part.max, self.max);
        if !part.sums[3].is_finite() {
            let bad = voxels.iter().filter(|v| !v.value().is_finite());
            self.not_finite += bad.count() as u64;
        }
        if self.count >= self.recentre_at {
            self.follow_mean::<P>();
        }
    }

    #[cold]
    #[inline(never)]
    fn follow_mean<P: Wide>(&mut self) {
        self.recentre(P::nearest(self.mean()));
        while self.recentre_at <= self.count {
            self.recentre_at *= 8;
        }
    }
}

/// Adds the voxels of `runs` in `row` to the sums of their objects.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
pub fn add_runs<P: Wide>(
    row: &[P],
    runs: &[Run],
    rows: &[u32],
    channel: usize,
    n_channels: usize,
    sums: &mut [WideSums],
) {
    let mut buffer = Buffer::NEW;
    for (run, &object) in runs.iter().zip(rows) {
        let record = &mut sums[object as usize * n_channels + channel];
        let (mut start, end) = (run.start as usize, (run.start + run.length) as usize);
        while start < end {
            let length = PIECE.min(end - start);
            record.add(row, start, length, &mut buffer);
            start += length;
        }
    }
}

const LANES: usize = 8;

/// Voxels of a run summed at a time.
const PIECE: usize = 64;

/// Working memory for one piece of a run, padded to whole vectors.
struct Buffer {
    values: [f64; PIECE],
    differences: [f64; PIECE],
    squares: [f64; PIECE],
}

/// Sums of a piece of a run.
struct Part {
    sums: [f64; 4],
    min: f64,
    max: f64,
}

impl Buffer {
    const NEW: Self = Self {
        values: [0.0; PIECE],
        differences: [0.0; PIECE],
        squares: [0.0; PIECE],
    };

    /// The sums of the voxels `start..start + length` of `row`, at most [`PIECE`].
    ///
    /// Simple loops, one after the other: each of them the compiler turns into vector code.
    #[inline(always)]
    fn sum<P: Wide>(&mut self, row: &[P], start: usize, length: usize, centre: f64) -> Part {
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
fn total(like: &[f64], term: impl Fn(usize) -> f64) -> f64 {
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

/// The lesser of two numbers; one instruction, unlike `f64::min`, since NaN needs no care here.
#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b {
        a
    } else {
        b
    }
}

#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b {
        a
    } else {
        b
    }
}
