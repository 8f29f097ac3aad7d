//! Intensity sums per object and channel, whatever the pixel type.

pub mod binning;
mod bins;
mod covariance;
mod exact;
pub mod histogram;
mod lanes;
mod moments;
mod pixel;
pub mod quantiles;
mod wide;
mod wide_products;

pub use covariance::Covariance;
pub(crate) use moments::to_f64;
pub use moments::Moments;

use ndarray::{s, ArrayView4, Axis, CowArray, Ix3};

use self::binning::Binning;
use self::exact::ExactSums;
use self::pixel::Narrow;
use self::wide::WideSums;
use self::wide_products::WideProducts;
use crate::block::{Block, Shape};
use crate::label::contiguous::contiguous;
use crate::label::runs::Run;

/// Intensity sums of all objects; those of object `row` in channel `c` stand at `row * n_channels + c`.
#[derive(Clone, Debug, PartialEq)]
pub enum Intensity {
    /// No feature asked for any.
    None,
    /// Raw of up to 16 bit.
    Exact {
        /// See [`Narrow::OFFSET`].
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

    /// Σd of record `place`, d as in [`Narrow::shifted`]; 0 for wide raw.
    pub(super) fn shifted_sum(&self, place: usize) -> i64 {
        match self {
            Self::Exact { sums, .. } => sums[place].shifted(),
            _ => 0,
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

/// What is known about raw without looking at a pixel.
#[derive(Clone, Debug)]
pub struct RawKind {
    /// Number of channels.
    pub channels: usize,
    /// The kind of sums for its pixel type, without records.
    pub sums: Intensity,
    /// The kind of sums of products of two channels, without records.
    pub products: Covariance,
    /// Whether its pixels are 32-bit floats.
    pub is_float32: bool,
}

/// A raw image whose pixel type no longer matters.
pub trait RawImage: Sync {
    /// Lengths along z, y, x.
    fn shape(&self) -> Shape;

    /// Number of channels and kind of pixel.
    fn kind(&self) -> RawKind;

    /// The voxels of a block.
    fn part(&self, block: &Block) -> Box<dyn RawPart + '_>;
}

/// A part of a raw image; its coordinates count from its own start.
pub trait RawPart {
    /// Number of channels and kind of pixel.
    fn kind(&self) -> RawKind;

    /// Copies the voxels of row (z, y) from `x` on, as many as `values` has room for.
    fn read(&self, z: usize, y: usize, x: usize, channel: usize, values: &mut [f64]);

    /// Counts the finite voxels of `runs` of row (z, y) in the bins of their objects `rows`; `binning` has one entry
    /// per channel, `counts` the bins of each channel of each object.
    fn count(
        &self,
        z: usize,
        y: usize,
        runs: &[Run],
        rows: &[u32],
        binning: &[Binning],
        counts: &mut [u32],
    );

    /// Adds the voxels of `runs` of row (z, y), which belong to the objects `rows`, in every channel.
    fn add(&self, z: usize, y: usize, runs: &[Run], rows: &[u32], intensity: &mut Intensity);

    /// Adds the products of every two channels of these voxels.
    fn add_products(
        &self,
        z: usize,
        y: usize,
        runs: &[Run],
        rows: &[u32],
        covariance: &mut Covariance,
    );
}

/// A pixel type of raw: decides between exact and wide sums.
pub trait Pixel: Copy + Send + Sync {
    /// Whether this is `f32`.
    const IS_FLOAT32: bool;

    /// See [`RawKind::sums`].
    fn no_sums() -> Intensity;

    /// See [`RawKind::products`].
    fn no_products() -> Covariance;

    /// The intensity of a voxel.
    fn intensity(self) -> f64;

    /// Adds the runs of a contiguous row of one channel.
    fn add_runs(
        row: &[Self],
        runs: &[Run],
        rows: &[u32],
        channel: usize,
        n_channels: usize,
        intensity: &mut Intensity,
    );

    /// Counts the runs of a contiguous row of one channel.
    fn count_runs(
        row: &[Self],
        runs: &[Run],
        rows: &[u32],
        channel: usize,
        n_channels: usize,
        binning: &Binning,
        counts: &mut [u32],
    );

    /// Adds the products of every two channels of the runs of one contiguous row of each.
    fn add_products(channels: &[&[Self]], runs: &[Run], rows: &[u32], covariance: &mut Covariance);
}

macro_rules! pixels {
    ($add:path, $count:path, $variant:pat => $sums:ident, $none:expr, $products:path, $no_products:expr; $($pixel:ty),+) => {$(
        impl Pixel for $pixel {
            const IS_FLOAT32: bool = matches!(stringify!($pixel).as_bytes(), b"f32");
            #[inline(always)]
            fn intensity(self) -> f64 {
                self as f64
            }
            fn no_sums() -> Intensity {
                $none
            }
            fn no_products() -> Covariance {
                $no_products
            }
            fn add_runs(
                row: &[Self],
                runs: &[Run],
                rows: &[u32],
                channel: usize,
                n_channels: usize,
                intensity: &mut Intensity,
            ) {
                if let $variant = intensity {
                    $add(row, runs, rows, channel, n_channels, $sums);
                }
            }
            fn count_runs(
                row: &[Self],
                runs: &[Run],
                rows: &[u32],
                channel: usize,
                n_channels: usize,
                binning: &Binning,
                counts: &mut [u32],
            ) {
                $count(row, runs, rows, channel, n_channels, binning, counts);
            }
            fn add_products(
                channels: &[&[Self]],
                runs: &[Run],
                rows: &[u32],
                covariance: &mut Covariance,
            ) {
                $products(channels, runs, rows, covariance);
            }
        }
    )+};
}
pixels!(exact::add_runs, bins::count_narrow, Intensity::Exact { sums, .. } => sums,
    Intensity::Exact { offset: Self::OFFSET, sums: Vec::new() },
    covariance::add_exact, Covariance::Exact(Vec::new()); u8, u16, i8, i16);
pixels!(wide::add_runs, bins::count_wide, Intensity::Wide(sums) => sums,
    Intensity::Wide(Vec::new()),
    covariance::add_wide, Covariance::Wide(WideProducts::default()); u32, u64, i32, i64, f32, f64);

impl<P: Pixel> RawImage for ArrayView4<'_, P> {
    fn shape(&self) -> Shape {
        let (z, y, x, _) = self.dim();
        [z, y, x]
    }

    fn kind(&self) -> RawKind {
        kind::<P>(self.dim().3)
    }

    fn part(&self, block: &Block) -> Box<dyn RawPart + '_> {
        let channels = self.axis_iter(Axis(3));
        let part = channels.map(|channel| contiguous(channel.slice_move(block.slice())));
        Box::new(part.collect::<Vec<_>>())
    }
}

/// One image per channel.
impl<P: Pixel> RawPart for Vec<CowArray<'_, P, Ix3>> {
    fn kind(&self) -> RawKind {
        kind::<P>(self.len())
    }

    fn read(&self, z: usize, y: usize, x: usize, channel: usize, values: &mut [f64]) {
        let row = self[channel].slice(s![z, y, x..x + values.len()]);
        for (value, pixel) in values.iter_mut().zip(row) {
            *value = pixel.intensity();
        }
    }

    fn count(
        &self,
        z: usize,
        y: usize,
        runs: &[Run],
        rows: &[u32],
        binning: &[Binning],
        counts: &mut [u32],
    ) {
        for (channel, (image, binning)) in self.iter().zip(binning).enumerate() {
            let row = image.slice(s![z, y, ..]);
            let row = row.to_slice().unwrap_or_default();
            P::count_runs(row, runs, rows, channel, self.len(), binning, counts);
        }
    }

    fn add(&self, z: usize, y: usize, runs: &[Run], rows: &[u32], intensity: &mut Intensity) {
        for (channel, image) in self.iter().enumerate() {
            let row = image.slice(s![z, y, ..]);
            let row = row.to_slice().unwrap_or_default();
            P::add_runs(row, runs, rows, channel, self.len(), intensity);
        }
    }

    fn add_products(
        &self,
        z: usize,
        y: usize,
        runs: &[Run],
        rows: &[u32],
        covariance: &mut Covariance,
    ) {
        let channels = self.iter().map(|image| {
            let row = image.view().slice_move(s![z, y, ..]);
            row.to_slice().unwrap_or_default()
        });
        P::add_products(&channels.collect::<Vec<_>>(), runs, rows, covariance);
    }
}

fn kind<P: Pixel>(channels: usize) -> RawKind {
    RawKind {
        channels,
        sums: P::no_sums(),
        products: P::no_products(),
        is_float32: P::IS_FLOAT32,
    }
}
