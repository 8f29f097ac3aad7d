//! Gaussian smoothing of channels, without the memory of a whole one.
//!
//! Weights exp(−i²/2σ²) for |i| ≤ max(1, ⌊2σ + ½⌋), normalised to sum 1; beyond an edge the image is its mirror
//! image, the edge pixel not repeated. Axes of one pixel are left alone, and if any other σ is below 0.1, all are.
//! Along x, then y, then z; sums are 64-bit floats, rounded to 32 bits after each axis. Only so a flat region keeps
//! its value to the last bit, and a threshold of that value finds it.

use std::ops::Range;

use ndarray::{ArrayView3, ArrayView4};
use rayon::prelude::*;

use super::band::Band;
pub use super::band::Pixel;
use super::rows::frames;
use crate::error::{Error, Result};
use crate::task::Task;

/// Smooths each frame of `channel` (tzyx) into `out`, its pixels in C order, and returns how many pixels are NaN.
///
/// `sigma` (z, y, x) is in pixels; the values `range` become 0 and 1, those between and beyond in proportion; NaN
/// counts as 0 then.
///
/// # Errors
/// [`Error::Value`] for a `sigma` outside 0…1000 or an empty `range`; [`Error::Cancelled`].
pub fn smooth<P: Pixel>(
    channel: ArrayView4<'_, P>,
    sigma: [f64; 3],
    range: (f64, f64),
    out: &mut [f32],
    task: &Task,
) -> Result<u64> {
    let (nt, nz, ny, nx) = channel.dim();
    let smoother = Smoother::new((nz, ny, nx), sigma, range)?;
    task.expect(nt * smoother.n_steps());
    let mut n_nan = 0;
    for (frame, out) in frames(channel, out) {
        let channels = Channels {
            last: frame,
            core: None,
        };
        let (_, found) =
            channels.walk(&smoother, smoother.bands_mut(out), task, |bands, row| {
                bands[row.z][row.y * nx..][..nx].copy_from_slice(row.last);
            })?;
        n_nan += found;
    }
    Ok(n_nan)
}

/// The channels of a frame that are smoothed together.
pub(super) struct Channels<'a, P> {
    pub(super) last: ArrayView3<'a, P>,
    /// The core's, if it is another one.
    pub(super) core: Option<ArrayView3<'a, P>>,
}

/// A smoothed row; y counts from the band's first row.
pub(super) struct Row<'a> {
    pub(super) z: usize,
    pub(super) y: usize,
    /// The sum of both channels, if there are two.
    pub(super) last: &'a [f32],
    pub(super) core: &'a [f32],
}

