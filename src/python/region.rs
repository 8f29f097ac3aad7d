//! Measuring objects, and the catalogue of what can be measured.

use ndarray::Axis;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::convert::{with_labels, with_raw, LabelArray, RawArray};
use super::detach::{detach, Run};
use super::label::places;
use crate::error::{Error, Result};
use crate::feature::{self, Channels, Feature, FeatureTable, Ingredient, Plan};
use crate::region::collect::Frame;
use crate::region::{LabelImage, RawImage};

/// A feature as Python sees it: the arguments of `napari_objclass.features.FeatureSpec`.
#[derive(IntoPyObject)]
pub(crate) struct Spec {
    id: &'static str,
    display: &'static str,
    group: &'static str,
    plugin: String,
    doc: &'static str,
    unit: &'static str,
    n_values: usize,
    columns: Vec<String>,
    hidden: bool,
    ilastik_id: Option<String>,
    dims: Vec<usize>,
    formula: &'static str,
    verified: &'static str,
    available: bool,
    default: bool,
    needs_raw: bool,
    per_channel: bool,
    local: bool,
    uses_margin: bool,
    slow: bool,
    needs_crop: bool,
    needs_histogram: bool,
    collects_raw: bool,
}

/// Every feature, laid out for images of `n_dims` dimensions with these channels.
#[pyfunction]
pub(crate) fn feature_specs(n_dims: usize, channels: Vec<String>) -> Vec<Spec> {
    let n_channels = channels.len();
    feature::catalogue()
        .map(|feature| &feature.spec)
        .map(|spec| Spec {
            id: spec.id,
            display: spec.display,
            group: spec.group,
            plugin: spec.plugin.name(n_dims),
            doc: spec.doc,
            unit: spec.unit,
            n_values: spec.n_values(n_dims, n_channels),
            columns: spec.columns(n_dims, &channels),
            hidden: spec.hidden,
            ilastik_id: spec.ilastik_id(n_dims),
            dims: spec.dims.to_vec(),
            formula: spec.formula,
            verified: spec.verified,
            available: spec.dims.contains(&n_dims) && spec.channels.allow(n_channels),
            default: spec.is_default(n_channels),
            needs_raw: spec.channels != Channels::Unused,
            per_channel: spec.values.are_per_channel(),
            local: spec.is_local(),
            uses_margin: spec.uses_margin(),
            slow: spec.is_slow(),
            needs_crop: spec.needs_crop(),
            needs_histogram: spec.needs(Ingredient::Histogram),
            collects_raw: spec.collects_raw(),
        })
        .collect()
}

/// What `measure` returns: ids, frames, values (row after row), the missing values as (row, column, number of the
/// reason) one after the other, and the reasons.
type Measured<'py> = (
    Bound<'py, PyArray1<u64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Vec<String>,
);

/// Frames, ids and boxes of objects, see [`places`].
type Only = (Vec<usize>, Vec<u64>, Vec<[usize; 6]>);

/// Measures the features `features` of all objects of `labels` (tzyx) in `raw` (tzyxc), or of those in `only`;
/// `margin` is how far their neighbourhood reaches along z, y, x.
#[allow(clippy::too_many_arguments)]
#[pyfunction]
#[pyo3(signature = (run, labels, raw, features, margin, block_shape=None, only=None))]
pub(crate) fn measure<'py>(
    py: Python<'py>,
    run: &Run,
    labels: LabelArray<'py>,
    raw: Option<RawArray<'py>>,
    features: Vec<String>,
    margin: [usize; 3],
    block_shape: Option<[usize; 3]>,
    only: Option<Only>,
) -> PyResult<Measured<'py>> {
    let only = only.map(|(frames, ids, boxes)| places(frames, ids, boxes));
    let chosen = choose(&features)?;
    let label_images = label_frames(&labels);
    let raw_images = raw.as_ref().map(raw_frames);
    let n_dims = label_images
        .first()
        .map_or(2, |labels| if labels.shape()[0] > 1 { 3 } else { 2 });
    let frames = pair(&label_images, raw_images.as_deref())?;
    let plan = Plan {
        features: &chosen,
        n_dims,
        margin,
        block_shape,
        only: only.as_deref(),
    };
    let table = detach(py, run, |task| feature::measure(&frames, &plan, task))?;
    let (missing, reasons) = index_reasons(&table);
    Ok((
        table.ids.into_pyarray(py),
        table.frames.into_pyarray(py),
        table.values.into_pyarray(py),
        missing.into_pyarray(py),
        reasons,
    ))
}

pub(super) fn choose(ids: &[String]) -> Result<Vec<&'static Feature>> {
    let unknown = |id: &String| Error::Feature(format!("there is no feature {id:?}"));
    ids.iter()
        .map(|id| feature::find(id).ok_or_else(|| unknown(id)))
        .collect()
}

fn pair<'a>(
    labels: &'a [Box<dyn LabelImage + 'a>],
    raw: Option<&'a [Box<dyn RawImage + 'a>]>,
) -> Result<Vec<Frame<'a>>> {
    if raw.is_some_and(|raw| raw.len() != labels.len()) {
        return Err(Error::Shape(
            "raw and label image have different numbers of frames".into(),
        ));
    }
    let frame = |t: usize| Frame {
        labels: labels[t].as_ref(),
        raw: raw.map(|raw| raw[t].as_ref() as &dyn RawImage),
    };
    Ok((0..labels.len()).map(frame).collect())
}

/// Reasons repeat: each sentence once, and its number in place of it.
pub(super) fn index_reasons(table: &FeatureTable) -> (Vec<i64>, Vec<String>) {
    let mut reasons = Vec::new();
    let mut numbers = FxHashMap::default();
    let mut missing = Vec::with_capacity(3 * table.problems.len());
    for problem in &table.problems {
        let number = *numbers.entry(problem.reason).or_insert_with(|| {
            reasons.push(problem.reason.to_string());
            reasons.len() - 1
        });
        missing.extend([problem.row, problem.column, number].map(|n| n as i64));
    }
    (missing, reasons)
}

/// The frames of a tzyx label image.
fn label_frames<'a>(labels: &'a LabelArray<'_>) -> Vec<Box<dyn LabelImage + 'a>> {
    with_labels!(labels, |array| {
        let array = array.as_array();
        let frame = |t| -> Box<dyn LabelImage + 'a> { Box::new(array.index_axis_move(Axis(0), t)) };
        (0..array.len_of(Axis(0))).map(frame).collect()
    })
}

/// The frames of a tzyxc raw image.
pub(super) fn raw_frames<'a>(raw: &'a RawArray<'_>) -> Vec<Box<dyn RawImage + 'a>> {
    with_raw!(raw, |array| {
        let array = array.as_array();
        let frame = |t| -> Box<dyn RawImage + 'a> { Box::new(array.index_axis_move(Axis(0), t)) };
        (0..array.len_of(Axis(0))).map(frame).collect()
    })
}
