//! Some rows of a frame, smoothed slice by slice in the memory of a few slices: how the sums are done.

use std::ops::Range;

use multiversion::multiversion;
use ndarray::{s, ArrayView3};

use super::contiguous::contiguous;
use super::smooth::Smoother;
use crate::block::Block;

/// A pixel type of images that can be smoothed.
pub trait Pixel: Copy + Send + Sync + 'static {
    /// The value, the nearest one if it has more than 53 bits.
    fn value(self) -> f64;
}

macro_rules! pixels {
    ($($pixel:ty),+) => {$(
        impl Pixel for $pixel {
            #[inline(always)]
            fn value(self) -> f64 {
                self as f64
            }
        }
    )+};
}
pixels!(u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

/// Some rows y of a window that are smoothed slice by slice, z upwards; places count from the start of the frame.
pub(super) struct Band<'a, P> {
    /// The pixels that are given.
    pixels: ArrayView3<'a, P>,
    /// Those that all bands together are smoothed from.
    needed: Block,
    smoother: &'a Smoother,
    rows: Range<usize>,
    /// The last slices smoothed along x and y; slice z is at `z % depth`.
    ring: Vec<f32>,
    depth: usize,
    /// The slice to be read next.
    next: usize,
    /// A slice of the band and the rows around it, smoothed along x.
    around: Vec<f32>,
    /// A row with its mirror image on both sides.
    padded: Vec<f32>,
    /// Where the lines start that are weighed.
    starts: Vec<usize>,
    /// Pixels of the band itself read so far that are NaN.
    pub(super) n_nan: u64,
}

impl<'a, P: Pixel> Band<'a, P> {
    pub(super) fn new(
        pixels: ArrayView3<'a, P>,
        smoother: &'a Smoother,
        rows: Range<usize>,
    ) -> Self {
        let nx = smoother.inner.shape()[2];
        let needed = smoother.needed();
        let depth = needed.shape()[0].min(2 * smoother.reach(0) + 1);
        Self {
            pixels,
            smoother,
            ring: vec![0.0; depth * rows.len() * nx],
            depth,
            next: needed.start[0],
            around: vec![0.0; (rows.len() + 2 * smoother.reach(1)) * nx],
            padded: vec![0.0; nx + 2 * smoother.reach(2)],
            starts: Vec::new(),
            rows,
            needed,
            n_nan: 0,
        }
    }

    /// Writes row y, counted from the band's first, of slice z, which is never smaller than the last time.
    pub(super) fn smooth_row(&mut self, z: usize, y: usize, out: &mut [f32]) {
        self.read_around(z);
        let (height, nx) = (self.rows.len(), out.len());
        let lines = mirrored(z, self.smoother.reach(0), self.smoother.frame[0]);
        self.starts.clear();
        self.starts
            .extend(lines.map(|z| ((z % self.depth) * height + y) * nx));
        weigh(&self.smoother.weights[0], &self.ring, &self.starts, out);
    }

    /// Reads the slices that slice z is smoothed from.
    fn read_around(&mut self, z: usize) {
        let stop = self.needed.stop[0].min(z + self.smoother.reach(0) + 1);
        while self.next < stop {
            self.read_slice(self.next);
            self.next += 1;
        }
    }

    /// Smooths a slice along x and y.
    fn read_slice(&mut self, z: usize) {
        let (ny, nx) = (self.smoother.frame[1], self.smoother.inner.shape()[2]);
        if nx == 0 {
            return;
        }
        let reach = self.smoother.reach(1);
        // The mirror images of rows beyond the edges are among these.
        let read = self.rows.start.saturating_sub(reach)..ny.min(self.rows.end + reach);
        self.smooth_along_x(z, read.clone());
        let first = (z % self.depth) * self.rows.len() * nx;
        let slice = &mut self.ring[first..][..self.rows.len() * nx];
        for (y, out) in self.rows.clone().zip(slice.chunks_exact_mut(nx)) {
            self.starts.clear();
            self.starts
                .extend(mirrored(y, reach, ny).map(|y| (y - read.start) * nx));
            weigh(&self.smoother.weights[1], &self.around, &self.starts, out);
        }
    }

