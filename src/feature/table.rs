//! From images to the feature table: collect, order by id, finish every feature of every object.

use rayon::prelude::*;

use super::object::{Cells, Object, PrincipalAxes, Problem};
use super::{Feature, Ingredient};
use crate::block::Shape;
use crate::error::Result;
use crate::label::extract::Place;
use crate::region::collect::{collect, recycle, Frame};
use crate::region::{Moments, RegionTable};
use crate::task::Task;

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
    /// One entry for each missing value.
    pub problems: Vec<Problem>,
}

/// Measures `features` of all objects of all frames.
///
/// `n_dims` is 2 for images of one plane, else 3. `block_shape` cuts the work into blocks and changes values at most
/// in the last bits of float images. Raw is read only if a feature needs it. With `only`, these objects alone are
/// measured, each as among all, see [`collect`]; their boxes must hold all of them.
///
/// # Errors
/// Those of [`collect`].
pub fn measure(
    frames: &[Frame<'_>],
    features: &[&dyn Feature],
    n_dims: usize,
    block_shape: Option<Shape>,
    only: Option<&[Place]>,
    task: &Task,
) -> Result<FeatureTable> {
    let needs = |ingredient| features.iter().any(|f| f.spec().needs(ingredient));
    let raw = needs(Ingredient::Intensity);
    let needed: Vec<Frame<'_>> = frames
        .iter()
        .map(|&frame| Frame {
            raw: frame.raw.filter(|_| raw),
            ..frame
        })
        .collect();
    let n_channels = frames
        .first()
        .and_then(|frame| frame.raw)
        .map_or(0, |raw| raw.channels());
    let finish = Finish {
        columns: columns(features, n_dims, n_channels),
        features,
        n_dims,
        axes: needs(Ingredient::Axes),
    };
    task.expect(FINISH_STEPS);
    let tables = collect(&needed, block_shape, only, task)?;
    let finished = finish.all(&tables, task);
    recycle(tables);
    finished
}

/// First column of each feature, and the number of columns at the end.
fn columns(features: &[&dyn Feature], n_dims: usize, n_channels: usize) -> Vec<usize> {
    let mut columns = vec![0];
    let mut next = 0;
    for feature in features {
        next += feature.spec().n_values(n_dims, n_channels);
        columns.push(next);
    }
    columns
}

/// Rows finished together by one thread.
const ROWS: usize = 512;

/// Steps that finishing counts as: announced before anyone knows the number of objects, so that the total stands.
const FINISH_STEPS: usize = 32;

/// Computes feature values from collected tables.
struct Finish<'a> {
    features: &'a [&'a dyn Feature],
    columns: Vec<usize>,
    n_dims: usize,
    axes: bool,
}

impl Finish<'_> {
    fn all(&self, tables: &[RegionTable], task: &Task) -> Result<FeatureTable> {
        let places: Vec<(usize, usize)> = tables
            .iter()
            .enumerate()
            .flat_map(|(t, table)| table.order().into_iter().map(move |row| (t, row as usize)))
            .collect();
        let n_columns = self.columns.last().copied().unwrap_or(0);
        let mut values = vec![0.0; places.len() * n_columns];
        let n_chunks = places.len().div_ceil(ROWS);
        let problems = if values.is_empty() {
            task.advance_by(FINISH_STEPS)?;
            Vec::new()
        } else {
            values
                .par_chunks_mut(ROWS * n_columns)
                .zip(places.par_chunks(ROWS))
                .enumerate()
                .map(|(chunk, (values, places))| {
                    let steps_until = |chunk| chunk * FINISH_STEPS / n_chunks;
                    let problems = self.chunk(chunk * ROWS, values, places, tables);
                    task.advance_by(steps_until(chunk + 1) - steps_until(chunk))?;
                    Ok(problems)
                })
                .collect::<Result<Vec<_>>>()?
                .concat()
        };
        Ok(FeatureTable {
            ids: places.iter().map(|&(t, row)| tables[t].ids[row]).collect(),
            frames: places.iter().map(|&(t, _)| t as i64).collect(),
            n_columns,
            values,
            problems,
        })
    }

    fn chunk(
        &self,
        first: usize,
        values: &mut [f64],
        places: &[(usize, usize)],
        tables: &[RegionTable],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut moments = Vec::new();
        let n_columns = values.len() / places.len();
        for (i, (&(t, row), values)) in places.iter().zip(values.chunks_mut(n_columns)).enumerate()
        {
            let table = &tables[t];
            let geometry = &table.geometry[row];
            collect_moments(table, row, &mut moments);
            let object = Object {
                n_dims: self.n_dims,
                geometry,
                axes: self.axes.then(|| PrincipalAxes::of(geometry, self.n_dims)),
                moments: &moments,
            };
            for (feature, columns) in self.features.iter().zip(self.columns.windows(2)) {
                let mut cells = Cells {
                    values: &mut values[columns[0]..columns[1]],
                    row: first + i,
                    column: columns[0],
                    problems: &mut problems,
                };
                feature.finish(&object, &mut cells);
            }
        }
        problems
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
