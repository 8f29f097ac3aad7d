//! Products of two channels of 32 and 64 bit and floats: sums about running means.
//!
//! A piece of a run is summed about its own mean and then merged like any other part of the object, so nothing cancels.
//! Means are kept as differences to the first voxel of the object, which keeps their last bits.

use multiversion::multiversion;

use super::covariance::{pairs, Covariance};
use super::lanes::{total, LANES, PIECE};
use super::pixel::Wide;
use crate::label::runs::Run;

/// Records of all objects: number of voxels; origin of each channel; mean − origin of each channel;
/// Σ(v − mean)(w − mean) of each pair of channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WideProducts {
    pub(super) records: Vec<f64>,
    /// The record of a piece of a run.
    piece: Vec<f64>,
    /// Its voxels minus their mean, [`PIECE`] of each channel, with zeros behind them.
    differences: Vec<f64>,
}

impl WideProducts {
    /// Those that [`WideProducts::records`] gave.
    pub(in crate::region) fn of_records(records: Vec<f64>) -> Self {
        Self {
            records,
            ..Self::default()
        }
    }

    pub(in crate::region) fn records(&self) -> &[f64] {
        &self.records
    }

    pub(super) fn grow(&mut self, objects: usize, channels: usize) {
        self.records.resize(objects * stride(channels), 0.0);
        self.piece.resize(stride(channels), 0.0);
        self.differences.resize(channels * PIECE, 0.0);
    }

    pub(super) fn memory(&self) -> usize {
        let all = [&self.records, &self.piece, &self.differences];
        all.map(|each| each.capacity() * size_of::<f64>())
            .iter()
            .sum()
    }

    pub(super) fn merge(&mut self, to: usize, other: &Self, from: usize, channels: usize) {
        let n = stride(channels);
        let part = &other.records[from * n..][..n];
        merge(&mut self.records[to * n..][..n], part, channels);
    }

    pub(super) fn push(&mut self, other: &Self, from: usize, channels: usize) {
        let n = stride(channels);
        self.records
            .extend_from_slice(&other.records[from * n..][..n]);
    }

    /// Σ(v − mean)(w − mean) of each pair of channels of an object.
    pub(super) fn of(&self, row: usize, channels: usize) -> &[f64] {
        let record = &self.records[row * stride(channels)..][..stride(channels)];
        &record[1 + 2 * channels..]
    }

    /// Sums the voxels `start..start + length` of one row of each channel, at most [`PIECE`].
    #[inline(always)]
    fn sum<P: Wide>(&mut self, channels: &[&[P]], start: usize, length: usize) {
        let padded = length.next_multiple_of(LANES);
        let n = length as f64;
        let (head, products) = self.piece.split_at_mut(1 + 2 * channels.len());
        let (origins, means) = head[1..].split_at_mut(channels.len());
        let rows = self.differences.chunks_exact_mut(PIECE);
        for (channel, (row, differences)) in channels.iter().zip(rows).enumerate() {
            let differences = &mut differences[..padded];
            let voxels = &row[start..][..length];
            let origin = voxels[0].value();
            for (d, voxel) in differences.iter_mut().zip(voxels) {
                *d = voxel.value() - origin;
            }
            differences[length..].fill(0.0);
            let mean = total(differences, |i| differences[i]) / n;
            differences[..length].iter_mut().for_each(|d| *d -= mean);
            (origins[channel], means[channel]) = (origin, mean);
        }
        let mut products = products.iter_mut();
        let row = |channel: usize| &self.differences[channel * PIECE..][..padded];
        for a in 0..channels.len() {
            for (b, product) in (a + 1..channels.len()).zip(&mut products) {
                let (v, w) = (row(a), row(b));
                *product = total(v, |i| v[i] * w[i]);
            }
        }
        head[0] = n;
    }
}

/// Length of a record.
pub(in crate::region) fn stride(channels: usize) -> usize {
    1 + 2 * channels + pairs(channels)
}

/// Adds the voxels of record `from` to record `to` (Chan, Golub, LeVeque, *The American Statistician* 37, 1983).
#[inline(always)]
fn merge(to: &mut [f64], from: &[f64], channels: usize) {
    let (n, m) = (to[0], from[0]);
    if n == 0.0 {
        to.copy_from_slice(from);
        return;
    }
    let share = m / (n + m);
    let (head, products) = to.split_at_mut(1 + 2 * channels);
    let (origins, means) = head[1..].split_at_mut(channels);
    let apart = |c: usize, mean: f64| (from[1 + c] - origins[c]) + (from[1 + channels + c] - mean);
    let mut sums = products.iter_mut().zip(&from[1 + 2 * channels..]);
    for a in 0..channels {
        let weight = apart(a, means[a]) * n * share;
        for (b, (product, more)) in (a + 1..channels).zip(&mut sums) {
            *product += more + weight * apart(b, means[b]);
        }
    }
    for (c, mean) in means.iter_mut().enumerate() {
        *mean += apart(c, *mean) * share;
    }
    head[0] = n + m;
}

/// Adds the voxels of `runs`, which belong to `objects`, from one row of each channel.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
pub(super) fn add_runs<P: Wide>(
    channels: &[&[P]],
    runs: &[Run],
    objects: &[u32],
    covariance: &mut Covariance,
) {
    let Covariance::Wide(products) = covariance else {
        return;
    };
    let n = stride(channels.len());
    for (run, &object) in runs.iter().zip(objects) {
        let (mut start, end) = (run.start as usize, (run.start + run.length) as usize);
        while start < end {
            let length = PIECE.min(end - start);
            products.sum(channels, start, length);
            let record = &mut products.records[object as usize * n..][..n];
            merge(record, &products.piece, channels.len());
            start += length;
        }
    }
}
