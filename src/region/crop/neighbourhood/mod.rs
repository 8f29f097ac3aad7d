//! Intensities around an object.
//!
//! ```text
//! runs of the object ─► squared distances, row by row ─► runs of the neighbourhood ─► RegionTable ─► moments, counts
//! ```

mod distance;
mod rows;
mod steps;

use crate::error::Result;
use crate::label::runs::Run;
use crate::region::crop::Crop;
use crate::region::intensity::binning::{Binning, BINS};
use crate::region::intensity::RawPart;
use crate::region::table::RegionTable;
use crate::region::Moments;
use crate::task::Task;
use rows::Rows;

/// What surrounds an object: the pixels nearer to it than its margin, without and with its own.
///
/// With M the largest margin, a pixel is as many units apart as the Euclidean distance to the nearest pixel of the
/// object says, one pixel along an axis of margin m being ⌊M / m⌋ units, and none can be passed where m is 0. It
/// belongs to the neighbourhood if that is less than M, and if it lies within [`Crop::outer`]; other objects make no
/// difference.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    /// The neighbourhood alone.
    pub around: Zone,
    /// The neighbourhood and the object.
    pub with_object: Zone,
    rows: Rows,
    memory: Vec<u32>,
}

/// What to find beside the moments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// Covariance of the channels.
    pub covariance: bool,
    /// Counts of the intensities of the neighbourhood.
    pub counts_around: bool,
    /// Counts of the intensities of the neighbourhood and the object.
    pub counts_with_object: bool,
}

impl Neighbourhood {
    /// Finds it for the object of `crop`; without raw, nothing.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, crop: &Crop<'_>, extras: Extras, task: &Task) -> Result<()> {
        let Self {
            around,
            with_object,
            rows,
            memory,
        } = self;
        let Some(raw) = crop.raw else {
            return Ok(());
        };
        around.clear(raw, extras.covariance);
        with_object.clear(raw, extras.covariance);
        rows.find(crop, task)?;
        for row in rows.iter() {
            task.check()?;
            let mut add = |zone: &mut Zone, runs| {
                zone.table.update(row.z, row.y, runs, Some(raw), memory);
            };
            add(around, row.around);
            add(with_object, row.own);
        }
        with_object.table.merge(&around.table);
        around.finish();
        with_object.finish();
        for row in rows.iter() {
            task.check()?;
            if extras.counts_around {
                around.count(row.z, row.y, row.around, raw, memory);
            }
            if extras.counts_with_object {
                with_object.count(row.z, row.y, row.all, raw, memory);
            }
        }
        Ok(())
    }
}

/// Intensities of some pixels in and around an object.
#[derive(Debug)]
pub struct Zone {
    /// Those of each channel; empty without pixels.
    pub moments: Vec<Moments>,
    /// Σ(v − m)(w − k) / n for each pair of channels, row by row; empty without pixels, or if it was not asked for.
    pub covariance: Vec<f64>,
    /// Pixels in each of [`BINS`] bins from the smallest to the largest intensity, channel after channel.
    pub counts: Vec<u32>,
    binning: Vec<Binning>,
    table: RegionTable,
}

impl Default for Zone {
    fn default() -> Self {
        Self {
            moments: Vec::new(),
            covariance: Vec::new(),
            counts: Vec::new(),
            binning: Vec::new(),
            table: RegionTable::new(None),
        }
    }
}

impl Zone {
    fn clear(&mut self, raw: &dyn RawPart, covariance: bool) {
        let kind = raw.kind();
        self.table.clear();
        self.table.prepare(Some(&kind));
        self.table
            .prepare_covariance(Some(&kind).filter(|_| covariance));
    }

    /// Turns what was collected into moments and covariance, and lays out bins.
    fn finish(&mut self) {
        let table = &self.table;
        let pixels = table.geometry.first().map_or(0, |all| all.count);
        let channels = 0..if pixels == 0 { 0 } else { table.n_channels() };
        self.moments.clear();
        self.moments
            .extend(channels.filter_map(|channel| table.intensity.moments(channel, pixels)));
        self.covariance.clear();
        if pixels > 0 {
            table.covariance(0, &mut self.covariance);
        }
        self.binning.clear();
        self.binning
            .extend(self.moments.iter().map(|moments| Binning {
                low: moments.min,
                high: moments.max,
            }));
        self.counts.clear();
        self.counts.resize(self.moments.len() * BINS, 0);
    }

    fn count(&mut self, z: usize, y: usize, runs: &[Run], raw: &dyn RawPart, rows: &mut Vec<u32>) {
        rows.clear();
        rows.resize(runs.len(), 0);
        raw.count(z, y, runs, rows, &self.binning, &mut self.counts);
    }
}
