//! Finishing some objects of a frame from the blocks and the window of raw that hold them.

use super::crop_memory::RawSize;
use super::crops::Wanted;
use super::finish::Finish;
use super::table::{FeatureTable, Plan};
use super::{schedule, Feature, Ingredient};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::region::collect::Frame;
use crate::region::intensity::binning::{Binning, BINS};
use crate::region::intensity::histogram::{count_block, FrameHistograms};
use crate::region::{LabelImage, Mosaic, RawImage, RegionTable, Regions, Window};
use crate::task::Task;

/// Objects to be finished together, and where they are.
pub struct Group<'a> {
    /// What was collected about them, from all blocks that hold them; may have others.
    pub regions: &'a Regions,
    /// The objects, in the order of their rows.
    pub ids: &'a [u64],
    /// All blocks that [`crop_boxes`] of these objects touch.
    pub labels: &'a Mosaic<'a>,
    /// Raw that holds all these boxes; not needed if no feature reads raw again.
    pub raw: Option<Window<'a>>,
    /// Number of channels of raw, whether it is needed again or not; 0 without.
    pub n_channels: usize,
    /// Range of all objects of the frame in each channel; `None`: of those in `regions`.
    pub ranges: Option<Vec<Binning>>,
    /// Voxels in each bin of each channel of each object, if they were counted already ([`count_block`]).
    pub counts: Option<Vec<u64>>,
    /// Finishes without crops, whose features are missing: how many bytes that of each object would take.
    pub too_large: Option<Vec<u64>>,
}

/// Finishes the objects of a group, with the very values that [`super::measure`] gives them among all others.
///
/// # Errors
/// [`Error::Value`] for ids that are not in the table and labels that do not hold all of an object; [`Error::Shape`]
/// for raw, ranges and counts that do not fit; [`Error::Cancelled`].
pub fn finish_objects(
    group: &Group<'_>,
    features: &[&Feature],
    margin: Shape,
    task: &Task,
) -> Result<FeatureTable> {
    task.expect(schedule::STEPS);
    let plan = plan(features, margin, group.regions);
    let chosen = group.regions.select(group.ids)?;
    group.check(&plan, &chosen)?;
    let frame = Frame {
        labels: group.labels,
        raw: group.raw.as_ref().map(|raw| raw as &dyn RawImage),
    };
    let histograms = if plan.needs(Ingredient::Histogram) {
        vec![group.histograms(&frame, &chosen, task)?]
    } else {
        Vec::new()
    };
    let places: Vec<(usize, usize)> = (0..group.ids.len()).map(|row| (0, row)).collect();
    let (frames, tables) = (
        std::slice::from_ref(&frame),
        std::slice::from_ref(chosen.table()),
    );
    Finish::new(frames, &plan, tables, &histograms, group.n_channels)
        .without_crops(group.too_large.as_deref())
        .all(&places, task)
}

/// The box that [`finish_objects`] reads for each object, labels and raw; without voxels if nothing is read.
#[must_use]
pub fn crop_boxes(regions: &Regions, features: &[&Feature], margin: Shape) -> Vec<Block> {
    let (wanted, histogram) = needs(regions, features, margin);
    let geometry = regions.table().geometry.iter();
    geometry
        .map(|geometry| wanted.reads(geometry, regions.frame(), histogram))
        .collect()
}

/// Bytes of memory that each object takes while it is finished alone; 0 if nothing is read for it.
#[must_use]
pub fn crop_bytes(
    regions: &Regions,
    features: &[&Feature],
    margin: Shape,
    raw: RawSize,
) -> Vec<u64> {
    let (wanted, histogram) = needs(regions, features, margin);
    let geometry = regions.table().geometry.iter();
    geometry
        .map(|geometry| wanted.bytes(geometry, regions.frame(), histogram, raw))
        .collect()
}

fn needs(regions: &Regions, features: &[&Feature], margin: Shape) -> (Wanted, bool) {
    let plan = plan(features, margin, regions);
    let wanted = Wanted::new(features, plan.n_dims, margin);
    (wanted, plan.needs(Ingredient::Histogram))
}

