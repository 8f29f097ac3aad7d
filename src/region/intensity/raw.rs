//! Raw images as the passes see them: rows whose pixel type no longer matters.

use ndarray::{s, ArrayView4, Axis, CowArray, Ix3};

use super::binning::Binning;
use super::bins;
use super::covariance::{self, Covariance};
use super::exact;
use super::pixel::Narrow;
use super::sums::Intensity;
use super::wide;
use super::wide_products::WideProducts;
use crate::block::{Block, Shape};
use crate::label::contiguous::contiguous;
use crate::label::runs::Run;

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
