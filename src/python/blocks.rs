//! Labels of a block for Python.

use ndarray::{Array2, ArrayView3, ArrayView4, Axis};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::convert::{with_labels, with_values, LabelArray, ValueArray};
use super::detach::{detach, Run};
use super::label::new_pixels;
use crate::block::{Block, Shape};
use crate::error::{Error, Result};
use crate::label::block_labels::{self as core, Part};
use crate::label::union_find::UnionFind;

/// Places along z, y, x.
type Place = (usize, usize, usize);

/// The labels of one block of a frame: parts of objects, numbered from 1.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct BlockLabels {
    pub(super) labels: core::BlockLabels,
}

#[pymethods]
impl BlockLabels {
    /// Parts of equal labels in `labels` (tzyx, one frame), the block at `start` of a label image.
    #[staticmethod]
    fn of_labels(
        py: Python<'_>,
        run: &Run,
        labels: LabelArray<'_>,
        start: Shape,
        frame_shape: Shape,
    ) -> PyResult<Self> {
        let labels = with_labels!(labels, |labels| {
            let image = only_frame(labels.as_array())?;
            detach(py, run, |task| {
                core::BlockLabels::of_labels(image, start, frame_shape, task)
            })?
        });
        Ok(Self { labels })
    }

    /// Connected components by equality of `image` (tzyx, one frame), the block at `start` of a segmentation.
    #[staticmethod]
    fn of_segmentation(
        py: Python<'_>,
        run: &Run,
        image: LabelArray<'_>,
        start: Shape,
        frame_shape: Shape,
    ) -> PyResult<Self> {
        let labels = with_labels!(image, |image| {
            let image = only_frame(image.as_array())?;
            detach(py, run, |task| {
                core::BlockLabels::of_segmentation(image, start, frame_shape, task)
            })?
        });
        Ok(Self { labels })
    }

    /// What `to_bytes` returned; anything else is a `ParameterError`.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let labels = py.detach(|| core::BlockLabels::from_bytes(data))?;
        Ok(Self { labels })
    }

    /// All of it, about four bytes a run of pixels.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.labels.to_bytes()))
    }

    /// First voxel of the block in the frame: z, y, x.
    #[getter]
    fn start(&self) -> Place {
        self.labels.block.start.into()
    }

    /// One past its last voxel: z, y, x.
    #[getter]
    fn stop(&self) -> Place {
        self.labels.block.stop.into()
    }

    /// Lengths of the frame along z, y, x.
    #[getter]
    fn frame_shape(&self) -> Place {
        self.labels.frame.into()
    }

    /// Number of parts.
    fn __len__(&self) -> usize {
        self.labels.parts.len()
    }

    /// Value of the pixels of each part, (n,).
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        self.each(py, |part| part.key)
    }

    /// Number of pixels of each part, (n,).
    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        self.each(py, |part| part.count)
    }

    /// First pixel of each part in raster order of the frame, (n,): (z·ny + y)·nx + x.
    #[getter]
    fn firsts<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        self.each(py, |part| part.first)
    }

    /// Box of each part in the frame, (n, 6): z0, y0, x0, z1, y1, x1; the last three are exclusive.
    #[getter]
    fn boxes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<i64>> {
        let boxes = self.labels.parts.iter().map(|part| {
            let Block { start, stop } = part.bounds;
            let [z0, y0, x0] = start.map(|place| place as i64);
            let [z1, y1, x1] = stop.map(|place| place as i64);
            [z0, y0, x0, z1, y1, x1]
        });
        Array2::from(boxes.collect::<Vec<_>>()).into_pyarray(py)
    }

    /// Numbers of the parts of this block and of the next one along `axis` that touch and have equal keys, (m, 2).
    fn joints<'py>(
        &self,
        py: Python<'py>,
        other: &Self,
        axis: usize,
    ) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let pairs = py.detach(|| self.labels.joints(&other.labels, axis))?;
        Ok(Array2::from(pairs).into_pyarray(py))
    }

    /// As joints, whatever the keys.
    fn contacts<'py>(
        &self,
        py: Python<'py>,
        other: &Self,
        axis: usize,
    ) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let pairs = py.detach(|| self.labels.contacts(&other.labels, axis))?;
        Ok(Array2::from(pairs).into_pyarray(py))
    }

    /// Numbers of the parts of this and of another labeling of the block that touch within it or share a pixel.
    fn neighbours<'py>(
        &self,
        py: Python<'py>,
        other: &Self,
    ) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let pairs = py.detach(|| self.labels.neighbours(&other.labels))?;
        Ok(Array2::from(pairs).into_pyarray(py))
    }

    /// Numbers of the parts of this and of another labeling of the block that share a pixel, (m, 2).
    fn overlaps<'py>(&self, py: Python<'py>, other: &Self) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let pairs = py.detach(|| self.labels.overlaps(&other.labels))?;
        Ok(Array2::from(pairs).into_pyarray(py))
    }

    /// Pixels (tzyx, one frame) of a window of the block: `values[n]` on the part of number n, `values[0]` elsewhere.
    fn paint<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        start: Shape,
        stop: Shape,
        values: ValueArray<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let window = Block { start, stop };
        self.labels.check_window(&window)?;
        let [depth, height, width] = window.shape();
        with_values!(values, |values| {
            let values = values.as_slice()?;
            let (image, ()) = new_pixels(py, run, (1, depth, height, width), |out, task| {
                self.labels.paint(&window, values, out, task)
            })?;
            Ok(image.into_any())
        })
    }
}

