//! Counts the voxels of runs in the bins of their objects.

use multiversion::multiversion;

use super::histogram::{Binning, BINS};
use super::intensity::Pixel;
use crate::label::runs::Run;

/// Voxels of a run whose bins are found at a time.
const PIECE: usize = 64;

/// Runs are padded to a multiple of this many voxels, so that vector loops have no remainder.
const LANES: usize = 8;

/// Stands for the bin of a voxel that has none.
const NO_BIN: u8 = u8::MAX;

/// Counts the finite voxels of `runs` in `row`; `counts` has the bins of each channel of each object.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
pub(super) fn count_runs<P: Pixel>(
    row: &[P],
    runs: &[Run],
    rows: &[u32],
    channel: usize,
    n_channels: usize,
    binning: &Binning,
    counts: &mut [u32],
) {
    let mut bins = [0; PIECE];
    for (run, &object) in runs.iter().zip(rows) {
        let counts = &mut counts[(object as usize * n_channels + channel) * BINS..][..BINS];
        let (mut start, end) = (run.start as usize, run.end() as usize);
        while start < end {
            let length = PIECE.min(end - start);
            let padded = length.next_multiple_of(LANES);
            // Beyond the run where possible: cheaper than a loop of unknown length.
            if let Some(wide) = row.get(start..start + padded) {
                for (bins, pixels) in bins.chunks_exact_mut(LANES).zip(wide.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        bins[lane] = bin(pixels[lane], binning);
                    }
                }
            } else {
                for (place, &pixel) in bins.iter_mut().zip(&row[start..end]) {
                    *place = bin(pixel, binning);
                }
            }
            for &bin in &bins[..length] {
                if let Some(count) = counts.get_mut(usize::from(bin)) {
                    *count += 1;
                }
            }
            start += length;
        }
    }
}

#[inline(always)]
fn bin<P: Pixel>(pixel: P, binning: &Binning) -> u8 {
    let value = pixel.intensity();
    if value.is_finite() {
        binning.bin(value)
    } else {
        NO_BIN
    }
}
