//! Intensity sums per object and channel, whatever the pixel type.

use super::exact::ExactSums;
use super::moments::Moments;
use super::precision::Precision;
use super::wide::WideSums;

/// Intensity sums of all objects; those of object `row` in channel `c` stand at `row * n_channels + c`.
#[derive(Clone, Debug, PartialEq)]
pub enum Intensity {
    /// No feature asked for any.
    None,
    /// Raw of up to 16 bit.
    Exact {
        /// See [`super::pixel::Narrow::OFFSET`].
        offset: i32,
        /// The sums.
        sums: Vec<ExactSums>,
    },
    /// Wider raw.
    Wide(Vec<WideSums>),
}

impl Intensity {
    /// Appends records without voxels until there are `length`.
    pub fn grow(&mut self, length: usize) {
        match self {
            Self::None => {}
            Self::Exact { sums, .. } => sums.resize(length, ExactSums::EMPTY),
            Self::Wide(sums) => sums.resize(length, WideSums::EMPTY),
        }
    }

    /// Removes all records and keeps the memory.
    pub fn clear(&mut self) {
        match self {
            Self::None => {}
            Self::Exact { sums, .. } => sums.clear(),
            Self::Wide(sums) => sums.clear(),
        }
    }

    /// Becomes `wanted`, which has no records; keeps the memory if it is of the same kind.
    pub fn prepare(&mut self, wanted: Self) {
        match (&mut *self, &wanted) {
            (Self::Exact { offset, .. }, Self::Exact { offset: new, .. }) => *offset = *new,
            (Self::Wide(_), Self::Wide(_)) => {}
            _ => *self = wanted,
        }
    }

    /// No records, of the same kind.
    #[must_use]
    pub fn empty(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Exact { offset, .. } => Self::Exact {
                offset: *offset,
                sums: Vec::new(),
            },
            Self::Wide(_) => Self::Wide(Vec::new()),
        }
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Exact { sums, .. } => sums.capacity() * size_of::<ExactSums>(),
            Self::Wide(sums) => sums.capacity() * size_of::<WideSums>(),
        }
    }

    /// Adds record `from` of `other` to record `to`; both tables are of one raw image.
    pub fn merge(&mut self, to: usize, other: &Self, from: usize) {
        match (self, other) {
            (Self::Exact { sums, .. }, Self::Exact { sums: others, .. }) => {
                sums[to].merge(&others[from]);
            }
            (Self::Wide(sums), Self::Wide(others)) => sums[to].merge(&others[from]),
            _ => {}
        }
    }

    /// Appends record `from` of `other`.
    pub fn push(&mut self, other: &Self, from: usize) {
        match (self, other) {
            (Self::Exact { sums, .. }, Self::Exact { sums: others, .. }) => {
                sums.push(others[from]);
            }
            (Self::Wide(sums), Self::Wide(others)) => sums.push(others[from]),
            _ => {}
        }
    }

    /// Smallest and largest finite value of record `place`; infinities the wrong way round without any.
    #[must_use]
    pub fn extrema(&self, place: usize) -> [f64; 2] {
        match self {
            Self::None => [f64::INFINITY, f64::NEG_INFINITY],
            Self::Exact { offset, sums } => sums[place].extrema(*offset),
            Self::Wide(sums) => sums[place].extrema(),
        }
    }

    /// Σd of record `place`, d as in [`super::pixel::Narrow::shifted`]; 0 for wide raw.
    pub(in crate::region) fn shifted_sum(&self, place: usize) -> i64 {
        match self {
            Self::Exact { sums, .. } => sums[place].shifted(),
            _ => 0,
        }
    }

    /// Whether the sums are exact.
    #[must_use]
    pub fn precision(&self) -> Precision {
        match self {
            Self::None | Self::Exact { .. } => Precision::Exact,
            Self::Wide(_) => Precision::Rounded,
        }
    }

    /// The finished moments of record `place`, of an object of `count` voxels; `None` if nothing was collected.
    #[must_use]
    pub fn moments(&self, place: usize, count: u64) -> Option<Moments> {
        match self {
            Self::None => None,
            Self::Exact { offset, sums } => Some(sums[place].moments(count, *offset)),
            Self::Wide(sums) => Some(sums[place].moments()),
        }
    }
}
