//! From probabilities to objects: smoothing, threshold or hysteresis, size filter.
//!
//! A simple threshold takes the pixels of at least `low` for foreground, and its connected components for objects.
//! Hysteresis keeps only those that hold a core: a component of pixels of at least `core` whose size is within
//! bounds. Cores that shall not be merged grow by flooding instead, each into an object of its own.
//!
//! What is smoothed is cut into runs of pixels row by row and forgotten; only flooding needs the values of a frame.

use multiversion::multiversion;
use ndarray::{ArrayView4, Axis};

use super::components::FrameRuns;
use super::objects::{fill_passes, Objects};
use super::rows::{expect_passes, frames};
use super::runs::{find_runs, Run};
use super::smooth::{Channels, Pixel, Row, Smoother, Window};
use super::watershed::{self, flood};
use crate::error::{Error, Result};
use crate::task::Task;

/// How objects are found.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Standard deviations of the Gaussian along z, y, x, in pixels; see [`super::smooth::smooth`].
    pub sigma: [f64; 3],
    /// Values that become 0 and 1; (0, 1) leaves all as they are.
    pub range: (f64, f64),
    /// Least value of an object's pixels.
    pub low: f64,
    /// Least value of a core's pixels; objects need no core if none is given.
    pub core: Option<f64>,
    /// Whether an object may have several cores.
    pub merge: bool,
    /// Fewest pixels of an object and of a core, inclusive.
    pub min_size: u64,
    /// Most pixels of an object and of a core, inclusive.
    pub max_size: u64,
    /// Whether enclosed background becomes foreground before the last size filter; with cores that are not merged,
    /// what one object alone encloses.
    pub fill_holes: bool,
}

/// What is asked for: the objects, or what there is on the way to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The end.
    Objects,
    /// Components of at least `core`.
    Core,
    /// Those whose size is within bounds.
    FilteredCore,
    /// Components of at least `low`, with or without a core.
    Mask,
    /// Objects of any size.
    Unfiltered,
}

/// What a label image does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that the last size filter dropped as too small, in all frames.
    pub too_small: u64,
    /// Objects that it dropped as too large.
    pub too_large: u64,
    /// Pixels of the channels used that are not numbers.
    pub not_numbers: u64,
}

/// Finds the objects of each frame of `last` (tzyx) in `out`: its pixels in C order, all 0.
///
/// Where the core has a channel of its own, `core` (tzyx, of the same shape), `low` is compared with the sum of both.
/// Values are compared as 32-bit floats. Ids are 1, 2, … in each frame, by the first pixel in raster order.
///
/// # Errors
/// [`Error::Value`] for a sigma or range without a meaning, and for the core where there is none; [`Error::Shape`]
/// when the channels differ in shape or a frame is too large for one pass; [`Error::Cancelled`].
pub fn threshold<'i, P: Pixel>(
    last: ArrayView4<'i, P>,
    core: Option<ArrayView4<'i, P>>,
    how: &Threshold,
    stage: Stage,
    out: &mut [u32],
    task: &Task,
) -> Result<Counts> {
    let (_, nz, ny, nx) = last.dim();
    if core.is_some_and(|core| core.dim() != last.dim()) {
        let message =
            "the channels of core and objects have different shapes; take both from one image";
        return Err(Error::Shape(message.into()));
    }
    let way = Way::to(stage, how)?;
    let smoother = Smoother::new(Window::whole([nz, ny, nx]), how.sigma, how.range)?;
    task.expect(last.dim().0 * smoother.n_steps());
    let fills = how.fill_holes && matches!(stage, Stage::Objects | Stage::Unfiltered);
    let fill_passes = if fills {
        fill_passes(way.keeps_apart())
    } else {
        0
    };
    expect_passes(way.n_passes() + fill_passes, last, task);
    let mut counts = Counts::default();
    for (t, (last, out)) in frames(last, out).enumerate() {
        let core = core.map(|core| core.index_axis_move(Axis(0), t));
        let channels = match way {
            Way::Cores(_) => Channels {
                last: core.unwrap_or(last),
                core: None,
            },
            Way::Components => Channels {
                last,
                core: core.filter(|_| how.core.is_some()),
            },
            _ => Channels { last, core },
        };
        let frame = Frame {
            channels,
            smoother: &smoother,
            how,
            task,
        };
        let (mut objects, n_nan) = match way {
            Way::Cores(core) => frame.components(core),
            Way::Components => frame.components(how.low),
            Way::CoredComponents(core) => frame.cored_components(core),
            Way::FloodedCores(core) => frame.flooded_cores(core, out),
        }?;
        if fills {
            objects = objects.fill_holes(way.keeps_apart(), task)?;
        }
        if matches!(stage, Stage::Objects | Stage::FilteredCore) {
            let dropped = objects.filter_sizes(how.min_size, how.max_size);
            counts.too_small += dropped.too_small;
            counts.too_large += dropped.too_large;
        }
        counts.not_numbers += n_nan;
        objects.paint(out, task)?;
    }
    Ok(counts)
}

