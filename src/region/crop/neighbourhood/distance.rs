//! Squared distances to an object, row by row: along x, then y, then z, each no farther than the neighbourhood reaches.

use multiversion::multiversion;

use super::steps::{Squared, Steps};
use crate::block::Shape;
use crate::error::Result;
use crate::region::crop::{Crop, CropRun};
use crate::task::Task;

/// A pixel of the neighbourhood; others are 0.
pub(super) const AROUND: u8 = 1;

/// A pixel of the object.
pub(super) const OWN: u8 = 2;

/// Finds distances; keeps its memory between objects.
#[derive(Debug, Default)]
pub(super) struct Distances<T: Squared> {
    steps: Steps<T>,
    /// Distances along x in the rows of one plane of the object.
    lines: Lines<T>,
    /// Distances along x and y to the planes of the object that are within reach: for each y, one row per plane.
    planes: Lines<T>,
    row: Vec<T>,
    zones: Vec<u8>,
}

/// Rows of distances, and the place of each along the next axis.
#[derive(Debug)]
struct Lines<T> {
    values: Vec<T>,
    places: Vec<usize>,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl<T: Squared> Distances<T> {
    /// Calls `found` with each row (z, y) of [`Crop::outer`]: for each of its pixels what it belongs to.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn visit(
        &mut self,
        crop: &Crop<'_>,
        task: &Task,
        mut found: impl FnMut(usize, usize, &[u8]),
    ) -> Result<()> {
        let shape = crop.outer.shape();
        let [depth, height, length] = shape;
        let width = length.next_multiple_of(LANES);
        self.steps.update(crop.margin, shape);
        self.row.resize(width, T::FAR);
        self.zones.resize(width, 0);
        let n_slots = self.reserve(height, crop.inner.shape()[0]);
        let offset: Shape =
            std::array::from_fn(|axis| crop.inner.start[axis] - crop.outer.start[axis]);
        let mut object_planes = crop.runs.chunk_by(|a, b| a.z == b.z).enumerate().peekable();
        for z in 0..depth {
            let last = z + self.steps.axes[0].len() - 1;
            let near = |(_, runs): &(usize, &[CropRun])| runs[0].z as usize + offset[0] <= last;
            while let Some((number, runs)) = object_planes.next_if(near) {
                let slot = number % n_slots;
                self.planes.places[slot] = runs[0].z as usize + offset[0];
                self.add_plane(runs, offset, height, slot, task)?;
            }
            for y in 0..height {
                task.check()?;
                let rows = &self.planes.values[y * n_slots * width..][..n_slots * width];
                nearest(
                    &mut self.row,
                    rows,
                    &self.planes.places,
                    z,
                    &self.steps.axes[0],
                );
                classify(&self.row, self.steps.limit, &mut self.zones);
                found(z, y, &self.zones[..length]);
            }
        }
        Ok(())
    }

    /// Makes room for as many planes of the object as are within reach of one plane, and returns their number.
    fn reserve(&mut self, height: usize, depth: usize) -> usize {
        let n_slots = depth.min(2 * self.steps.axes[0].len() - 1);
        self.planes.places.clear();
        self.planes.places.resize(n_slots, usize::MAX);
        let length = n_slots * height * self.row.len();
        if self.planes.values.len() < length {
            self.planes.values.resize(length, T::FAR);
        }
        n_slots
    }

    /// Finds the distances along x and y to the runs of one plane of the object.
    fn add_plane(
        &mut self,
        runs: &[CropRun],
        offset: Shape,
        height: usize,
        slot: usize,
        task: &Task,
    ) -> Result<()> {
        let width = self.row.len();
        let Lines { values, places } = &mut self.lines;
        places.clear();
        for (number, runs) in runs.chunk_by(|a, b| a.y == b.y).enumerate() {
            places.push(runs[0].y as usize + offset[1]);
            if values.len() < (number + 1) * width {
                values.resize((number + 1) * width, T::FAR);
            }
            let line = &mut values[number * width..][..width];
            along_x(runs, offset[2], &self.steps.axes[2], line);
        }
        let reach = self.steps.axes[1].len() - 1;
        let n_slots = self.planes.places.len();
        for y in 0..height {
            task.check()?;
            let first = places.partition_point(|&place| place + reach < y);
            let end = places.partition_point(|&place| place <= y + reach);
            let near = &values[first * width..end * width];
            let row = &mut self.planes.values[(y * n_slots + slot) * width..][..width];
            nearest(row, near, &places[first..end], y, &self.steps.axes[1]);
        }
        Ok(())
    }
}

/// Sets `line` to the distances to the nearest of `runs`, all of its row, that start `offset` later.
fn along_x<T: Squared>(runs: &[CropRun], offset: usize, steps: &[T], line: &mut [T]) {
    line.fill(T::FAR);
    let mut end = 0;
    for (i, run) in runs.iter().enumerate() {
        let start = run.start as usize + offset;
        let before = line[end..start].iter_mut().rev().zip(&steps[1..]);
        before.for_each(|(value, &step)| *value = lesser(step, *value));
        end = start + run.length as usize;
        let next = runs
            .get(i + 1)
            .map_or(line.len(), |run| run.start as usize + offset);
        line[start..end].fill(T::ZERO);
        let after = line[end..next].iter_mut().zip(&steps[1..]);
        after.for_each(|(value, &step)| *value = step);
    }
}

/// Rows are padded to a multiple of this many pixels, so that vector loops have no remainder.
const LANES: usize = 32;

/// Sets `target`, a row at `place`, to the least of `rows`, each farther by the step from its place to there.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn nearest<T: Squared>(target: &mut [T], rows: &[T], places: &[usize], place: usize, steps: &[T]) {
    let width = target.len();
    for (piece, target) in target.chunks_exact_mut(LANES).enumerate() {
        let mut least = [T::FAR; LANES];
        for (row, &from) in rows.chunks_exact(width).zip(places) {
            if let Some(&step) = steps.get(place.abs_diff(from)) {
                let values = &row[piece * LANES..][..LANES];
                for lane in 0..LANES {
                    least[lane] = lesser(values[lane].plus(step), least[lane]);
                }
            }
        }
        target.copy_from_slice(&least);
    }
}

/// Sets each of `zones` to what the pixel at this distance belongs to.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn classify<T: Squared>(row: &[T], limit: T, zones: &mut [u8]) {
    for (zone, &distance) in zones.iter_mut().zip(row) {
        *zone =
            u8::from(distance < limit) * AROUND + u8::from(distance == T::ZERO) * (OWN - AROUND);
    }
}

#[inline(always)]
fn lesser<T: Squared>(a: T, b: T) -> T {
    if a < b {
        a
    } else {
        b
    }
}
