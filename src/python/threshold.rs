//! Objects from probabilities for Python: smoothing and thresholds.

use ndarray::ArrayView4;
use numpy::{Element, PyArray4, PyReadonlyArray4};
use pyo3::prelude::*;

use super::convert::{with_channel, ChannelArray};
use super::detach::Run;
use super::label::new_image;
use crate::error::Error;
use crate::label::smooth::{self as smoothing, Pixel};
use crate::label::threshold::{self as thresholding, Counts, Stage, Threshold};

/// A label image; objects too small and too large for it; pixels that are not numbers.
type Found<'py> = (Bound<'py, PyArray4<u32>>, u64, u64, u64);

/// How objects are found, as Python gives it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct How {
    sigma: [f64; 3],
    value_range: (f64, f64),
    low: f64,
    high: Option<f64>,
    merge: bool,
    min_size: u64,
    max_size: u64,
    fill_holes: bool,
}

impl From<How> for Threshold {
    fn from(how: How) -> Self {
        Self {
            sigma: how.sigma,
            range: how.value_range,
            low: how.low,
            core: how.high,
            merge: how.merge,
            min_size: how.min_size,
            max_size: how.max_size,
            fill_holes: how.fill_holes,
        }
    }
}

/// Objects of the channel `last` (tzyx), with cores in the channel `core` of the same type and shape, if given.
#[pyfunction]
pub(crate) fn threshold<'py>(
    py: Python<'py>,
    run: &Run,
    last: ChannelArray<'py>,
    core: Option<Bound<'py, PyAny>>,
    how: How,
    stage: &str,
) -> PyResult<Found<'py>> {
    let (how, stage) = (how.into(), stage_named(stage)?);
    with_channel!(last, |last| {
        let core = core.map(|core| same_type(&last, &core)).transpose()?;
        let core = core.as_ref().map(PyReadonlyArray4::as_array);
        find(py, run, last.as_array(), core, &how, stage)
    })
}

/// A channel (tzyx) smoothed.
#[pyfunction]
pub(crate) fn smooth<'py>(
    py: Python<'py>,
    run: &Run,
    channel: ChannelArray<'py>,
    sigma: [f64; 3],
    value_range: (f64, f64),
) -> PyResult<Bound<'py, PyArray4<f32>>> {
    with_channel!(channel, |channel| {
        let channel = channel.as_array();
        let (smoothed, _) = new_image(py, run, channel, |out, task| {
            smoothing::smooth(channel, sigma, value_range, out, task)
        })?;
        Ok(smoothed)
    })
}

fn find<'py, 'i, P: Pixel>(
    py: Python<'py>,
    run: &Run,
    last: ArrayView4<'i, P>,
    core: Option<ArrayView4<'i, P>>,
    how: &Threshold,
    stage: Stage,
) -> PyResult<Found<'py>> {
    let (labels, counts) = new_image(py, run, last, |out, task| {
        thresholding::threshold(last, core, how, stage, out, task)
    })?;
    let Counts {
        too_small,
        too_large,
        not_numbers,
    } = counts;
    Ok((labels, too_small, too_large, not_numbers))
}

fn same_type<'py, P: Element>(
    _: &PyReadonlyArray4<'py, P>,
    other: &Bound<'py, PyAny>,
) -> PyResult<PyReadonlyArray4<'py, P>> {
    other.extract()
}

fn stage_named(name: &str) -> Result<Stage, Error> {
    match name {
        "objects" => Ok(Stage::Objects),
        "core" => Ok(Stage::Core),
        "filtered core" => Ok(Stage::FilteredCore),
        "mask" => Ok(Stage::Mask),
        "unfiltered" => Ok(Stage::Unfiltered),
        _ => Err(Error::Value(format!(
            "there is no stage {name:?}; choose objects, core, filtered core, mask or unfiltered"
        ))),
    }
}