    fn smooth_along_x(&mut self, z: usize, read: Range<usize>) {
        let Smoother {
            read: given, inner, ..
        } = &self.smoother;
        let own_slice = (inner.start[0]..inner.stop[0]).contains(&z);
        let reach = self.smoother.reach(2);
        self.starts.clear();
        self.starts.extend(0..=2 * reach);
        let near = self.needed.start[2]..self.needed.stop[2];
        let pixels = contiguous(self.pixels.slice(s![
            z - given.start[0]..=z - given.start[0],
            read.start - given.start[1]..read.end - given.start[1],
            near.start - given.start[2]..near.end - given.start[2],
        ]));
        let own = inner.start[2] - near.start..inner.stop[2] - near.start;
        // Where in the padded row the pixels begin: those of the band itself are `reach` behind its start.
        let first = reach - own.start;
        let out = self.around.chunks_exact_mut(own.len());
        for ((y, pixels), out) in read.zip(pixels.rows()).zip(out) {
            let pixels = pixels.to_slice().unwrap_or_default();
            for part in [0..own.start, own.clone(), own.end..pixels.len()] {
                let values = &mut self.padded[first..][part.clone()];
                let n_nan = convert(&pixels[part.clone()], self.smoother.range, values);
                if own_slice && part == own && self.rows.contains(&y) {
                    self.n_nan += n_nan;
                }
            }
            let row_start = inner.start[2] as isize - reach as isize;
            let known = first..first + pixels.len();
            pad(&mut self.padded, known, row_start, self.smoother.frame[2]);
            weigh(&self.smoother.weights[2], &self.padded, &self.starts, out);
        }
    }
}

/// Fills the rest of a row, which starts at `start` of an axis of length n, with the mirror image of what is `known`.
fn pad(row: &mut [f32], known: Range<usize>, start: isize, n: usize) {
    for i in (0..known.start).chain(known.end..row.len()) {
        row[i] = row[(mirror(start + i as isize, n) as isize - start) as usize];
    }
}

/// Places around `middle` on an axis of length n, mirrored at its ends.
fn mirrored(middle: usize, reach: usize, n: usize) -> impl Iterator<Item = usize> {
    (0..=2 * reach).map(move |i| mirror((middle + i) as isize - reach as isize, n))
}

fn mirror(place: isize, n: usize) -> usize {
    let period = (2 * n).saturating_sub(2).max(1);
    let place = place.rem_euclid(period as isize) as usize;
    place.min(period - place)
}

/// Pixels as values of which `range` are 0 and 1, NaN as 0; returns how many were NaN.
#[multiversion(targets("x86_64+avx2"))]
fn convert<P: Pixel>(pixels: &[P], range: (f64, f64), out: &mut [f32]) -> u64 {
    let width = range.1 - range.0;
    let mut n_nan = 0u32;
    if range == (0.0, 1.0) {
        // The same without the division, which takes longer than all the rest.
        for (pixel, out) in pixels.iter().zip(&mut *out) {
            *out = pixel.value() as f32;
        }
    } else {
        for (pixel, out) in pixels.iter().zip(&mut *out) {
            *out = ((pixel.value() - range.0) / width) as f32;
        }
    }
    for out in out {
        n_nan += u32::from(out.is_nan());
        *out = if out.is_nan() { 0.0 } else { *out };
    }
    u64::from(n_nan)
}

/// Writes the weighted sum of an odd number of lines of `data` that start at `starts`; `weights` from the middle one on.
#[multiversion(targets("x86_64+avx2"))]
fn weigh(weights: &[f64], data: &[f32], starts: &[usize], out: &mut [f32]) {
    if let [start] = starts {
        out.copy_from_slice(&data[*start..][..out.len()]);
        return;
    }
    let whole = out.len() / LANES * LANES;
    for place in (0..whole).step_by(LANES) {
        let sums = sum_at::<LANES>(weights, data, starts, place);
        for (out, sum) in out[place..][..LANES].iter_mut().zip(sums) {
            *out = sum as f32;
        }
    }
    for (place, out) in out.iter_mut().enumerate().skip(whole) {
        *out = sum_at::<1>(weights, data, starts, place)[0] as f32;
    }
}

/// Pixels summed side by side.
const LANES: usize = 16;

#[inline(always)]
fn sum_at<const N: usize>(
    weights: &[f64],
    data: &[f32],
    starts: &[usize],
    place: usize,
) -> [f64; N] {
    let reach = weights.len() - 1;
    let middle = &data[starts[reach] + place..][..N];
    let mut sums = [0.0; N];
    for i in 0..N {
        sums[i] = weights[0] * f64::from(middle[i]);
    }
    for k in 1..=reach {
        let before = &data[starts[reach - k] + place..][..N];
        let after = &data[starts[reach + k] + place..][..N];
        for i in 0..N {
            sums[i] += weights[k] * (f64::from(before[i]) + f64::from(after[i]));
        }
    }
    sums
}
