//! From images to the feature table: collect, order by id, finish every feature of every object.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashSet;

use super::crops::{Crops, Found, Known, Wanted};
use super::object::{Cells, Object, Problem};
use super::schedule::{self, Row};
use super::{Feature, Ingredient};
use crate::block::Shape;
use crate::error::Result;
use crate::label::extract::Place;
use crate::region::axes::PrincipalAxes;
use crate::region::collect::{collect, recycle, Frame, OfRaw};
use crate::region::crop;
use crate::region::crop::channel_axes::ChannelAxes;
use crate::region::intensity::histogram::{collect_with_histograms, FrameHistograms};
use crate::region::{Moments, RegionTable};
use crate::task::{lock, Task};

/// One row per object, one column per value; rows by frame, then by id.
#[derive(Debug)]
pub struct FeatureTable {
    /// Label of each object.
    pub ids: Vec<u64>,
    /// Frame of each object.
    pub frames: Vec<i64>,
    /// Number of columns.
    pub n_columns: usize,
    /// Values, row after row.
    pub values: Vec<f64>,
    /// One entry for each missing value, by row and column.
    pub problems: Vec<Problem>,
}

/// What to measure, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The features.
    pub features: &'a [&'a Feature],
    /// 2 for images of one plane, else 3.
    pub n_dims: usize,
    /// How far the neighbourhood of an object reaches along z, y, x.
    pub margin: Shape,
    /// Cuts the work into blocks, which changes values at most in the last bits of float images; None: no cuts.
    pub block_shape: Option<Shape>,
    /// Measures these objects alone, each as among all; their boxes must hold all of them.
    pub only: Option<&'a [Place]>,
}

impl<'a> Plan<'a> {
    /// All objects, uncut, without neighbourhood.
    #[must_use]
    pub fn new(features: &'a [&'a Feature], n_dims: usize) -> Self {
        Self {
            features,
            n_dims,
            margin: [0; 3],
            block_shape: None,
            only: None,
        }
    }

    fn needs(&self, ingredient: Ingredient) -> bool {
        self.features.iter().any(|f| f.spec.needs(ingredient))
    }

    /// First column of each feature, and the number of columns at the end.
    fn columns(&self, n_channels: usize) -> Vec<usize> {
        let mut columns = vec![0];
        let mut next = 0;
        for feature in self.features {
            next += feature.spec.n_values(self.n_dims, n_channels);
            columns.push(next);
        }
        columns
    }
}

/// Measures all objects of all frames. Raw is read only if a feature needs it.
///
/// # Errors
/// Those of [`collect`].
pub fn measure(frames: &[Frame<'_>], plan: &Plan<'_>, task: &Task) -> Result<FeatureTable> {
    let n_channels = frames
        .first()
        .and_then(|frame| frame.raw)
        .map_or(0, |raw| raw.kind().channels);
    task.expect(schedule::STEPS);
    let covariance = plan.needs(Ingredient::Covariance);
    let histogram = plan.needs(Ingredient::Histogram);
    let of_raw = OfRaw {
        intensity: covariance || histogram || plan.needs(Ingredient::Intensity),
        covariance,
    };
    let (blocks, only) = (plan.block_shape, plan.only);
    let (tables, histograms) = if histogram {
        collect_with_histograms(frames, of_raw, blocks, only, task)?
    } else {
        (collect(frames, of_raw, blocks, only, task)?, Vec::new())
    };
    let finish = Finish {
        frames,
        plan,
        tables: &tables,
        histograms: &histograms,
        columns: plan.columns(n_channels),
        crops: Wanted::new(plan.features, plan.n_dims, plan.margin),
        axes: plan.needs(Ingredient::Axes),
        channel_axes: plan.needs(Ingredient::ChannelAxes),
        problems: Mutex::default(),
    };
    let finished = finish.all(task);
    recycle(tables);
    finished
}

/// Computes feature values from what was collected.
struct Finish<'a> {
    frames: &'a [Frame<'a>],
    plan: &'a Plan<'a>,
    tables: &'a [RegionTable],
    histograms: &'a [FrameHistograms],
    columns: Vec<usize>,
    crops: Wanted,
    axes: bool,
    channel_axes: bool,
    problems: Mutex<Vec<Problem>>,
}

/// What a thread needs to finish objects.
#[derive(Default)]
struct Worker {
    moments: Vec<Moments>,
    covariance: Vec<f64>,
    channel_axes: ChannelAxes,
    crops: Crops,
}