fn plan<'a>(features: &'a [&'a Feature], margin: Shape, regions: &Regions) -> Plan<'a> {
    let n_dims = if regions.frame()[0] > 1 { 3 } else { 2 };
    Plan {
        margin,
        ..Plan::new(features, n_dims)
    }
}

impl Group<'_> {
    fn check(&self, plan: &Plan<'_>, chosen: &Regions) -> Result<()> {
        if self.labels.shape() != chosen.frame() {
            return Err(wrong(
                "the labels are of another frame than the table; pass those of one frame",
            ));
        }
        let collected = chosen.table().n_channels();
        if plan.of_raw().intensity && collected != self.n_channels && !self.ids.is_empty() {
            return Err(wrong(&format!(
                "the table holds {collected} channels of raw, but raw has {}; collect with raw and the same features",
                self.n_channels
            )));
        }
        if self
            .too_large
            .as_ref()
            .is_some_and(|bytes| bytes.len() != self.ids.len())
        {
            return Err(wrong("objects without crops need one number of bytes each"));
        }
        self.check_raw(plan, chosen)
    }

    /// Refuses raw that lacks something of the boxes that are read.
    fn check_raw(&self, plan: &Plan<'_>, chosen: &Regions) -> Result<()> {
        let wanted = Wanted::new(plan.features, plan.n_dims, plan.margin);
        let crops = wanted.raw && self.too_large.is_none();
        let histogram = plan.needs(Ingredient::Histogram) && self.counts.is_none();
        if self.ids.is_empty() || !(crops || histogram) {
            return Ok(());
        }
        let raw = self
            .raw
            .filter(|raw| raw.kind().channels == self.n_channels);
        let bounds = raw.map(|raw| raw.bounds());
        let geometry = chosen.table().geometry.iter();
        let mut boxes = geometry.map(|geometry| wanted.reads(geometry, chosen.frame(), histogram));
        if bounds.is_some_and(|bounds| boxes.all(|each| bounds.hull(&each) == bounds)) {
            return Ok(());
        }
        Err(wrong(&format!(
            "raw does not hold the crops of all objects in {} channels; read the boxes that crop_boxes gives",
            self.n_channels
        )))
    }

    fn histograms(
        &self,
        frame: &Frame<'_>,
        chosen: &Regions,
        task: &Task,
    ) -> Result<FrameHistograms> {
        let binning = match &self.ranges {
            Some(ranges) => ranges.clone(),
            None => FrameHistograms::binning(self.regions.table()),
        };
        if binning.len() != self.n_channels {
            return Err(wrong("pass one range of intensities per channel"));
        }
        let histograms = if let Some(counts) = &self.counts {
            if counts.len() != self.ids.len() * self.n_channels * BINS {
                return Err(wrong(&format!("pass {BINS} counts per object and channel")));
            }
            FrameHistograms {
                binning,
                counts: counts.clone(),
            }
        } else {
            let places = chosen.places();
            let boxes = places.iter().map(|place| place.bounds);
            let hull = boxes.reduce(|a, b| a.hull(&b));
            let hull = hull.unwrap_or(Block::whole([0; 3]));
            count_block(frame, &hull, &places, binning, task)?
        };
        check_counts(&histograms, chosen.table())?;
        Ok(histograms)
    }
}

/// Refuses counts that lack pixels of an object, or have some twice.
fn check_counts(histograms: &FrameHistograms, table: &RegionTable) -> Result<()> {
    let n_channels = table.n_channels();
    let mut all = histograms.counts.chunks_exact(BINS).enumerate();
    let wrong = all.find(|&(place, counts)| {
        let count = table.geometry[place / n_channels].count;
        let moments = table.intensity.moments(place, count);
        let finite = count - moments.map_or(0, |moments| moments.not_finite);
        counts.iter().sum::<u64>() != finite
    });
    match wrong {
        None => Ok(()),
        Some((place, _)) => Err(Error::Value(format!(
            "not all pixels of object {} were counted; pass all blocks that it touches",
            table.ids[place / n_channels]
        ))),
    }
}

fn wrong(message: &str) -> Error {
    Error::Shape(message.to_owned())
}
