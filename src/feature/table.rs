//! From images to the feature table: collect, order by id, finish every feature of every object.

use rustc_hash::FxHashSet;

use super::finish::Finish;
use super::object::Problem;
use super::schedule;
use super::{Feature, Ingredient};
use crate::block::Shape;
use crate::error::Result;
use crate::label::extract::Place;
use crate::region::collect::{collect, recycle, Frame, OfRaw};
use crate::region::intensity::histogram::collect_with_histograms;
use crate::region::RegionTable;
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

    /// Whether a feature needs `ingredient`.
    #[must_use]
    pub fn needs(&self, ingredient: Ingredient) -> bool {
        self.features.iter().any(|f| f.spec.needs(ingredient))
    }

    /// What the features need to have collected of raw.
    #[must_use]
    pub fn of_raw(&self) -> OfRaw {
        OfRaw {
            intensity: self.features.iter().any(|f| f.spec.collects_raw()),
            covariance: self.needs(Ingredient::Covariance),
        }
    }

    /// First column of each feature, and the number of columns at the end.
    pub(super) fn columns(&self, n_channels: usize) -> Vec<usize> {
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
    let (of_raw, blocks, only) = (plan.of_raw(), plan.block_shape, plan.only);
    let (tables, histograms) = if plan.needs(Ingredient::Histogram) {
        collect_with_histograms(frames, of_raw, blocks, only, task)?
    } else {
        (collect(frames, of_raw, blocks, only, task)?, Vec::new())
    };
    let finish = Finish::new(frames, plan, &tables, &histograms, n_channels);
    let finished = finish.all(&places(&tables, only), task);
    recycle(tables);
    finished
}

/// Frame and row in its region table of each object to be measured.
fn places(tables: &[RegionTable], only: Option<&[Place]>) -> Vec<(usize, usize)> {
    let only = only.map(|only| {
        let ids = only.iter().map(|place| (place.t, place.id));
        ids.collect::<FxHashSet<_>>()
    });
    let wanted = |&(t, row): &(usize, usize)| {
        let id = tables[t].ids[row];
        only.as_ref().is_none_or(|only| only.contains(&(t, id)))
    };
    let rows = tables
        .iter()
        .enumerate()
        .flat_map(|(t, table)| table.order().into_iter().map(move |row| (t, row as usize)));
    rows.filter(wanted).collect()
}