impl Finish<'_> {
    fn all(self, task: &Task) -> Result<FeatureTable> {
        let places = self.places();
        let n_columns = self.columns.last().copied().unwrap_or(0);
        let mut values = vec![0.0; places.len() * n_columns];
        let cells = values.chunks_mut(n_columns.max(1));
        let rows = cells
            .zip(&places)
            .enumerate()
            .map(|(row, (values, &(t, region)))| Row {
                row,
                t,
                region,
                voxels: self.crop_voxels(t, region),
                values,
            });
        let batch = |worker: &mut Worker, rows: &mut [Row<'_>]| self.batch(worker, rows, task);
        schedule::run(rows.collect(), Worker::default, batch, task)?;
        let mut problems = self
            .problems
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        problems.sort_unstable_by_key(|problem| (problem.row, problem.column));
        Ok(FeatureTable {
            ids: places
                .iter()
                .map(|&(t, row)| self.tables[t].ids[row])
                .collect(),
            frames: places.iter().map(|&(t, _)| t as i64).collect(),
            n_columns,
            values,
            problems,
        })
    }

    /// Frame and row in its region table of each object to be measured.
    fn places(&self) -> Vec<(usize, usize)> {
        let only = self.plan.only.map(|only| {
            let ids = only.iter().map(|place| (place.t, place.id));
            ids.collect::<FxHashSet<_>>()
        });
        let wanted = |&(t, row): &(usize, usize)| {
            let id = self.tables[t].ids[row];
            only.as_ref().is_none_or(|only| only.contains(&(t, id)))
        };
        let tables = self.tables.iter().enumerate();
        let rows = tables
            .flat_map(|(t, table)| table.order().into_iter().map(move |row| (t, row as usize)));
        rows.filter(wanted).collect()
    }

    fn crop_voxels(&self, t: usize, region: usize) -> usize {
        if !self.crops.any() {
            return 0;
        }
        let inner = crop::inner(&self.tables[t].geometry[region]);
        let outer = crop::outer(&inner, self.plan.margin, self.frames[t].labels.shape());
        outer.shape().iter().product()
    }

    fn batch(&self, worker: &mut Worker, rows: &mut [Row<'_>], task: &Task) -> Result<()> {
        let mut problems = Vec::new();
        for row in rows {
            task.check()?;
            self.row(worker, row, &mut problems, task)?;
        }
        lock(&self.problems).append(&mut problems);
        Ok(())
    }

    fn row(
        &self,
        worker: &mut Worker,
        row: &mut Row<'_>,
        problems: &mut Vec<Problem>,
        task: &Task,
    ) -> Result<()> {
        let Worker {
            moments,
            covariance,
            channel_axes,
            crops,
        } = worker;
        let table = &self.tables[row.t];
        let geometry = &table.geometry[row.region];
        let axes = self
            .axes
            .then(|| PrincipalAxes::of(geometry, self.plan.n_dims));
        collect_moments(table, row.region, moments);
        table.covariance(row.region, covariance);
        if self.channel_axes {
            channel_axes.update(covariance, table.n_channels());
        }
        if self.crops.any() {
            let found = Found {
                frame: &self.frames[row.t],
                id: table.ids[row.region],
                geometry,
            };
            let known = Known {
                axes: axes.as_ref(),
                moments,
                channel_axes,
            };
            crops.update(&self.crops, &found, &known, task)?;
        }
        let any = self.crops.any();
        let object = Object {
            n_dims: self.plan.n_dims,
            geometry,
            axes,
            moments,
            covariance,
            channel_axes: self.channel_axes.then_some(&*channel_axes),
            histograms: self.histograms.get(row.t).map(|all| all.object(row.region)),
            channel_moments: any.then_some(&crops.channel_moments),
            axis_moments: any.then_some(&crops.axis_moments),
            weighted: any.then_some(&crops.weighted),
            neighbourhood: any.then_some(&crops.neighbourhood),
            hull: any.then_some(&crops.hull),
            bounding_box: any.then_some(&crops.bounding_box),
            skeleton: any.then_some(&crops.skeleton),
            texture: any.then_some(&crops.texture),
        };
        for (feature, columns) in self.plan.features.iter().zip(self.columns.windows(2)) {
            let mut cells = Cells {
                values: &mut row.values[columns[0]..columns[1]],
                row: row.row,
                column: columns[0],
                problems,
            };
            (feature.finish)(&object, &mut cells);
        }
        Ok(())
    }
}

fn collect_moments(table: &RegionTable, row: usize, moments: &mut Vec<Moments>) {
    let n_channels = table.n_channels();
    let count = table.geometry[row].count;
    moments.clear();
    moments.extend(
        (0..n_channels).filter_map(|c| table.intensity.moments(row * n_channels + c, count)),
    );
}