impl<P: Pixel> Channels<'_, P> {
    /// Shows the smoothed rows of each band to `visit`, with the band's target; returns the targets and how many
    /// pixels are NaN.
    pub(super) fn walk<V: Send>(
        &self,
        smoother: &Smoother,
        targets: Vec<V>,
        task: &Task,
        visit: impl Fn(&mut V, Row<'_>) + Sync,
    ) -> Result<(Vec<V>, u64)> {
        let walked = targets
            .into_par_iter()
            .enumerate()
            .map(|(band, mut target)| {
                let n_nan = self.walk_band(smoother, smoother.rows(band), task, |row| {
                    visit(&mut target, row);
                })?;
                Ok((target, n_nan))
            })
            .collect::<Result<Vec<_>>>()?;
        let n_nan = walked.iter().map(|(_, n_nan)| n_nan).sum();
        Ok((
            walked.into_iter().map(|(target, _)| target).collect(),
            n_nan,
        ))
    }

    fn walk_band(
        &self,
        smoother: &Smoother,
        rows: Range<usize>,
        task: &Task,
        mut visit: impl FnMut(Row<'_>),
    ) -> Result<u64> {
        let (nz, _, nx) = self.last.dim();
        let mut last = Band::new(self.last.view(), smoother, rows.clone());
        let mut core = self
            .core
            .as_ref()
            .map(|core| Band::new(core.view(), smoother, rows.clone()));
        let (mut last_row, mut core_row) = (vec![0.0; nx], vec![0.0; nx]);
        for z in 0..nz {
            for y in 0..rows.len() {
                last.smooth_row(z, y, &mut last_row);
                if let Some(core) = &mut core {
                    core.smooth_row(z, y, &mut core_row);
                    let sums = last_row.iter_mut().zip(&core_row);
                    sums.for_each(|(sum, core)| *sum += core);
                }
                let core = if core.is_some() { &core_row } else { &last_row };
                visit(Row {
                    z,
                    y,
                    last: &last_row,
                    core,
                });
            }
            task.advance()?;
        }
        Ok(last.n_nan + core.map_or(0, |core| core.n_nan))
    }
}

/// What the smoothing of all frames has in common.
pub(super) struct Smoother {
    pub(super) shape: [usize; 3],
    /// Half of the weights of each axis, the middle one first; one weight where an axis is left alone.
    pub(super) weights: [Vec<f64>; 3],
    pub(super) range: (f64, f64),
    /// Rows of a band.
    height: usize,
}

impl Smoother {
    /// For frames of `shape`; the arguments of [`smooth`].
    pub(super) fn new(
        shape: (usize, usize, usize),
        sigma: [f64; 3],
        range: (f64, f64),
    ) -> Result<Self> {
        if sigma.iter().any(|sigma| !(0.0..=1000.0).contains(sigma)) {
            return Err(Error::Value(format!(
                "the smoothing {sigma:?} (z, y, x) is outside 0…1000 pixels; choose a smaller one"
            )));
        }
        let width = range.1 - range.0;
        if width == 0.0 || !width.is_finite() {
            return Err(Error::Value(format!(
                "the range of values {range:?} is empty or not finite; give the values that count as 0 and as 1"
            )));
        }
        let shape: [usize; 3] = shape.into();
        let smooth = (0..3).all(|axis| shape[axis] <= 1 || sigma[axis] >= 0.1);
        let weights = std::array::from_fn(|axis| {
            if smooth && shape[axis] > 1 {
                half_gaussian(sigma[axis])
            } else {
                vec![1.0]
            }
        });
        let height = LEAST_ROWS.max(4 * (weights[1].len() - 1));
        Ok(Self {
            shape,
            weights,
            range,
            height,
        })
    }

    /// Bands that a frame is cut into.
    pub(super) fn n_bands(&self) -> usize {
        self.shape[1].div_ceil(self.height)
    }

    /// Slices of all bands of a frame: the steps of a pass over it.
    pub(super) fn n_steps(&self) -> usize {
        self.n_bands() * self.shape[0]
    }

    /// The band that row y is in, and its place there.
    pub(super) fn place(&self, y: usize) -> (usize, usize) {
        (y / self.height, y % self.height)
    }

    /// The rows y of a band.
    pub(super) fn rows(&self, band: usize) -> Range<usize> {
        band * self.height..self.shape[1].min((band + 1) * self.height)
    }

    /// The pixels of each band of `out`, a frame in C order: one piece for each slice z.
    pub(super) fn bands_mut<'a>(&self, out: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
        let [_, ny, nx] = self.shape;
        let mut bands: Vec<_> = (0..self.n_bands()).map(|_| Vec::new()).collect();
        for slice in out.chunks_mut((ny * nx).max(1)) {
            let pieces = slice.chunks_mut((self.height * nx).max(1));
            for (band, piece) in bands.iter_mut().zip(pieces) {
                band.push(piece);
            }
        }
        bands
    }

    /// How far the weights reach along an axis.
    pub(super) fn reach(&self, axis: usize) -> usize {
        self.weights[axis].len() - 1
    }
}

/// Rows of a band: they and their neighbours stay in the cache, and the neighbours add little work.
const LEAST_ROWS: usize = 32;

fn half_gaussian(sigma: f64) -> Vec<f64> {
    let reach = ((2.0 * sigma + 0.5) as usize).max(1);
    let half: Vec<_> = (0..=reach)
        .map(|i| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.into_iter().map(|weight| weight / sum).collect()
}
