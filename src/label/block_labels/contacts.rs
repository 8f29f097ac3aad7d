//! Which parts meet: those of neighbouring blocks across their common face, those of two labelings of one block.

use super::BlockLabels;
use crate::error::{Error, Result};
use crate::label::runs::{for_common, Run};

/// Numbers of two parts that meet.
pub(super) type Pair = [u32; 2];

impl BlockLabels {
    /// Parts of this block and of `next`, the one behind it along `axis` (0, 1, 2 for z, y, x), that touch across their
    /// common face and have equal keys: each pair once, in ascending order.
    ///
    /// # Errors
    /// [`Error::Shape`] when `next` is not the next block of the same frame.
    pub fn joints(&self, next: &Self, axis: usize) -> Result<Vec<Pair>> {
        if axis > 2 || self.frame != next.frame || !self.ends_where_starts(next, axis) {
            return Err(Error::Shape(format!(
                "{} does not lie behind {} along axis {axis}; pass two neighbouring blocks of one plan",
                next.block, self.block
            )));
        }
        let [depth, height, width] = self.block.shape();
        if [depth, height, width, next.block.shape()[axis]].contains(&0) {
            return Ok(Vec::new());
        }
        let mut found = Pairs::default();
        let mut join = |own: &Run, other: &Run| {
            let key_of = |labels: &Self, run: &Run| labels.parts[run.label as usize - 1].key;
            if key_of(self, own) == key_of(next, other) {
                found.add(own, other);
            }
        };
        let mut join_rows = |own: &[Run], other: &[Run]| {
            for_common(own, other, |i, j| join(&own[i], &other[j]));
        };
        match axis {
            0 => (0..height).for_each(|y| join_rows(self.row(depth - 1, y), next.row(0, y))),
            1 => (0..depth).for_each(|z| join_rows(self.row(z, height - 1), next.row(z, 0))),
            _ => {
                for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
                    let ends = (self.row(z, y).last(), next.row(z, y).first());
                    if let (Some(last), Some(first)) = ends {
                        if last.end() as usize == width && first.start == 0 {
                            join(last, first);
                        }
                    }
                }
            }
        }
        Ok(found.distinct())
    }

    /// Parts of this and of `other`, another labeling of the same block, that share a pixel: each pair once, in
    /// ascending order.
    ///
    /// # Errors
    /// [`Error::Shape`] when they are not of the same block.
    pub fn overlaps(&self, other: &Self) -> Result<Vec<Pair>> {
        if self.block != other.block || self.frame != other.frame {
            return Err(Error::Shape(format!(
                "{} is not {}; pass two labelings of one block",
                self.block, other.block
            )));
        }
        let [depth, height, _] = self.block.shape();
        let mut found = Pairs::default();
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            let (own, other) = (self.row(z, y), other.row(z, y));
            for_common(own, other, |i, j| found.add(&own[i], &other[j]));
        }
        Ok(found.distinct())
    }

    fn ends_where_starts(&self, next: &Self, axis: usize) -> bool {
        let (own, other) = (&self.block, &next.block);
        let alike = |a| (own.start[a], own.stop[a]) == (other.start[a], other.stop[a]);
        own.stop[axis] == other.start[axis] && (0..3).all(|a| a == axis || alike(a))
    }
}

/// Pairs as they are found, the same ones mostly one after the other.
#[derive(Default)]
struct Pairs(Vec<Pair>);

impl Pairs {
    fn add(&mut self, one: &Run, other: &Run) {
        let pair = [one, other].map(|run| run.label as u32);
        if self.0.last() != Some(&pair) {
            self.0.push(pair);
        }
    }

    fn distinct(mut self) -> Vec<Pair> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}
