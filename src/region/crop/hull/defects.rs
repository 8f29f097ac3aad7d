//! What an object lacks of a convex body around it: connected parts and their sizes, from runs.

use super::lattice::{Body, Span};
use crate::error::Result;
use crate::region::crop::CropRun;
use crate::task::Task;

/// Rows between two looks at the task.
const CHECK: usize = 1 << 16;

/// Number of voxels and sums of their coordinates z, y, x.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) places: [u64; 3],
}

impl Sums {
    /// Adds the voxels `start..stop` of row (z, y).
    pub(super) fn add(&mut self, [z, y]: [u64; 2], start: u64, stop: u64) {
        let n = stop - start;
        self.count += n;
        // One of the factors is even.
        let x = n * (start + stop - 1) / 2;
        for (sum, more) in self.places.iter_mut().zip([n * z, n * y, x]) {
            *sum += more;
        }
    }

    /// The sums without those of `other`, whose voxels are among these.
    pub(super) fn minus(&self, other: &Self) -> Self {
        Self {
            count: self.count - other.count,
            places: std::array::from_fn(|axis| self.places[axis] - other.places[axis]),
        }
    }

    /// The distance to the centre of `other`, times both counts: the same to the last bit in a mirrored image.
    fn distance(&self, other: &Self) -> f64 {
        let [n, m] = [self.count, other.count].map(i128::from);
        let squares = self.places.iter().zip(other.places).map(|(&a, b)| {
            let apart = i128::from(a) * m - i128::from(b) * n;
            let apart = apart as f64;
            apart * apart
        });
        squares.sum::<f64>().sqrt()
    }
}

/// A connected part of the body that is not of the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defect {
    /// Number of voxels.
    pub(super) size: u64,
    /// Distance between its centre and that of the object, times its size.
    pub(super) displacement: f64,
}

/// Consecutive voxels of a row.
#[derive(Clone, Copy, Debug)]
struct Gap {
    start: i64,
    stop: i64,
}

/// Finds the defects of one object after the other.
#[derive(Debug, Default)]
pub(super) struct Defects {
    gaps: Vec<Gap>,
    /// Where in `gaps` each row ends.
    ends: Vec<u32>,
    /// For each gap another of its defect that comes before it, or itself if none does.
    parents: Vec<u32>,
    sums: Vec<Sums>,
    defects: Vec<Defect>,
}

impl Defects {
    /// The defects found, by rising size.
    pub(super) fn found(&self) -> &[Defect] {
        &self.defects
    }

    /// Finds the parts of `body` that are not of the object of `runs`, whose sums are `object`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn update(
        &mut self,
        body: &Body,
        runs: &[CropRun],
        object: &Sums,
        task: &Task,
    ) -> Result<()> {
        self.find_gaps(body, runs);
        for row in 0..body.rows().len() {
            if row % CHECK == 0 {
                task.check()?;
            }
            if row % body.height() > 0 {
                self.join(row - 1, row);
            }
            if row >= body.height() {
                self.join(row - body.height(), row);
            }
        }
        self.add_up(body.height());
        self.defects.clear();
        let n = object.count as f64;
        self.defects.extend(self.sums.iter().map(|sums| Defect {
            size: sums.count,
            displacement: sums.distance(object) / n,
        }));
        // An order that does not depend on where they are: sums over defects are the same in a mirrored image.
        self.defects.sort_unstable_by(|a, b| {
            let sizes = a.size.cmp(&b.size);
            sizes.then(a.displacement.total_cmp(&b.displacement))
        });
        Ok(())
    }

    fn find_gaps(&mut self, body: &Body, mut runs: &[CropRun]) {
        self.gaps.clear();
        self.ends.clear();
        for (row, &Span { first, last }) in body.rows().iter().enumerate() {
            let mut start = first;
            while let Some((run, rest)) = runs.split_first() {
                if run.z as usize * body.height() + run.y as usize != row {
                    break;
                }
                let run_start = i64::from(run.start);
                self.add_gap(start, run_start);
                start = run_start + i64::from(run.length);
                runs = rest;
            }
            self.add_gap(start, last + 1);
            self.ends.push(self.gaps.len() as u32);
        }
        self.parents.clear();
        self.parents.extend(0..self.gaps.len() as u32);
    }

    fn add_gap(&mut self, start: i64, stop: i64) {
        if start < stop {
            self.gaps.push(Gap { start, stop });
        }
    }

    fn row(&self, row: usize) -> std::ops::Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[row] as usize
    }

    /// Joins the gaps of two rows that touch.
    fn join(&mut self, before: usize, after: usize) {
        let (mut before, after) = (self.row(before), self.row(after));
        for b in after {
            while before.start < before.end && self.gaps[before.start].stop <= self.gaps[b].start {
                before.start += 1;
            }
            for a in before.clone() {
                if self.gaps[a].start >= self.gaps[b].stop {
                    break;
                }
                let (a, b) = (self.first_of(a as u32), self.first_of(b as u32));
                self.parents[a.max(b) as usize] = a.min(b);
            }
        }
    }

    /// The first gap of the defect of `gap`, as far as joined.
    fn first_of(&mut self, mut gap: u32) -> u32 {
        while self.parents[gap as usize] != gap {
            let parent = self.parents[gap as usize];
            self.parents[gap as usize] = self.parents[parent as usize];
            gap = parent;
        }
        gap
    }

    /// Sums over the voxels of each defect.
    fn add_up(&mut self, height: usize) {
        self.sums.clear();
        for row in 0..self.ends.len() {
            let place = [row / height, row % height].map(|i| i as u64);
            for gap in self.row(row) {
                // A parent comes before its children: it has the number of its defect by now.
                let parent = self.parents[gap] as usize;
                let defect = if parent == gap {
                    self.sums.push(Sums::default());
                    self.sums.len() as u32 - 1
                } else {
                    self.parents[parent]
                };
                self.parents[gap] = defect;
                let Gap { start, stop } = self.gaps[gap];
                self.sums[defect as usize].add(place, start as u64, stop as u64);
            }
        }
    }
}
