//! Intensities of 32 and 64 bit and floats: power sums about a centre that follows the mean.
//!
//! Sums about a fixed origin lose everything when the spread is small beside the mean. Here the centre starts at the
//! first voxels met and is moved to the running mean while the object grows, so the sums stay as accurate as a
//! two-pass computation.

use multiversion::multiversion;

use super::lanes::{greater, lesser, Buffer, PIECE};
use super::moments::Moments;
use super::pixel::Wide;
use super::precision::Precision;
use crate::label::runs::Run;
use crate::region::encoding::record;

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
    /// Smallest and largest finite value.
    min: f64,
    max: f64,
}

record!(WideSums {
    count,
    recentre_at,
    not_finite,
    centre,
    sums,
    min,
    max
});

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

    /// The moments of all voxels added; what may be 0 but for rounding is 0.
    #[must_use]
    pub fn moments(&self) -> Moments {
        let n = self.count as f64;
        let flat = self.min == self.max;
        let precision = Precision::Rounded;
        let mean = if flat {
            self.min
        } else {
            precision.settle(self.mean(), self.max.max(-self.min))
        };
        let mut central = Moments::central(n, self.sums);
        let [second, third, fourth] = central;
        central[1] = precision.settle(third, second.sqrt() * fourth.sqrt());
        Moments {
            count: n,
            sum: mean * n,
            mean,
            central: if flat { [0.0; 3] } else { central },
            min: self.min,
            max: self.max,
            not_finite: self.not_finite,
            precision,
        }
    }

    /// Smallest and largest finite value; infinities the wrong way round if there is none.
    pub(super) fn extrema(&self) -> [f64; 2] {
        [self.min, self.max]
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
        if part.sums[3].is_finite() {
            self.min = lesser(part.min, self.min);
            self.max = greater(part.max, self.max);
        } else {
            self.leave_out_non_finite(voxels);
        }
        if self.count >= self.recentre_at {
            self.follow_mean::<P>();
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_out_non_finite<P: Wide>(&mut self, voxels: &[P]) {
        for value in voxels.iter().map(|voxel| voxel.value()) {
            if value.is_finite() {
                self.min = lesser(value, self.min);
                self.max = greater(value, self.max);
            } else {
                self.not_finite += 1;
            }
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
