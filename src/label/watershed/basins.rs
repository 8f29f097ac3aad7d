//! The pixels that floods may label: those they reach and their direct neighbours, in basins that do not touch.
//!
//! Kept as stretches of rows that know their neighbours, so that the rest of the frame costs nothing.

use std::ops::Range;

use super::super::components::FrameRuns;
use super::super::rows::{for_steps_mut, STEP};
use super::super::runs::Run;
use crate::error::Result;
use crate::task::Task;

/// Basins of a frame.
pub(super) struct Basins {
    /// In raster order.
    stretches: Vec<Stretch>,
    /// Numbers of the stretches, basin by basin, in raster order within each.
    members: Vec<u32>,
    /// Where in `members` each basin ends.
    ends: Vec<usize>,
}

/// Consecutive pixels of a row that are in one basin.
#[derive(Clone)]
pub(super) struct Stretch {
    basin: u32,
    start: u32,
    end: u32,
    /// The first stretch that ends beyond `start`, in the row behind, above, below and in front of this one.
    near: [u32; 4],
    /// First pixel within the frame.
    pixel: usize,
    /// First pixel within the basin.
    place: usize,
}

/// A pixel: its stretch and x.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    stretch: u32,
    x: u32,
}

/// The row lies outside of the frame.
const OUTSIDE: u32 = u32::MAX;

impl Basins {
    /// The basins of the pixels in `reached` and their direct neighbours.
    pub(super) fn around(reached: &FrameRuns, task: &Task) -> Result<Self> {
        let wide = dilate(reached, task)?;
        let ids = wide.number(wide.join(task)?, task)?;
        let mut basins = Self {
            stretches: Vec::with_capacity(ids.len()),
            members: vec![0; ids.len()],
            ends: vec![0; ids.iter().max().map_or(0, |&last| last as usize)],
        };
        for row in 0..wide.shape.0 * wide.shape.1 {
            basins.push_row(&wide, row, &ids);
        }
        basins.group();
        Ok(basins)
    }

    fn push_row(&mut self, wide: &FrameRuns, row: usize, ids: &[u32]) {
        let found = wide.row(row);
        let rows = neighbour_rows(wide.shape, row).map(|row| row.map(|row| wide.row(row)));
        for (run, id) in found.runs.iter().zip(&ids[found.first as usize..]) {
            let near = rows.each_ref().map(|row| {
                row.as_ref().map_or(OUTSIDE, |row| {
                    row.first + row.runs.partition_point(|near| near.end() <= run.start) as u32
                })
            });
            self.stretches.push(Stretch {
                basin: id - 1,
                start: run.start,
                end: run.end(),
                near,
                pixel: row * wide.shape.2 + run.start as usize,
                place: 0,
            });
        }
    }

    /// Sorts the stretches by basin, by counting, and places them one behind the other.
    fn group(&mut self) {
        for stretch in &self.stretches {
            self.ends[stretch.basin as usize] += 1;
        }
        let mut total = 0;
        for end in &mut self.ends {
            total += std::mem::replace(end, total);
        }
        let mut sizes = vec![0; self.ends.len()];
        for (number, stretch) in (0..).zip(&mut self.stretches) {
            let basin = stretch.basin as usize;
            self.members[self.ends[basin]] = number;
            self.ends[basin] += 1;
            stretch.place = sizes[basin];
            sizes[basin] += stretch.pixels().len();
        }
    }

    /// How many basins there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// What `image`, the frame in C order, holds at the pixels of a basin.
    pub(super) fn cut<T: Copy>(&self, basin: usize, image: &[T]) -> Vec<T> {
        let mut pixels = Vec::new();
        for &member in self.members(basin) {
            pixels.extend_from_slice(&image[self.stretches[member as usize].pixels()]);
        }
        pixels
    }

    /// Puts what [`cut`](Self::cut) gave back into `image`; basins that are empty are left out.
    pub(super) fn put<T: Copy + Send + Sync>(
        &self,
        basins: &[Vec<T>],
        image: &mut [T],
        nx: usize,
        task: &Task,
    ) -> Result<()> {
        for_steps_mut(image, nx, task, |step, pixels| {
            let offset = step * STEP * nx;
            let first = self.stretches.partition_point(|s| s.pixel < offset);
            for stretch in &self.stretches[first..] {
                if stretch.pixel >= offset + pixels.len() {
                    break;
                }
                let (range, basin) = (stretch.pixels(), &basins[stretch.basin as usize]);
                if !basin.is_empty() {
                    pixels[range.start - offset..range.end - offset]
                        .copy_from_slice(&basin[stretch.place..][..range.len()]);
                }
            }
        })
    }

