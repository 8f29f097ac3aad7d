//! Objects larger than a block for Python: collected block by block, finished from the blocks that hold them.

use std::sync::{Arc, Mutex};

use ndarray::{Array2, Array3};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::blocks::BlockLabels;
use super::convert::RawArray;
use super::detach::{detach, Run};
use super::region::{choose, index_reasons, raw_frames};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::feature::{self, Group, Plan, RawSize};
use crate::label::extract::Place;
use crate::region::collect::Frame;
use crate::region::intensity::binning::{Binning, BINS};
use crate::region::intensity::histogram;
use crate::region::{self as core, Mosaic, RawImage, Tile, Window};
use crate::task::lock;

/// Labels of a block, and the id of each of its numbers.
type Labels<'py> = (Bound<'py, BlockLabels>, PyReadonlyArray1<'py, u64>);

/// What `finish_objects` returns: values (row after row), the missing values as (row, column, number of the reason)
/// one after the other, and the reasons.
type Finished<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<i64>>,
    Vec<String>,
);

/// What was collected about the objects of one or more blocks of a frame.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct Regions {
    /// Whoever reads it takes a share and lets go of the lock, so that nobody waits for it with the interpreter held.
    regions: Mutex<Arc<core::Regions>>,
}

impl From<core::Regions> for Regions {
    fn from(regions: core::Regions) -> Self {
        Self {
            regions: Mutex::new(Arc::new(regions)),
        }
    }
}

impl Regions {
    fn get(&self) -> Arc<core::Regions> {
        Arc::clone(&lock(&self.regions))
    }
}

#[pymethods]
impl Regions {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Ok(py.detach(|| core::Regions::from_bytes(data))?.into())
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let regions = self.get();
        PyBytes::new(py, &py.detach(|| regions.to_bytes()))
    }

    /// Adds the objects of another block of the frame; those of the same id become one.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let other = other.get();
        let merged = py.detach(|| match Arc::get_mut(&mut lock(&self.regions)) {
            Some(own) => own.merge(&other),
            None => Err(Error::Value(
                "regions are in use while others are merged into them; wait until that has ended"
                    .into(),
            )),
        });
        Ok(merged?)
    }

    /// The objects `ids`, in this order.
    fn select(&self, py: Python<'_>, ids: PyReadonlyArray1<'_, u64>) -> PyResult<Self> {
        let (regions, ids) = (self.get(), ids.as_slice()?);
        Ok(py.detach(|| regions.select(ids))?.into())
    }

    fn __len__(&self) -> usize {
        self.get().table().ids.len()
    }

    #[getter]
    fn frame_shape(&self) -> (usize, usize, usize) {
        self.get().frame().into()
    }

    #[getter]
    fn n_channels(&self) -> usize {
        self.get().table().n_channels()
    }

    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        self.get().table().ids.clone().into_pyarray(py)
    }

    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        let regions = self.get();
        let counts = regions.table().geometry.iter().map(|all| all.count);
        counts.collect::<Vec<_>>().into_pyarray(py)
    }

    #[getter]
    fn boxes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<i64>> {
        rows(py, self.get().boxes())
    }

    #[getter]
    fn extrema<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray3<f64>> {
        let regions = self.get();
        let table = regions.table();
        let (n, channels) = (table.ids.len(), table.n_channels());
        let extrema = Array3::from_shape_fn((n, channels, 2), |(row, channel, end)| {
            table.intensity.extrema(row * channels + channel)[end]
        });
        extrema.into_pyarray(py)
    }

    /// The box of labels and raw that finishing each object reads; without voxels if nothing is read.
    fn crop_boxes<'py>(
        &self,
        py: Python<'py>,
        features: Vec<String>,
        margin: Shape,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let boxes = feature::crop_boxes(&self.get(), &choose(&features)?, margin);
        Ok(rows(py, boxes))
    }

    /// Bytes that each object takes while it is finished alone; 0 if nothing is read.
    fn crop_bytes<'py>(
        &self,
        py: Python<'py>,
        features: Vec<String>,
        margin: Shape,
        channels: usize,
        itemsize: usize,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let raw = RawSize { channels, itemsize };
        let bytes = feature::crop_bytes(&self.get(), &choose(&features)?, margin, raw);
        Ok(bytes.into_pyarray(py))
    }
}

/// Collects what `features` need of the objects of one block; `raw` (tzyxc, one frame) is exactly the block.
#[pyfunction]
pub(crate) fn collect_block<'py>(
    py: Python<'py>,
    run: &Run,
    labels: Bound<'py, BlockLabels>,
    ids: PyReadonlyArray1<'py, u64>,
    raw: Option<RawArray<'py>>,
    features: Vec<String>,
) -> PyResult<Regions> {
    let chosen = choose(&features)?;
    let of_raw = Plan::new(&chosen, 2).of_raw();
    if of_raw.intensity && raw.is_none() {
        let text = "these features are measured from raw; pass the raw of the block".into();
        return Err(Error::Feature(text).into());
    }
    let (labels, ids) = (&labels.get().labels, ids.as_slice()?);
    let mosaic = Mosaic::new(labels.frame, vec![Tile { labels, ids }])?;
    let raw = raw.as_ref().map(only_raw).transpose()?;
    let window = raw
        .as_deref()
        .map(|raw| of_block(raw, labels))
        .transpose()?;
    let regions = detach(py, run, |task| {
        let frame = Frame {
            labels: &mosaic,
            raw: window.as_ref().map(|raw| raw as &dyn RawImage),
        };
        core::Regions::collect(&frame, &labels.block, of_raw, task)
    })?;
    Ok(regions.into())
}