/// What becomes of smoothed values, with the core threshold where there is one.
#[derive(Clone, Copy)]
enum Way {
    Cores(f64),
    Components,
    CoredComponents(f64),
    FloodedCores(f64),
}

impl Way {
    fn to(stage: Stage, how: &Threshold) -> Result<Self> {
        match (stage, how.core) {
            (Stage::Core | Stage::FilteredCore, None) => Err(Error::Value(
                "a simple threshold has no core; choose hysteresis to see it".into(),
            )),
            (Stage::Core | Stage::FilteredCore, Some(core)) => Ok(Self::Cores(core)),
            (Stage::Mask, _) | (_, None) => Ok(Self::Components),
            (_, Some(core)) if how.merge => Ok(Self::CoredComponents(core)),
            (_, Some(core)) => Ok(Self::FloodedCores(core)),
        }
    }

    /// Whether objects may touch each other.
    fn keeps_apart(self) -> bool {
        matches!(self, Self::FloodedCores(_))
    }

    /// Passes over the rows: gathering and joining of runs, matching or flooding between painting and scanning, painting.
    fn n_passes(self) -> usize {
        match self {
            Self::Cores(_) | Self::Components => 2 + 1,
            Self::CoredComponents(_) => 2 + 2 + 1 + 1,
            Self::FloodedCores(_) => 2 + 1 + watershed::PASSES + 1 + 1,
        }
    }
}

/// A frame or a window of it, and what is to be done with it; all ways lead to the objects before the last size filter
/// and the number of pixels that are NaN.
pub(super) struct Frame<'a, 'i, P> {
    pub(super) channels: Channels<'i, P>,
    pub(super) smoother: &'a Smoother,
    pub(super) how: &'a Threshold,
    pub(super) task: &'a Task,
}

/// The connected components of what is at least `low`, and of what is at least the core threshold.
pub(super) struct Masks {
    pub(super) low: Objects,
    pub(super) core: Objects,
    /// The largest value that is finite, -∞ without any.
    pub(super) largest: f32,
    /// Pixels that are NaN.
    pub(super) n_nan: u64,
}

impl<P: Pixel> Frame<'_, '_, P> {
    pub(super) fn components(&self, threshold: f64) -> Result<(Objects, u64)> {
        let (bands, n_nan) =
            self.walk(self.new_bands(), |band, row| band.push(row.last, threshold))?;
        Ok((self.join(bands)?, n_nan))
    }

    fn cored_components(&self, core: f64) -> Result<(Objects, u64)> {
        let Masks {
            low: mut objects,
            core: mut cores,
            n_nan,
            ..
        } = self.masks(core)?;
        cores.filter_sizes(self.how.min_size, self.how.max_size);
        objects.keep_with_core(&cores, self.task)?;
        Ok((objects, n_nan))
    }

    pub(super) fn masks(&self, core: f64) -> Result<Masks> {
        let bands = self.new_bands().into_iter().zip(self.new_bands());
        let bands = bands.map(|bands| (bands, f32::NEG_INFINITY)).collect();
        let (bands, n_nan) = self.walk(bands, |((low_band, core_band), largest), row| {
            low_band.push(row.last, self.how.low);
            core_band.push(row.core, core);
            *largest = largest_finite(row.last, *largest);
        })?;
        let (bands, largest): (Vec<_>, Vec<_>) = bands.into_iter().unzip();
        let (low_bands, core_bands) = bands.into_iter().unzip();
        Ok(Masks {
            core: self.join(core_bands)?,
            low: self.join(low_bands)?,
            largest: largest.into_iter().fold(f32::NEG_INFINITY, f32::max),
            n_nan,
        })
    }

