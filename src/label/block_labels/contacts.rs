//! Which parts meet: those of neighbouring blocks across their common face, those of two labelings of one block.

use super::BlockLabels;
use crate::error::{Error, Result};
use crate::label::runs::{self, Run};

/// Numbers of two parts that meet.
pub(super) type Pair = [u32; 2];

impl BlockLabels {
    /// Parts of this block and of `next`, the one behind it along `axis` (0, 1, 2 for z, y, x), that touch across their
    /// common face and have equal keys: each pair once, in ascending order.
    ///
    /// # Errors
    /// [`Error::Shape`] when `next` is not the next block of the same frame.
    pub fn joints(&self, next: &Self, axis: usize) -> Result<Vec<Pair>> {
        let mut found = self.contacts(next, axis)?;
        let key = |labels: &Self, number: u32| labels.parts[number as usize - 1].key;
        found.retain(|&[own, other]| key(self, own) == key(next, other));
        Ok(found)
    }

    /// As [`Self::joints`], whatever the keys.
    ///
    /// # Errors
    /// As [`Self::joints`].
    pub fn contacts(&self, next: &Self, axis: usize) -> Result<Vec<Pair>> {
        if axis > 2 || self.frame != next.frame || !self.ends_where_starts(next, axis) {
            return Err(Error::Shape(format!(
                "{:?} does not lie behind {:?} along axis {axis}; pass two neighbouring blocks of one plan",
                next.block, self.block
            )));
        }
        let [depth, height, width] = self.block.shape();
        let mut found = Pairs::default();
        let mut join = |own: &Run, other: &Run| found.add(own.label as u32, other.label as u32);
        if [depth, height, width, next.block.shape()[axis]].contains(&0) {
            return Ok(Vec::new());
        }
        match axis {
            0 => (0..height)
                .for_each(|y| for_common(self.row(depth - 1, y), next.row(0, y), &mut join)),
            1 => (0..depth)
                .for_each(|z| for_common(self.row(z, height - 1), next.row(z, 0), &mut join)),
            _ => {
                for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
                    let last = self.row(z, y).last();
                    let first = next.row(z, y).first();
                    if let (Some(last), Some(first)) = (last, first) {
                        if last.end() as usize == width && first.start == 0 {
                            join(last, first);
                        }
                    }
                }
            }
        }
        Ok(found.distinct())
    }

    /// Parts of this and of `other`, another labeling of the same block, that touch within the block or share a pixel:
    /// each pair once, in ascending order.
    ///
    /// # Errors
    /// [`Error::Shape`] when they are not of the same block.
    pub fn neighbours(&self, other: &Self) -> Result<Vec<Pair>> {
        self.check_same_block(other)?;
        let [depth, height, _] = self.block.shape();
        let (mut found, mut wide) = (Pairs::default(), Vec::new());
        let mut meet = |own: &Run, other: &Run| found.add(own.label as u32, other.label as u32);
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            wide.clear();
            wide.extend(self.row(z, y).iter().map(|run| {
                let start = run.start.saturating_sub(1);
                let length = run.end() + 1 - start;
                Run {
                    start,
                    length,
                    ..*run
                }
            }));
            for_common(&wide, other.row(z, y), &mut meet);
            let rows = [
                (z > 0).then(|| (z - 1, y)),
                (y > 0).then(|| (z, y - 1)),
                (y + 1 < height).then_some((z, y + 1)),
                (z + 1 < depth).then_some((z + 1, y)),
            ];
            for (near_z, near_y) in rows.into_iter().flatten() {
                for_common(self.row(z, y), other.row(near_z, near_y), &mut meet);
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
        self.check_same_block(other)?;
        let [depth, height, _] = self.block.shape();
        let mut found = Pairs::default();
        for (z, y) in (0..depth * height).map(|row| (row / height, row % height)) {
            for_common(self.row(z, y), other.row(z, y), |own, other| {
                found.add(own.label as u32, other.label as u32);
            });
        }
        Ok(found.distinct())
    }

    fn check_same_block(&self, other: &Self) -> Result<()> {
        if self.block == other.block && self.frame == other.frame {
            return Ok(());
        }
        Err(Error::Shape(format!(
            "{:?} and {:?} are not the same block; pass two labelings of one block",
            self.block, other.block
        )))
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
    fn add(&mut self, one: u32, other: u32) {
        if self.0.last() != Some(&[one, other]) {
            self.0.push([one, other]);
        }
    }

    fn distinct(mut self) -> Vec<Pair> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}

/// Calls `visit` with the runs of two rows that have pixels in common.
fn for_common(row: &[Run], others: &[Run], mut visit: impl FnMut(&Run, &Run)) {
    runs::for_common(row, others, |i, j| visit(&row[i], &others[j]));
}
