//! Products of the intensities of two channels, summed per object, whatever the pixel type.

use multiversion::multiversion;

use super::moments::to_f64;
use super::pixel::Narrow;
use super::wide_products::{self, WideProducts};
use crate::label::runs::Run;

/// Sums of products of all objects: those of a pair of channels stand in the upper triangle, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Covariance {
    /// No feature asked for any.
    #[default]
    None,
    /// Raw of up to 16 bit: Σde of each pair of channels, d and e as in [`Narrow::shifted`].
    Exact(Vec<i128>),
    /// Wider raw.
    Wide(WideProducts),
}

impl Covariance {
    /// Appends records without voxels until there are `objects` of them.
    pub fn grow(&mut self, objects: usize, channels: usize) {
        match self {
            Self::None => {}
            Self::Exact(products) => products.resize(objects * pairs(channels), 0),
            Self::Wide(products) => products.grow(objects, channels),
        }
    }

    /// Removes all records and keeps the memory.
    pub fn clear(&mut self) {
        match self {
            Self::None => {}
            Self::Exact(products) => products.clear(),
            Self::Wide(products) => products.records.clear(),
        }
    }

    /// Becomes `wanted`, which has no records; keeps the memory if it is of the same kind.
    pub fn prepare(&mut self, wanted: Self) {
        if std::mem::discriminant(self) != std::mem::discriminant(&wanted) {
            *self = wanted;
        }
    }

    /// No records, of the same kind.
    #[must_use]
    pub fn empty(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Exact(_) => Self::Exact(Vec::new()),
            Self::Wide(_) => Self::Wide(WideProducts::default()),
        }
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Exact(products) => products.capacity() * size_of::<i128>(),
            Self::Wide(products) => products.memory(),
        }
    }

    /// Adds record `from` of `other` to record `to`; both tables are of one raw image.
    pub fn merge(&mut self, to: usize, other: &Self, from: usize, channels: usize) {
        match (self, other) {
            (Self::Exact(mine), Self::Exact(theirs)) => {
                let n = pairs(channels);
                let sums = mine[to * n..][..n].iter_mut();
                for (sum, more) in sums.zip(&theirs[from * n..][..n]) {
                    *sum += more;
                }
            }
            (Self::Wide(mine), Self::Wide(theirs)) => mine.merge(to, theirs, from, channels),
            _ => {}
        }
    }

    /// Appends record `from` of `other`.
    pub fn push(&mut self, other: &Self, from: usize, channels: usize) {
        match (self, other) {
            (Self::Exact(mine), Self::Exact(theirs)) => {
                let n = pairs(channels);
                mine.extend_from_slice(&theirs[from * n..][..n]);
            }
            (Self::Wide(mine), Self::Wide(theirs)) => mine.push(theirs, from, channels),
            _ => {}
        }
    }

    /// Σ(v − m)(w − k) / n of each pair of channels of record `row`, an object of `count` voxels, in the order of the
    /// upper triangle; `sum` gives Σd of a channel, which exact sums are finished with.
    pub(in crate::region) fn finish(
        &self,
        row: usize,
        count: u64,
        channels: usize,
        sum: impl Fn(usize) -> i64,
        mut pair: impl FnMut(usize, usize, f64),
    ) {
        let each = (0..channels).flat_map(|a| (a + 1..channels).map(move |b| (a, b)));
        let n = count as f64;
        match self {
            Self::None => {}
            Self::Exact(products) => {
                for ((a, b), &product) in each.zip(&products[row * pairs(channels)..]) {
                    let means = i128::from(sum(a)) * i128::from(sum(b));
                    pair(a, b, to_f64(i128::from(count) * product - means) / n / n);
                }
            }
            Self::Wide(products) => {
                for ((a, b), product) in each.zip(products.of(row, channels)) {
                    pair(a, b, product / n);
                }
            }
        }
    }
}

/// Number of pairs of different channels.
pub(in crate::region) fn pairs(channels: usize) -> usize {
    channels * channels.saturating_sub(1) / 2
}

/// Adds the voxels of `runs`, which belong to `objects`, from one row of each channel.
pub(super) fn add_exact<P: Narrow>(
    channels: &[&[P]],
    runs: &[Run],
    objects: &[u32],
    covariance: &mut Covariance,
) {
    let Covariance::Exact(products) = covariance else {
        return;
    };
    let stride = pairs(channels.len());
    let mut pair = 0;
    for (a, row) in channels.iter().enumerate() {
        for other in &channels[a + 1..] {
            add_pair(row, other, runs, objects, &mut products[pair..], stride);
            pair += 1;
        }
    }
}

/// Adds to every `stride`-th of `products`. A row shorter than 2³² fits 64 bit.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn add_pair<P: Narrow>(
    row: &[P],
    other: &[P],
    runs: &[Run],
    objects: &[u32],
    products: &mut [i128],
    stride: usize,
) {
    for (run, &object) in runs.iter().zip(objects) {
        let (start, length) = (run.start as usize, run.length as usize);
        let voxels = row[start..][..length].iter().zip(&other[start..][..length]);
        let sum: i64 = voxels
            .map(|(v, w)| i64::from(i32::from(v.shifted()) * i32::from(w.shifted())))
            .sum();
        products[object as usize * stride] += i128::from(sum);
    }
}

/// As [`add_exact`], for wide pixels.
pub(super) use wide_products::add_runs as add_wide;
