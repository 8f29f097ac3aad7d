//! Size, place and spread of one object: exact integer sums over its voxels.

use super::encoding::record;
use super::intensity::to_f64;
use crate::block::Shape;

/// Sums over the coordinates (z, y, x) of an object's voxels, and its bounding box.
///
/// Exact for every object of fewer than 2⁴⁰ voxels in an image with axes shorter than 2²⁴.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Number of voxels.
    pub count: u64,
    /// Σz, Σy, Σx.
    pub sums: [u64; 3],
    /// Σzz, Σyy, Σxx.
    pub squares: [u128; 3],
    /// Σyx, Σzx, Σzy: the product that lacks the axis.
    pub products: [u128; 3],
    /// Smallest coordinate along each axis.
    pub min: [u32; 3],
    /// Largest coordinate along each axis, inclusive.
    pub max: [u32; 3],
}

record!(Geometry {
    count,
    sums,
    squares,
    products,
    min,
    max
});

impl Geometry {
    /// No voxel yet: the neutral element of [`Geometry::merge`].
    pub const EMPTY: Self = Self {
        count: 0,
        sums: [0; 3],
        squares: [0; 3],
        products: [0; 3],
        min: [u32::MAX; 3],
        max: [0; 3],
    };

    /// Adds the voxels `x0..x0 + length` of row (z, y); coordinates count from the start of the slab.
    ///
    /// A slab has at most 2²⁰ voxels, which keeps every sum of one run below 2⁶⁴.
    #[inline(always)]
    pub fn add_run(&mut self, z: u32, y: u32, x0: u32, length: u32) {
        let last = x0 + length - 1;
        let [n, z64, y64] = [length, z, y].map(u64::from);
        let [first, end] = [x0, last].map(u64::from);
        let x = n * (first + end) / 2;
        // Σx² over first..=end: n·first·end plus the spread of n consecutive integers.
        let xx = n * first * end + (n - 1) * n * (2 * n - 1) / 6;
        self.count += n;
        self.sums[0] += n * z64;
        self.sums[1] += n * y64;
        self.sums[2] += x;
        self.squares[0] += u128::from(n * z64 * z64);
        self.squares[1] += u128::from(n * y64 * y64);
        self.squares[2] += u128::from(xx);
        self.products[0] += u128::from(x * y64);
        self.products[1] += u128::from(x * z64);
        self.products[2] += u128::from(n * y64 * z64);
        self.min = [self.min[0].min(z), self.min[1].min(y), self.min[2].min(x0)];
        self.max = [
            self.max[0].max(z),
            self.max[1].max(y),
            self.max[2].max(last),
        ];
    }

    /// Moves the origin: `offset` is added to every coordinate.
    pub fn shift(&mut self, offset: Shape) {
        let n = u128::from(self.count);
        let [a, b, c] = offset.map(|o| o as u128);
        let [z, y, x] = self.sums.map(u128::from);
        self.products[0] += b * x + c * y + n * b * c;
        self.products[1] += a * x + c * z + n * a * c;
        self.products[2] += a * y + b * z + n * a * b;
        for (axis, offset) in offset.into_iter().enumerate() {
            let o = offset as u128;
            self.squares[axis] += 2 * o * u128::from(self.sums[axis]) + n * o * o;
            self.sums[axis] += self.count * offset as u64;
            self.min[axis] += offset as u32;
            self.max[axis] += offset as u32;
        }
    }

    /// Adds the voxels of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for axis in 0..3 {
            self.sums[axis] += other.sums[axis];
            self.squares[axis] += other.squares[axis];
            self.products[axis] += other.products[axis];
            self.min[axis] = self.min[axis].min(other.min[axis]);
            self.max[axis] = self.max[axis].max(other.max[axis]);
        }
    }

    /// Mean coordinate along each axis (z, y, x).
    #[must_use]
    pub fn centroid(&self) -> [f64; 3] {
        std::array::from_fn(|axis| self.sums[axis] as f64 / self.count as f64)
    }

    /// Mean coordinate along each axis (z, y, x), counted from the smallest one.
    #[must_use]
    pub fn inner_centroid(&self) -> [f64; 3] {
        std::array::from_fn(|axis| {
            let low = self.count * u64::from(self.min[axis]);
            (self.sums[axis] - low) as f64 / self.count as f64
        })
    }

    /// Σ(r − r̄)(r − r̄)ᵀ for the axes `a` and `b`: exact up to the last division by n.
    #[must_use]
    pub fn scatter(&self, a: usize, b: usize) -> f64 {
        let sum = if a == b {
            self.squares[a]
        } else {
            self.products[3 - a - b]
        };
        let means = i128::from(self.sums[a]) * i128::from(self.sums[b]);
        to_f64(i128::from(self.count) * sum as i128 - means) / self.count as f64
    }
}
