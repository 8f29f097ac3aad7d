//! Boxes of voxels and how to cut them: integers only.

use std::fmt;

use ndarray::{s, Ix3, SliceInfo, SliceInfoElem};

/// Lengths along z, y and x.
pub type Shape = [usize; 3];

/// Most voxels in one slab: enough to hide the cost of handing it out, few enough to share among many threads.
///
/// The accumulators rely on it: sums of squared slab coordinates stay below 2⁶⁴.
pub const SLAB_VOXELS: usize = 1 << 20;

/// A box of voxels, `start` inclusive and `stop` exclusive, in z, y, x order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// First voxel along each axis.
    pub start: [usize; 3],
    /// One past the last voxel along each axis.
    pub stop: [usize; 3],
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, stop } = self;
        write!(f, "the block from {start:?} to {stop:?}")
    }
}

impl Block {
    /// The block that covers a whole image.
    #[must_use]
    pub fn whole(shape: Shape) -> Self {
        Self {
            start: [0; 3],
            stop: shape,
        }
    }

    /// Lengths of the sides.
    #[must_use]
    pub fn shape(&self) -> Shape {
        std::array::from_fn(|axis| self.stop[axis] - self.start[axis])
    }

    /// Selects the voxels of this block in an image.
    #[must_use]
    pub fn slice(&self) -> SliceInfo<[SliceInfoElem; 3], Ix3, Ix3> {
        let [z, y, x] = std::array::from_fn(|axis| self.start[axis]..self.stop[axis]);
        s![z, y, x]
    }

    /// The voxels that it has in common with `other`; `None` without any.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let common = Self {
            start: std::array::from_fn(|axis| self.start[axis].max(other.start[axis])),
            stop: std::array::from_fn(|axis| self.stop[axis].min(other.stop[axis])),
        };
        (0..3)
            .all(|axis| common.start[axis] < common.stop[axis])
            .then_some(common)
    }

    /// The smallest block that holds it and `other`.
    #[must_use]
    pub fn hull(&self, other: &Self) -> Self {
        Self {
            start: std::array::from_fn(|axis| self.start[axis].min(other.start[axis])),
            stop: std::array::from_fn(|axis| self.stop[axis].max(other.stop[axis])),
        }
    }

    /// The grid of blocks of `shape` that covers this one, in z, y, x order; those at the far end may be smaller.
    ///
    /// Empty when this block has no voxels; a side of 0 in `shape` counts as 1.
    #[must_use]
    pub fn grid(&self, shape: Shape) -> Vec<Self> {
        let [zs, ys, xs] = std::array::from_fn(|axis| self.ranges(axis, shape[axis].max(1)));
        let mut blocks = Vec::with_capacity(zs.len() * ys.len() * xs.len());
        for &(z0, z1) in &zs {
            for &(y0, y1) in &ys {
                blocks.extend(xs.iter().map(|&(x0, x1)| Self {
                    start: [z0, y0, x0],
                    stop: [z1, y1, x1],
                }));
            }
        }
        blocks
    }

    /// The slabs of this block: whole planes, else whole rows, of at most [`SLAB_VOXELS`] voxels.
    ///
    /// They depend on the block alone, never on the number of threads, so results do not either.
    #[must_use]
    pub fn slabs(&self) -> Vec<Self> {
        let [_, height, width] = self.shape();
        let columns = width.min(SLAB_VOXELS);
        let rows = if columns < width {
            1
        } else {
            height.min(SLAB_VOXELS / columns.max(1))
        };
        let planes = if rows < height {
            1
        } else {
            SLAB_VOXELS / (rows * columns).max(1)
        };
        self.grid([planes, rows, columns])
    }

    fn ranges(&self, axis: usize, step: usize) -> Vec<(usize, usize)> {
        let stop = self.stop[axis];
        (self.start[axis]..stop)
            .step_by(step)
            .map(|start| (start, stop.min(start.saturating_add(step))))
            .collect()
    }
}
