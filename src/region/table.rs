//! The table of ingredients: one record per object, mergeable.

use super::geometry::Geometry;
use super::intensity::Covariance;
use super::intensity::{Intensity, RawKind, RawPart};
use crate::block::Shape;
use crate::error::{Error, Result};
use crate::label::row_index::RowIndex;
use crate::label::runs::Run;

/// What was collected about each object of a frame or of a part of it; rows stand in the order of first meeting.
#[derive(Debug)]
pub struct RegionTable {
    index: RowIndex,
    n_channels: usize,
    /// Id of each object.
    pub ids: Vec<u64>,
    /// Size, place and spread of each object.
    pub geometry: Vec<Geometry>,
    /// Intensities of each object and channel.
    pub intensity: Intensity,
    covariance: Covariance,
}

impl RegionTable {
    /// A table without objects that will collect intensities of `raw`, if any.
    #[must_use]
    pub fn new(raw: Option<&RawKind>) -> Self {
        Self {
            index: RowIndex::default(),
            n_channels: raw.map_or(0, |raw| raw.channels),
            ids: Vec::new(),
            geometry: Vec::new(),
            intensity: raw.map_or(Intensity::None, |raw| raw.sums.clone()),
            covariance: Covariance::None,
        }
    }

    /// A table of these records; `None` if they do not fit together.
    pub(super) fn of_parts(
        n_channels: usize,
        ids: Vec<u64>,
        geometry: Vec<Geometry>,
        intensity: Intensity,
        covariance: Covariance,
    ) -> Option<Self> {
        let (mut index, mut known) = (RowIndex::default(), Vec::new());
        let distinct = ids
            .iter()
            .enumerate()
            .all(|(row, &id)| index.row(id, &mut known) == row);
        let whole = |geometry: &Geometry| {
            geometry.count > 0 && (0..3).all(|axis| geometry.min[axis] <= geometry.max[axis])
        };
        (distinct && geometry.iter().all(whole)).then_some(Self {
            index,
            n_channels,
            ids,
            geometry,
            intensity,
            covariance,
        })
    }

    /// A table without objects that collects the same.
    pub(super) fn empty(&self) -> Self {
        Self {
            index: RowIndex::default(),
            n_channels: self.n_channels,
            ids: Vec::new(),
            geometry: Vec::new(),
            intensity: self.intensity.empty(),
            covariance: self.covariance.empty(),
        }
    }

