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
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::task::Task;

/// Smooths each frame of `channel` (tzyx) into `out`, its pixels in C order, and returns how many pixels are NaN.
///
/// `sigma` (z, y, x) is in pixels; the values `range` become 0 and 1, those between and beyond in proportion; NaN
/// counts as 0 then.
///
/// # Errors
/// [`Error::Value`] for a `sigma` outside 0…1000 or an empty `range`; [`Error::Shape`] for rows of 2³² pixels and more;
/// [`Error::Cancelled`].
pub fn smooth<P: Pixel>(
    channel: ArrayView4<'_, P>,
    sigma: [f64; 3],
    range: (f64, f64),
    out: &mut [f32],
    task: &Task,
) -> Result<u64> {
    let (nt, nz, ny, nx) = channel.dim();
    let smoother = Smoother::new(Window::whole([nz, ny, nx]), sigma, range)?;
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

/// The part of a frame that is smoothed, and the part that is there for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Lengths of the frame; only its ends are mirrored.
    pub frame: Shape,
    /// The pixels that are given.
    pub read: Block,
    /// Those that are smoothed.
    pub inner: Block,
}

impl Window {
    /// All of a frame.
    #[must_use]
    pub fn whole(frame: Shape) -> Self {
        let all = Block::whole(frame);
        Self {
            frame,
            read: all,
            inner: all,
        }
    }

    /// That of the pixels `inner`, given an image of shape `read` that begins at `start`.
    ///
    /// # Errors
    /// [`Error::Shape`] when one does not lie within the other and the frame.
    pub fn at(start: Shape, read: Shape, inner: Block, frame: Shape) -> Result<Self> {
        let stop = std::array::from_fn(|axis| start[axis].saturating_add(read[axis]));
        let read = Block { start, stop };
        for (part, all) in [(&inner, &read), (&read, &Block::whole(frame))] {
            let inside = |axis: usize| {
                all.start[axis] <= part.start[axis]
                    && part.start[axis] <= part.stop[axis]
                    && part.stop[axis] <= all.stop[axis]
            };
            if !(0..3).all(inside) {
                return Err(Error::Shape(format!(
                    "the block {part:?} does not lie in {all:?}; check where it starts"
                )));
            }
        }
        Ok(Self { frame, read, inner })
    }
}

/// How many pixels around those that are smoothed have to be given, along z, y, x; fewer at the ends of the frame.
///
/// # Errors
/// [`Error::Value`] for a `sigma` outside 0…1000.
pub fn halo(frame: Shape, sigma: [f64; 3]) -> Result<[usize; 3]> {
    Ok(weights(frame, sigma)?.map(|half| half.len() - 1))
}

/// The channels of a frame that are smoothed together: of a [`Window`], what is given.
pub(super) struct Channels<'a, P> {
    pub(super) last: ArrayView3<'a, P>,
    /// The core's, if it is another one.
    pub(super) core: Option<ArrayView3<'a, P>>,
}

