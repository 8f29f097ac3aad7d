//! Floods block by block for Python: groups of pixels that are flooded together, and their floods.

use numpy::{PyArray4, PyArrayMethods, PyReadonlyArray4};
use pyo3::prelude::*;

use super::blocks::{only_frame, BlockLabels};
use super::convert::{with_channel, ChannelArray};
use super::detach::{detach, Run};
use super::threshold::{same_type, FoundInBlock, How};
use crate::block::{Block, Shape};
use crate::label::flood_block;
use crate::label::smooth::Window;
use crate::label::threshold_block::Foreground;

/// Groups of the block from `inner_start` to `inner_stop`, its cores, pixels that are not numbers, the largest value,
/// given what was read of the channels from `start` on.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // of a private door with named arguments behind it
pub(crate) fn groups_block<'py>(
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
            flood_block::groups_block(last, core, &how, window, task)
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

/// Objects that grow from `seeds` (tzyx, one frame, from `inner_start` on), and how many basins were contested.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // of a private door with named arguments behind it
pub(crate) fn flood_window<'py>(
    py: Python<'py>,
    run: &Run,
    last: ChannelArray<'py>,
    core: Option<Bound<'py, PyAny>>,
    how: How,
    start: Shape,
    inner_start: Shape,
    frame_shape: Shape,
    largest: f32,
    seeds: PyReadonlyArray4<'py, u32>,
) -> PyResult<(Bound<'py, PyArray4<u32>>, u64)> {
    let how = how.into();
    let shape: Shape = only_frame(seeds.as_array())?.dim().into();
    let inner = Block {
        start: inner_start,
        stop: std::array::from_fn(|axis| inner_start[axis].saturating_add(shape[axis])),
    };
    let labels = PyArray4::zeros(py, seeds.as_array().dim(), false);
    labels.readwrite().as_array_mut().assign(&seeds.as_array());
    let mut pixels = labels.readwrite();
    let pixels = pixels.as_slice_mut()?;
    let contested = with_channel!(last, |last| {
        let core = core.map(|core| same_type(&last, &core)).transpose()?;
        let core = core.as_ref().map(PyReadonlyArray4::as_array);
        let (last, core) = (
            only_frame(last.as_array())?,
            core.map(only_frame).transpose()?,
        );
        let window = Window::at(start, last.dim().into(), inner, frame_shape)?;
        detach(py, run, |task| {
            flood_block::flood_window(last, core, &how, window, largest, pixels, task)
        })?
    });
    Ok((labels, contested))
}
