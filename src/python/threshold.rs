//! Objects from probabilities for Python: smoothing and thresholds.

use ndarray::ArrayView4;
use numpy::{Element, PyArray4, PyReadonlyArray1, PyReadonlyArray4};
use pyo3::prelude::*;

use super::blocks::{only_frame, BlockLabels};
use super::convert::{with_channel, ChannelArray};
use super::detach::{detach, Run};
use super::label::new_image;
use crate::block::{Block, Shape};
use crate::error::Error;
use crate::label::block_holes;
use crate::label::smooth::{self as smoothing, Pixel, Window};
use crate::label::threshold::{self as thresholding, Counts, Stage, Threshold};
use crate::label::threshold_block::{self as blockwise, Foreground};

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

/// Components of a block, those of its cores, pixels that are not numbers, the largest value.
pub(super) type FoundInBlock = (BlockLabels, Option<BlockLabels>, u64, f32);

/// The foreground of the block from `inner_start` to `inner_stop`, given what was read of the channels from `start` on.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // of a private door with named arguments behind it
pub(crate) fn threshold_block<'py>(
    py: Python<'py>,
    run: &Run,
    last: ChannelArray<'py>,
    core: Option<Bound<'py, PyAny>>,
    how: How,
    start: Shape,
    inner_start: Shape,
    inner_stop: Shape,
    frame_shape: Shape,
) -> PyResult<FoundInBlock> {
    let how = how.into();
    let inner = Block {
        start: inner_start,
        stop: inner_stop,
    };
    let found = with_channel!(last, |last| {
        let core = core.map(|core| same_type(&last, &core)).transpose()?;
        let core = core.as_ref().map(PyReadonlyArray4::as_array);
        let (last, core) = (
            only_frame(last.as_array())?,
            core.map(only_frame).transpose()?,
        );
        let window = Window::at(start, last.dim().into(), inner, frame_shape)?;
        detach(py, run, |task| {
            blockwise::threshold_block(last, core, &how, window, task)
        })?
    });
    let Foreground {
        mask,
        cores,
        largest,
        n_nan,
    } = found;
    let cores = cores.map(|labels| BlockLabels { labels });
    Ok((BlockLabels { labels: mask }, cores, n_nan, largest))
}

/// How many pixels around a block its smoothing depends on, along z, y, x.
#[pyfunction]
pub(crate) fn smoothing_halo(
    sigma: [f64; 3],
    frame_shape: Shape,
) -> Result<(usize, usize, usize), Error> {
    smoothing::halo(frame_shape, sigma).map(Into::into)
}

/// Components of the background of a block, where only the parts in `kept` are foreground.
#[pyfunction]
pub(crate) fn block_gaps(
    py: Python<'_>,
    run: &Run,
    labels: &BlockLabels,
    kept: PyReadonlyArray1<'_, bool>,
) -> PyResult<BlockLabels> {
    let kept = kept.as_slice()?;
    let labels = detach(py, run, |task| {
        block_holes::gaps(&labels.labels, kept, task)
    })?;
    Ok(BlockLabels { labels })
}

/// Components of the parts of a block that are in `kept` and of those of its `gaps` that are `holes`.
#[pyfunction]
pub(crate) fn block_filled(
    py: Python<'_>,
    run: &Run,
    labels: &BlockLabels,
    kept: PyReadonlyArray1<'_, bool>,
    gaps: &BlockLabels,
    holes: PyReadonlyArray1<'_, bool>,
) -> PyResult<BlockLabels> {
    let (kept, holes) = (kept.as_slice()?, holes.as_slice()?);
    let labels = detach(py, run, |task| {
        block_holes::filled(&labels.labels, kept, &gaps.labels, holes, task)
    })?;
    Ok(BlockLabels { labels })
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

pub(super) fn same_type<'py, P: Element>(
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