    /// Whether `other` collects the same, so that they can be merged.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.n_channels == other.n_channels
            && self.intensity.empty() == other.intensity.empty()
            && self.covariance.empty() == other.covariance.empty()
    }

    /// The objects `ids`, in this order.
    ///
    /// # Errors
    /// [`Error::Value`] for an id that is not there or comes twice.
    pub(super) fn select(&self, ids: &[u64]) -> Result<Self> {
        let mut chosen = self.empty();
        for (to, &id) in ids.iter().enumerate() {
            let Some(from) = self.row(id) else {
                return Err(Error::Value(format!(
                    "object {id} is not in the table; collect all blocks that hold it"
                )));
            };
            if chosen.index.row(id, &mut chosen.ids) != to {
                return Err(Error::Value(format!(
                    "object {id} is asked for twice; pass every id once"
                )));
            }
            chosen.push(self, from);
        }
        Ok(chosen)
    }

    /// Number of raw channels collected.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.n_channels
    }

    /// Forgets all objects and keeps the memory.
    pub fn clear(&mut self) {
        self.index.clear(&self.ids);
        self.ids.clear();
        self.geometry.clear();
        self.intensity.clear();
        self.covariance.clear();
    }

    /// Makes an empty table collect intensities of `raw`.
    pub fn prepare(&mut self, raw: Option<&RawKind>) {
        self.n_channels = raw.map_or(0, |raw| raw.channels);
        self.intensity
            .prepare(raw.map_or(Intensity::None, |raw| raw.sums.clone()));
    }

    /// Makes an empty table that collects intensities of raw collect the covariance of `raw` as well, if any.
    pub fn prepare_covariance(&mut self, raw: Option<&RawKind>) {
        self.covariance
            .prepare(raw.map_or(Covariance::None, |raw| raw.products.clone()));
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.index.memory()
            + self.ids.capacity() * size_of::<u64>()
            + self.geometry.capacity() * size_of::<Geometry>()
            + self.intensity.memory()
            + self.covariance.memory()
    }

    /// Uses the memory of `index`, which must be clear, in place of its own; for callers that make many tables.
    pub fn swap_index(&mut self, index: &mut RowIndex) {
        std::mem::swap(&mut self.index, index);
    }

    /// Adds the runs of row (z, y) of a slab; coordinates count from its start.
    pub fn update(
        &mut self,
        z: usize,
        y: usize,
        runs: &[Run],
        raw: Option<&dyn RawPart>,
        rows: &mut Vec<u32>,
    ) {
        rows.clear();
        for run in runs {
            let row = self.index.row(run.label, &mut self.ids);
            if row == self.geometry.len() {
                self.geometry.push(Geometry::EMPTY);
            }
            self.geometry[row].add_run(z as u32, y as u32, run.start, run.length);
            rows.push(row as u32);
        }
        if let (Some(raw), false) = (raw, runs.is_empty()) {
            self.intensity.grow(self.ids.len() * self.n_channels);
            raw.add(z, y, runs, rows, &mut self.intensity);
            if !matches!(self.covariance, Covariance::None) {
                self.covariance.grow(self.ids.len(), self.n_channels);
                raw.add_products(z, y, runs, rows, &mut self.covariance);
            }
        }
    }

    /// Moves the origin of all coordinates: `offset` is added to each.
    pub fn shift(&mut self, offset: Shape) {
        for geometry in &mut self.geometry {
            geometry.shift(offset);
        }
    }

    /// Adds the objects of `other`; those of the same id become one.
    pub fn merge(&mut self, other: &Self) {
        for (from, &id) in other.ids.iter().enumerate() {
            let known = self.ids.len();
            let to = self.index.row(id, &mut self.ids);
            if to == known {
                self.push(other, from);
                continue;
            }
            self.geometry[to].merge(&other.geometry[from]);
            self.covariance
                .merge(to, &other.covariance, from, self.n_channels);
            for channel in 0..self.n_channels {
                let [to, from] = [to, from].map(|row| row * self.n_channels + channel);
                self.intensity.merge(to, &other.intensity, from);
            }
        }
    }

    /// Appends the record `from` of `other` for an id that was appended already.
    fn push(&mut self, other: &Self, from: usize) {
        self.geometry.push(other.geometry[from]);
        self.covariance
            .push(&other.covariance, from, self.n_channels);
        for channel in 0..self.n_channels {
            self.intensity
                .push(&other.intensity, from * self.n_channels + channel);
        }
    }

    /// Sums of products of two channels.
    pub(super) fn products(&self) -> &Covariance {
        &self.covariance
    }

    /// Which row each id has.
    pub(super) fn index(&self) -> &RowIndex {
        &self.index
    }

    /// The row of object `id`, if it is there.
    #[must_use]
    pub fn row(&self, id: u64) -> Option<usize> {
        self.index.get(id)
    }

    /// Σ(v − m)(w − k) / n of an object for each pair of channels with means m and k, row by row; nothing if it was
    /// not collected. Exactly 0 where a channel is flat, or where they may not vary together but for rounding.
    pub fn covariance(&self, row: usize, matrix: &mut Vec<f64>) {
        matrix.clear();
        if matches!(self.covariance, Covariance::None) {
            return;
        }
        let n = self.n_channels;
        let count = self.geometry[row].count;
        matrix.resize(n * n, 0.0);
        let precision = self.intensity.precision();
        for channel in 0..n {
            let moments = self.intensity.moments(row * n + channel, count);
            matrix[channel * (n + 1)] = moments.map_or(0.0, |m| m.central[0] / m.count);
        }
        let sum = |channel| self.intensity.shifted_sum(row * n + channel);
        self.covariance.finish(row, count, n, sum, |a, b, value| {
            let variances = [a, b].map(|channel| matrix[channel * (n + 1)]);
            if !variances.contains(&0.0) {
                let [most_a, most_b] = variances.map(f64::sqrt);
                let value = precision.settle(value, most_a * most_b);
                matrix[a * n + b] = value;
                matrix[b * n + a] = value;
            }
        });
    }

    /// Rows in ascending order of ids.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
        order.sort_unstable_by_key(|&row| self.ids[row as usize]);
        order
    }
}
