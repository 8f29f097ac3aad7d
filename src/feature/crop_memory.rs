//! How much memory it takes to look at one object as a whole, known before anything is read.

use super::crops::Wanted;
use crate::block::{Block, Shape};
use crate::region::crop::{inner, outer, CropRun};
use crate::region::Geometry;

/// Raw as far as its size goes.
#[derive(Clone, Copy, Debug)]
pub struct RawSize {
    /// Number of channels.
    pub channels: usize,
    /// Bytes of a pixel.
    pub itemsize: usize,
}

/// Runs that an object is taken to have in each row of its box: more only if it is like a sponge.
const RUNS_PER_ROW: u128 = 8;

/// A run of voxels that an object lacks of its hull: the run, the one before that it belongs to, and sums.
const GAP: u128 = 56;

/// A row of a hull: what it covers, a corner and two facets.
const HULL_ROW: u128 = 220;

/// A run of the neighbourhood, on both sides and of the object.
const AROUND_RUN: u128 = 3 * 16;

/// A row of the neighbourhood.
const AROUND_ROW: u128 = 72;

/// A pixel of the box of a skeleton; see there.
const SKELETON_BOX: u128 = 15;

/// A pixel of an object with a skeleton of a quarter of them.
const SKELETON_PIXEL: u128 = 200 / 4;

impl Wanted {
    /// The box of the frame that finishing an object reads; without voxels if nothing is read.
    pub(super) fn reads(&self, geometry: &Geometry, frame: Shape, histogram: bool) -> Block {
        let inner = inner(geometry);
        if self.raw {
            outer(&inner, self.margin, frame)
        } else if self.any() || histogram {
            inner
        } else {
            Block {
                stop: inner.start,
                ..inner
            }
        }
    }

    /// Bytes of memory while an object is finished: raw of its box, its copy, and what is found on the way.
    ///
    /// 0 if nothing is read. Not counted is what a thread needs for the smallest of objects.
    pub(super) fn bytes(
        &self,
        geometry: &Geometry,
        frame: Shape,
        histogram: bool,
        raw: RawSize,
    ) -> u64 {
        let read = self.reads(geometry, frame, histogram);
        let window = if self.raw || histogram {
            volume(&read)
        } else {
            0
        };
        let copy = if self.raw { window } else { 0 };
        let pixels = (window + copy) * (raw.channels * raw.itemsize) as u128;
        let found = if self.any() {
            self.working(geometry, &outer(&inner(geometry), self.margin, frame))
        } else {
            0
        };
        u64::try_from(pixels + found).unwrap_or(u64::MAX)
    }

    fn working(&self, geometry: &Geometry, outer: &Block) -> u128 {
        let inner = inner(geometry);
        let count = u128::from(geometry.count);
        let [depth, height, _] = inner.shape().map(|length| length as u128);
        let rows = depth * height;
        let runs = count.min(RUNS_PER_ROW * rows);
        let hulls = u128::from(self.hull) + u128::from(self.bounding_box);
        let parts = [
            (true, runs * size_of::<CropRun>() as u128),
            (self.weighted, count * size_of::<f64>() as u128),
            (
                self.neighbourhood,
                runs * AROUND_RUN + self.distances(&inner, outer),
            ),
            (true, hulls * (rows * HULL_ROW + (runs + rows) * GAP)),
            (
                self.skeleton,
                volume(&inner) * SKELETON_BOX + count * SKELETON_PIXEL,
            ),
        ];
        parts
            .iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, bytes)| bytes)
            .sum()
    }

    /// Distances within as many planes as are within reach of one, and within one plane along x.
    fn distances(&self, inner: &Block, outer: &Block) -> u128 {
        let number = if self.margin.iter().all(|&margin| margin <= 255) {
            2
        } else {
            8
        };
        let planes =
            inner.shape()[0].min(self.margin[0].saturating_mul(2).saturating_add(1)) as u128;
        let [depth, height, width] = outer.shape().map(|length| length as u128);
        let lines = planes * height + inner.shape()[1] as u128;
        lines * width.next_multiple_of(32) * number + depth * height * AROUND_ROW
    }
}

fn volume(block: &Block) -> u128 {
    block.shape().iter().map(|&length| length as u128).product()
}
