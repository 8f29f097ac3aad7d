//! From what was collected about objects to their rows of the feature table.

use std::sync::{Mutex, PoisonError};

use super::crops::{Crops, Found, Known, Wanted};
use super::object::{Cells, Object, Problem, Reason};
use super::schedule::{self, Row};
use super::table::{FeatureTable, Plan};
use super::Ingredient;
use crate::error::Result;
use crate::region::axes::PrincipalAxes;
use crate::region::collect::Frame;
use crate::region::crop::channel_axes::ChannelAxes;
use crate::region::crop::{inner, outer};
use crate::region::intensity::histogram::FrameHistograms;
use crate::region::{Moments, RegionTable};
use crate::task::{lock, Task};

/// Computes feature values from what was collected.
pub(super) struct Finish<'a> {
    frames: &'a [Frame<'a>],
    plan: &'a Plan<'a>,
    tables: &'a [RegionTable],
    histograms: &'a [FrameHistograms],
    columns: Vec<usize>,
    crops: Wanted,
    axes: bool,
    channel_axes: bool,
    /// If there are no crops: how many bytes that of each object would take, by row.
    too_large: Option<&'a [u64]>,
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

impl<'a> Finish<'a> {
    /// Will finish objects of `tables`, which were collected from these frames, for raw of so many channels.
    pub(super) fn new(
        frames: &'a [Frame<'a>],
        plan: &'a Plan<'a>,
        tables: &'a [RegionTable],
        histograms: &'a [FrameHistograms],
        n_channels: usize,
    ) -> Self {
        Self {
            frames,
            plan,
            tables,
            histograms,
            columns: plan.columns(n_channels),
            crops: Wanted::new(plan.features, plan.n_dims, plan.margin),
            axes: plan.needs(Ingredient::Axes),
            channel_axes: plan.needs(Ingredient::ChannelAxes),
            too_large: None,
            problems: Mutex::default(),
        }
    }

    /// Finishes without crops: how many bytes that of each object would take, by row.
    pub(super) fn without_crops(self, bytes: Option<&'a [u64]>) -> Self {
        Self {
            too_large: bytes,
            ..self
        }
    }

    /// The features of the objects in `places`, each a frame and a row of its table, in this order.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`], those of the crops.
    pub(super) fn all(self, places: &[(usize, usize)], task: &Task) -> Result<FeatureTable> {
        let n_columns = self.columns.last().copied().unwrap_or(0);
        let mut values = vec![0.0; places.len() * n_columns];
        let cells = values.chunks_mut(n_columns.max(1));
        let rows = cells
            .zip(places)
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

    fn crop_voxels(&self, t: usize, region: usize) -> usize {
        if !self.looks_at_crops() {
            return 0;
        }
        let inner = inner(&self.tables[t].geometry[region]);
        let outer = outer(&inner, self.plan.margin, self.frames[t].labels.shape());
        outer.shape().iter().product()
    }

    fn looks_at_crops(&self) -> bool {
        self.too_large.is_none() && self.crops.any()
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
            channel_axes.update(covariance, table.n_channels(), table.intensity.precision());
        }
        let any = self.looks_at_crops();
        if any {
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
            match self.too_large {
                Some(bytes) if feature.spec.needs_crop() => {
                    cells.set_all(Reason::TooLarge(bytes[row.row]));
                }
                _ => (feature.finish)(&object, &mut cells),
            }
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