    /// The pixels of a basin in raster order, which is that of its [`cut`](Self::cut).
    pub(super) fn spots(&self, basin: usize) -> impl Iterator<Item = Spot> + '_ {
        self.members(basin).iter().flat_map(|&stretch| {
            let Stretch { start, end, .. } = self.stretches[stretch as usize];
            (start..end).map(move |x| Spot { stretch, x })
        })
    }

    fn members(&self, basin: usize) -> &[u32] {
        let start = if basin == 0 { 0 } else { self.ends[basin - 1] };
        &self.members[start..self.ends[basin]]
    }

    /// The direct neighbours, in raster order, of a pixel that was reached: all of them are in its basin.
    #[inline]
    pub(super) fn neighbours(&self, spot: Spot) -> impl Iterator<Item = Spot> + '_ {
        let Spot { stretch, x } = spot;
        let here = &self.stretches[stretch as usize];
        let left = (x > here.start).then(|| Spot { stretch, x: x - 1 });
        let right = (x + 1 < here.end).then(|| Spot { stretch, x: x + 1 });
        let [behind, above, below, front] = here.near.map(|near| self.beside(near, x));
        [behind, above, left, right, below, front]
            .into_iter()
            .flatten()
    }

    /// Pixel x of the row of stretch `near`, at or beyond it.
    #[inline]
    fn beside(&self, near: u32, x: u32) -> Option<Spot> {
        if near == OUTSIDE {
            return None;
        }
        let beyond = &self.stretches[near as usize..];
        let skipped = beyond.iter().position(|s| s.end > x)?;
        Some(Spot {
            stretch: near + skipped as u32,
            x,
        })
    }

    /// Where a pixel is within the frame.
    #[inline]
    pub(super) fn pixel(&self, spot: Spot) -> usize {
        let stretch = &self.stretches[spot.stretch as usize];
        stretch.pixel + (spot.x - stretch.start) as usize
    }

    /// Where a pixel is within the [`cut`](Self::cut) of its basin.
    #[inline]
    pub(super) fn place(&self, spot: Spot) -> usize {
        let stretch = &self.stretches[spot.stretch as usize];
        stretch.place + (spot.x - stretch.start) as usize
    }
}

impl Stretch {
    fn pixels(&self) -> Range<usize> {
        self.pixel..self.pixel + (self.end - self.start) as usize
    }
}

/// Every pixel of `runs` and its direct neighbours.
fn dilate(runs: &FrameRuns, task: &Task) -> Result<FrameRuns> {
    let nx = runs.shape.2 as u32;
    FrameRuns::of_rows(runs.shape, task, |row, wide| {
        let first = wide.len();
        wide.extend(runs.row(row).runs.iter().map(|run| {
            let start = run.start.saturating_sub(1);
            Run {
                start,
                length: (run.end() + 1).min(nx) - start,
                ..*run
            }
        }));
        for row in neighbour_rows(runs.shape, row).into_iter().flatten() {
            wide.extend_from_slice(runs.row(row).runs);
        }
        unite(wide, first);
    })
}

/// Makes the runs from `first` on sorted and disjoint.
fn unite(runs: &mut Vec<Run>, first: usize) {
    runs[first..].sort_by_key(|run| run.start);
    let mut last = first;
    for i in first + 1..runs.len() {
        let (run, open) = (runs[i], &mut runs[last]);
        if run.start <= open.end() {
            open.length = open.length.max(run.end() - open.start);
        } else {
            last += 1;
            runs[last] = run;
        }
    }
    runs.truncate(last + 1);
}

/// The rows behind, above, below and in front of a row, where there are.
fn neighbour_rows((nz, ny, _): (usize, usize, usize), row: usize) -> [Option<usize>; 4] {
    let (z, y) = (row / ny, row % ny);
    [
        (z > 0).then(|| row - ny),
        (y > 0).then(|| row - 1),
        (y + 1 < ny).then(|| row + 1),
        (z + 1 < nz).then(|| row + ny),
    ]
}