    /// `out` is 0 before and after.
    fn flooded_cores(&self, core: f64, out: &mut [u32]) -> Result<(Objects, u64)> {
        let shape = self.smoother.shape();
        let mut values = vec![0.0; out.len()];
        let values_of_bands = self.smoother.bands_mut(&mut values);
        let bands = self.new_bands().into_iter().zip(values_of_bands).collect();
        let (bands, n_nan) = self.walk(bands, |(band, values), row| {
            band.push(row.core, core);
            values[row.z][row.y * shape.2..][..shape.2].copy_from_slice(row.last);
        })?;
        let bands = bands.into_iter().map(|(band, _)| band).collect();
        let mut cores = self.join(bands)?;
        cores.filter_sizes(self.how.min_size, self.how.max_size);
        cores.paint(out, self.task)?;
        drop(cores);
        flood(&values, out, shape, self.how.low as f32, self.task)?;
        drop(values);
        let objects = Objects::of_labels(out, shape, self.task)?;
        out.fill(0);
        Ok((objects, n_nan))
    }

    fn new_bands(&self) -> Vec<BandRuns> {
        let rows = (0..self.smoother.n_bands()).map(|band| self.smoother.rows(band));
        rows.map(|rows| BandRuns::new(rows.len())).collect()
    }

    fn walk<V: Send>(
        &self,
        targets: Vec<V>,
        visit: impl Fn(&mut V, Row<'_>) + Sync,
    ) -> Result<(Vec<V>, u64)> {
        self.channels.walk(self.smoother, targets, self.task, visit)
    }

    /// The connected components of the runs of all bands.
    fn join(&self, bands: Vec<BandRuns>) -> Result<Objects> {
        let shape = self.smoother.shape();
        let runs = FrameRuns::of_rows(shape, self.task, |row, runs| {
            let (band, y) = self.smoother.place(row % shape.1);
            runs.extend(bands[band].row(row / shape.1, y));
        })?;
        drop(bands);
        Objects::components(runs, self.task)
    }
}

/// The runs of a band's pixels that are at least a threshold, row after row, slice after slice.
struct BandRuns {
    height: usize,
    /// Start and length of each: half the memory of runs with a label, which noise has a lot of.
    runs: Vec<(u32, u32)>,
    /// Where in `runs` each row ends.
    ends: Vec<usize>,
    mask: Vec<u8>,
    memory: Vec<Run>,
}

impl BandRuns {
    fn new(height: usize) -> Self {
        Self {
            height,
            runs: Vec::new(),
            ends: Vec::new(),
            mask: Vec::new(),
            memory: Vec::new(),
        }
    }

    fn push(&mut self, values: &[f32], threshold: f64) {
        self.mask.resize(values.len(), 0);
        compare(values, threshold as f32, &mut self.mask);
        let found = find_runs(&self.mask, &mut self.memory).iter();
        self.runs.extend(found.map(|run| (run.start, run.length)));
        self.ends.push(self.runs.len());
    }

    fn row(&self, z: usize, y: usize) -> impl Iterator<Item = Run> + '_ {
        let row = z * self.height + y;
        let first = if row == 0 { 0 } else { self.ends[row - 1] };
        let found = self.runs[first..self.ends[row]].iter();
        found.map(|&(start, length)| Run {
            label: 1,
            start,
            length,
        })
    }
}

/// 1 where a value is at least the threshold, else 0.
#[multiversion(targets("x86_64+avx2"))]
fn compare(values: &[f32], threshold: f32, mask: &mut [u8]) {
    for (mask, value) in mask.iter_mut().zip(values) {
        *mask = u8::from(*value >= threshold);
    }
}

/// The largest of some values that are finite and of another one.
#[multiversion(targets("x86_64+avx2"))]
fn largest_finite(values: &[f32], other: f32) -> f32 {
    let mut lanes = [other; 16];
    for values in values.chunks(lanes.len()) {
        for (lane, &value) in lanes.iter_mut().zip(values) {
            *lane = if value < f32::INFINITY && value > *lane {
                value
            } else {
                *lane
            };
        }
    }
    lanes.into_iter().fold(other, f32::max)
}