/// A smoothed row; z counts from the first slice that is smoothed, y from the band's first row.
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
        let [nz, _, nx] = smoother.inner.shape();
        let mut last = Band::new(self.last.view(), smoother, rows.clone());
        let mut core = self
            .core
            .as_ref()
            .map(|core| Band::new(core.view(), smoother, rows.clone()));
        let (mut last_row, mut core_row) = (vec![0.0; nx], vec![0.0; nx]);
        let first = smoother.inner.start[0];
        for z in 0..nz {
            for y in 0..rows.len() {
                last.smooth_row(first + z, y, &mut last_row);
                if let Some(core) = &mut core {
                    core.smooth_row(first + z, y, &mut core_row);
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
    pub(super) frame: Shape,
    /// What is given.
    pub(super) read: Block,
    /// What is smoothed.
    pub(super) inner: Block,
    /// Half of the weights of each axis, the middle one first; one weight where an axis is left alone.
    pub(super) weights: [Vec<f64>; 3],
    pub(super) range: (f64, f64),
    /// Rows of a band.
    height: usize,
}

impl Smoother {
    /// For one window of each frame; the arguments of [`smooth`].
    pub(super) fn new(window: Window, sigma: [f64; 3], range: (f64, f64)) -> Result<Self> {
        let weights = weights(window.frame, sigma)?;
        let width = range.1 - range.0;
        if width == 0.0 || !width.is_finite() {
            return Err(Error::Value(format!(
                "the range of values {range:?} is empty or not finite; give the values that count as 0 and as 1"
            )));
        }
        if u32::try_from(window.inner.shape()[2]).is_err() {
            return Err(Error::Shape(
                "rows longer than 2³² pixels are too long; cut the image".into(),
            ));
        }
        let height = LEAST_ROWS.max(4 * (weights[1].len() - 1));
        let Window { frame, read, inner } = window;
        let smoother = Self {
            frame,
            read,
            inner,
            weights,
            range,
            height,
        };
        let needed = smoother.needed();
        if needed.intersection(&read) != Some(needed) && !inner.shape().contains(&0) {
            return Err(Error::Shape(format!(
                "pixels {inner:?} are smoothed from {needed:?}, but {read:?} were given; read them with the halo"
            )));
        }
        Ok(smoother)
    }

    /// The pixels that those to be smoothed depend on.
    pub(super) fn needed(&self) -> Block {
        let Block { start, stop } = self.inner;
        Block {
            start: std::array::from_fn(|axis| start[axis].saturating_sub(self.reach(axis))),
            stop: std::array::from_fn(|axis| self.frame[axis].min(stop[axis] + self.reach(axis))),
        }
    }

    /// Lengths of what is smoothed.
    pub(super) fn shape(&self) -> (usize, usize, usize) {
        self.inner.shape().into()
    }

    /// Bands that what is smoothed is cut into.
    pub(super) fn n_bands(&self) -> usize {
        self.inner.shape()[1].div_ceil(self.height)
    }

    /// Slices of all bands of a frame: the steps of a pass over it.
    pub(super) fn n_steps(&self) -> usize {
        self.n_bands() * self.inner.shape()[0]
    }

    /// The band that row y, counted from the first that is smoothed, is in, and its place there.
    pub(super) fn place(&self, y: usize) -> (usize, usize) {
        (y / self.height, y % self.height)
    }

    /// The rows y of a band, counted from the start of the frame.
    pub(super) fn rows(&self, band: usize) -> Range<usize> {
        let first = self.inner.start[1];
        first + band * self.height..self.inner.stop[1].min(first + (band + 1) * self.height)
    }

    /// The pixels of each band of `out`, all that are smoothed in C order: one piece for each slice z.
    pub(super) fn bands_mut<'a>(&self, out: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
        let [_, ny, nx] = self.inner.shape();
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

/// Half of the weights of each axis of a frame.
fn weights(frame: Shape, sigma: [f64; 3]) -> Result<[Vec<f64>; 3]> {
    if sigma.iter().any(|sigma| !(0.0..=1000.0).contains(sigma)) {
        return Err(Error::Value(format!(
            "the smoothing {sigma:?} (z, y, x) is outside 0…1000 pixels; choose a smaller one"
        )));
    }
    let smooth = (0..3).all(|axis| frame[axis] <= 1 || sigma[axis] >= 0.1);
    Ok(std::array::from_fn(|axis| {
        if smooth && frame[axis] > 1 {
            half_gaussian(sigma[axis])
        } else {
            vec![1.0]
        }
    }))
}

fn half_gaussian(sigma: f64) -> Vec<f64> {
    let reach = ((2.0 * sigma + 0.5) as usize).max(1);
    let half: Vec<_> = (0..=reach)
        .map(|i| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.into_iter().map(|weight| weight / sum).collect()
}
