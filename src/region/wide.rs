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
        self.centre = if mean.is_finite() { P::nearest(mean) } else { 0.0 };
    }

    #[inline(always)]
    fn add<P: Wide>(&mut self, voxels: &[P]) {
        if self.count == 0 {
            self.start(voxels);
        }
        let part = sum(voxels, self.centre);
        for (mine, theirs) in self.sums.iter_mut().zip(part.sums) {
            *mine += theirs;
        }
        self.count += voxels.len() as u64;
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
    for (run, &object) in runs.iter().zip(rows) {
        let record = &mut sums[object as usize * n_channels + channel];
        record.add(&row[run.start as usize..][..run.length as usize]);
    }
}

const LANES: usize = 8;

struct Part {
    sums: [f64; 4],
    min: f64,
    max: f64,
}

/// Sums of eight voxels side by side.
struct Lanes {
    sums: [[f64; LANES]; 4],
    min: [f64; LANES],
    max: [f64; LANES],
}

impl Lanes {
    /// Adds the first `valid` values; the others only repeat one of them.
    #[inline(always)]
    fn add(&mut self, values: [f64; LANES], valid: usize, centre: f64) {
        for lane in 0..LANES {
            let v = values[lane];
            let d = if lane < valid { v - centre } else { 0.0 };
            let square = d * d;
            self.sums[0][lane] += d;
            self.sums[1][lane] += square;
            self.sums[2][lane] += d * square;
            self.sums[3][lane] += square * square;
            self.min[lane] = lesser(v, self.min[lane]);
            self.max[lane] = greater(v, self.max[lane]);
        }
    }
}

#[inline(always)]
fn sum<P: Wide>(voxels: &[P], centre: f64) -> Part {
    let mut lanes = Lanes {
        sums: [[0.0; LANES]; 4],
        min: [f64::INFINITY; LANES],
        max: [f64::NEG_INFINITY; LANES],
    };
    let mut eights = voxels.chunks_exact(LANES);
    for eight in &mut eights {
        let mut values = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = eight[lane].value();
        }
        lanes.add(values, LANES, centre);
    }
    let rest = eights.remainder();
    if let Some(last) = rest.last() {
        let mut values = [last.value(); LANES];
        for (value, pixel) in values.iter_mut().zip(rest) {
            *value = pixel.value();
        }
        lanes.add(values, rest.len(), centre);
    }
    Part {
        sums: [
            fold(lanes.sums[0], |a, b| a + b),
            fold(lanes.sums[1], |a, b| a + b),
            fold(lanes.sums[2], |a, b| a + b),
            fold(lanes.sums[3], |a, b| a + b),
        ],
        min: fold(lanes.min, lesser),
        max: fold(lanes.max, greater),
    }
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