impl BlockLabels {
    fn each<'py>(&self, py: Python<'py>, of: impl Fn(&Part) -> u64) -> Bound<'py, PyArray1<u64>> {
        let values: Vec<_> = self.labels.parts.iter().map(of).collect();
        values.into_pyarray(py)
    }
}

/// Disjoint sets of the numbers 0, 1, …: which parts of all blocks are one object.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct Sets {
    sets: UnionFind,
    n: u32,
}

#[pymethods]
impl Sets {
    #[new]
    fn new(n: u64) -> Result<Self> {
        let too_many = |_| {
            Error::Value(format!(
                "{n} parts of objects are more than the 2^32 - 1 that one frame may have; use larger blocks"
            ))
        };
        let n = u32::try_from(n).map_err(too_many)?;
        let sets = UnionFind::new(n);
        Ok(Self { sets, n })
    }

    /// Joins the sets of the two numbers of every row of `pairs`.
    fn join(&self, py: Python<'_>, pairs: PyReadonlyArray2<'_, u64>) -> PyResult<()> {
        let pairs = pairs.as_array();
        let n = u64::from(self.n);
        if pairs.len_of(Axis(1)) != 2 {
            return Err(Error::Shape("pass two numbers in each row of pairs".into()).into());
        }
        if let Some(wrong) = pairs.iter().find(|&&number| number >= n) {
            let text = format!("there is no number {wrong} among {n}; count from 0");
            return Err(Error::Value(text).into());
        }
        py.detach(|| {
            for pair in pairs.rows() {
                self.sets.join(pair[0] as u32, pair[1] as u32);
            }
        });
        Ok(())
    }

    /// The smallest number of the set of each.
    fn roots<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u64>> {
        let root = |number| u64::from(self.sets.find(number));
        let roots: Vec<_> = py.detach(|| (0..self.n).map(root).collect());
        roots.into_pyarray(py)
    }
}

/// The one frame of an image tzyx.
pub(super) fn only_frame<T>(image: ArrayView4<'_, T>) -> Result<ArrayView3<'_, T>> {
    match image.len_of(Axis(0)) {
        1 => Ok(image.index_axis_move(Axis(0), 0)),
        n => Err(Error::Shape(format!(
            "a block belongs to one frame, but this one has {n}; pass one frame after the other"
        ))),
    }
}
