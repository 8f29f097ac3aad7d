//! Quantiles read from a histogram.

use super::binning::Binning;

/// The intensities that the given shares of the voxels do not exceed; `shares` ascend from 0 to 1.
///
/// The voxels of a bin are taken to lie evenly between its ends, or `min` and `max` of all voxels where these lie within
/// it; shares 0 and 1 give `min` and `max` themselves.
#[must_use]
pub fn quantiles<const N: usize>(
    binning: &Binning,
    counts: &[u64],
    [min, max]: [f64; 2],
    shares: [f64; N],
) -> [f64; N] {
    let total = counts.iter().sum::<u64>() as f64;
    let ends = [binning.place(min), binning.place(max)];
    let (mut bin, mut below) = (0, 0.0);
    shares.map(|share| {
        if share <= 0.0 || min == max {
            return min;
        }
        if share >= 1.0 {
            return max;
        }
        let wanted = share * total;
        while bin + 1 < counts.len() && below + (counts[bin] as f64) < wanted {
            below += counts[bin] as f64;
            bin += 1;
        }
        let start = (bin as f64).max(ends[0]);
        let stop = (bin as f64 + 1.0).min(ends[1]);
        binning.value(start + (wanted - below) / counts[bin] as f64 * (stop - start))
    })
}