/// Counts the voxels of `only` in one block in bins over `ranges`: (objects, channels, bins).
#[pyfunction]
pub(crate) fn count_block<'py>(
    py: Python<'py>,
    run: &Run,
    labels: Bound<'py, BlockLabels>,
    ids: PyReadonlyArray1<'py, u64>,
    raw: RawArray<'py>,
    only: Vec<u64>,
    ranges: PyReadonlyArray2<'py, f64>,
) -> PyResult<Bound<'py, PyArray3<u64>>> {
    let (labels, ids) = (&labels.get().labels, ids.as_slice()?);
    let mosaic = Mosaic::new(labels.frame, vec![Tile { labels, ids }])?;
    let raw = only_raw(&raw)?;
    let window = of_block(&*raw, labels)?;
    let binning = binning(&ranges);
    let (n, channels) = (only.len(), window.kind().channels);
    if binning.len() != channels {
        return Err(Error::Shape("pass one range of intensities per channel".into()).into());
    }
    let places: Vec<Place> = only
        .iter()
        .map(|&id| Place {
            t: 0,
            id,
            bounds: labels.block,
        })
        .collect();
    let found = detach(py, run, |task| {
        let frame = Frame {
            labels: &mosaic,
            raw: Some(&window),
        };
        histogram::count_block(&frame, &labels.block, &places, binning, task)
    })?;
    let counts = Array3::from_shape_vec((n, channels, BINS), found.counts);
    let counts = counts.map_err(|error| Error::Shape(error.to_string()))?;
    Ok(counts.into_pyarray(py))
}

/// Measures `features` of the objects `ids` from what all blocks know of them, in this order.
///
/// `labels` and `raw` (tzyxc, one frame; its first voxel at `start`) hold their boxes, see `crop_boxes`. `counts` come
/// from `count_block`. With `too_large`, no crops are looked at: bytes that those would take.
#[allow(clippy::too_many_arguments)]
#[pyfunction]
#[pyo3(signature = (run, regions, ids, labels, raw, start, ranges, features, margin, n_channels=None, counts=None, too_large=None))]
pub(crate) fn finish_objects<'py>(
    py: Python<'py>,
    run: &Run,
    regions: &Regions,
    ids: PyReadonlyArray1<'py, u64>,
    labels: Vec<Labels<'py>>,
    raw: Option<RawArray<'py>>,
    start: Shape,
    ranges: Option<PyReadonlyArray2<'py, f64>>,
    features: Vec<String>,
    margin: Shape,
    n_channels: Option<usize>,
    counts: Option<PyReadonlyArray3<'py, u64>>,
    too_large: Option<Vec<u64>>,
) -> PyResult<Finished<'py>> {
    let chosen = choose(&features)?;
    let regions = regions.get();
    let mut tiles = Vec::with_capacity(labels.len());
    for (labels, ids) in &labels {
        tiles.push(Tile {
            labels: &labels.get().labels,
            ids: ids.as_slice()?,
        });
    }
    let mosaic = Mosaic::new(regions.frame(), tiles)?;
    let raw = raw.as_ref().map(only_raw).transpose()?;
    let window = |raw| Window::new(raw, start, regions.frame());
    let raw = raw.as_deref().map(window).transpose()?;
    let found = raw.map_or(regions.table().n_channels(), |raw| raw.kind().channels);
    let group = Group {
        regions: &regions,
        ids: ids.as_slice()?,
        labels: &mosaic,
        raw,
        n_channels: n_channels.unwrap_or(found),
        ranges: ranges.as_ref().map(binning),
        counts: counts.map(|counts| counts.as_array().iter().copied().collect()),
        too_large,
    };
    let table = detach(py, run, |task| {
        feature::finish_objects(&group, &chosen, margin, task)
    })?;
    let (missing, reasons) = index_reasons(&table);
    Ok((
        table.values.into_pyarray(py),
        missing.into_pyarray(py),
        reasons,
    ))
}

/// The one frame of raw.
fn only_raw<'a>(raw: &'a RawArray<'_>) -> Result<Box<dyn RawImage + 'a>> {
    let mut frames = raw_frames(raw);
    match (frames.pop(), frames.len()) {
        (Some(frame), 0) => Ok(frame),
        (_, n) => Err(Error::Shape(format!(
            "raw of a part of a frame has {} frames; pass one frame after the other",
            if n == 0 { 0 } else { n + 1 }
        ))),
    }
}

/// Raw that is exactly that of a block.
fn of_block<'a>(
    raw: &'a dyn RawImage,
    labels: &crate::label::block_labels::BlockLabels,
) -> Result<Window<'a>> {
    let block = labels.block;
    if raw.shape() != block.shape() {
        return Err(Error::Shape(format!(
            "raw has z, y, x lengths {:?} but the block has {:?}; read the raw of the block",
            raw.shape(),
            block.shape()
        )));
    }
    Window::new(raw, block.start, labels.frame)
}

/// Bins over a range (low, high) of each channel.
fn binning(ranges: &PyReadonlyArray2<'_, f64>) -> Vec<Binning> {
    let ranges = ranges.as_array();
    let ends = ranges
        .rows()
        .into_iter()
        .map(|row| (row.first().copied(), row.last().copied()));
    ends.filter_map(|(low, high)| {
        Some(Binning {
            low: low?,
            high: high?,
        })
    })
    .collect()
}

/// Boxes as rows z0, y0, x0, z1, y1, x1.
fn rows<'py>(py: Python<'py>, boxes: impl IntoIterator<Item = Block>) -> Bound<'py, PyArray2<i64>> {
    let rows = boxes.into_iter().map(|Block { start, stop }| {
        let [z0, y0, x0] = start.map(|place| place as i64);
        let [z1, y1, x1] = stop.map(|place| place as i64);
        [z0, y0, x0, z1, y1, x1]
    });
    Array2::from(rows.collect::<Vec<_>>()).into_pyarray(py)
}
