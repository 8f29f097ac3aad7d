//! Label images for Python: connected components, painting, runs of objects.

use ndarray::{ArrayView4, Axis};
use numpy::{Element, IntoPyArray, PyArray2, PyArray4, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use super::convert::{with_labels, with_values, LabelArray, ValueArray};
use super::detach::{detach, Run};
use crate::error::Result;
use crate::label::{components, extract, paint as painting};
use crate::task::Task;

/// Connected components of every frame of `image` (tzyx), by equality.
#[pyfunction]
pub(crate) fn connected_components<'py>(
    py: Python<'py>,
    run: &Run,
    image: LabelArray<'py>,
) -> PyResult<Bound<'py, PyArray4<u32>>> {
    with_labels!(image, |image| {
        let image = image.as_array();
        new_image(py, run, image, |out, task| {
            components::connected_components(image, out, task)
        })
    })
}

/// Image (tzyx) with `values[i]` on object `ids[i]`, 0 elsewhere.
///
/// The objects of frame t are `starts[t]..starts[t + 1]` of `ids` and `values`.
#[pyfunction]
pub(crate) fn paint<'py>(
    py: Python<'py>,
    run: &Run,
    labels: LabelArray<'py>,
    starts: Vec<usize>,
    ids: PyReadonlyArray1<'py, u64>,
    values: ValueArray<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let ids = ids.as_slice()?;
    with_values!(values, |values| {
        let values = values.as_slice()?;
        with_labels!(labels, |labels| {
            let labels = labels.as_array();
            let painted = new_image(py, run, labels, |out, task| {
                painting::paint(labels, &starts, ids, values, out, task)
            })?;
            Ok(painted.into_any())
        })
    })
}

/// Runs of the objects `ids` of `labels` (tzyx with one frame): rows (position in ids, z, y, x, length), raster order.
#[pyfunction]
pub(crate) fn object_runs<'py>(
    py: Python<'py>,
    run: &Run,
    labels: LabelArray<'py>,
    ids: Vec<u64>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    with_labels!(labels, |labels| {
        let labels = labels.as_array();
        let frame = labels.index_axis(Axis(0), 0);
        let runs = detach(py, run, |task| extract::object_runs(frame, &ids, task))?;
        let rows: Vec<_> = runs
            .iter()
            .map(|r| [r.which, r.z, r.y, r.x, r.length].map(|n| n as i64))
            .collect();
        Ok(ndarray::Array2::from(rows).into_pyarray(py))
    })
}

/// A new image of the shape of `image`, filled by `fill`, which gets its pixels in C order, all 0.
fn new_image<'py, T: Sync, V: Element + Send>(
    py: Python<'py>,
    run: &Run,
    image: ArrayView4<'_, T>,
    fill: impl FnOnce(&mut [V], &Task) -> Result<()> + Send,
) -> PyResult<Bound<'py, PyArray4<V>>> {
    let new = PyArray4::zeros(py, image.dim(), false);
    let mut pixels = new.readwrite();
    let pixels = pixels.as_slice_mut()?;
    detach(py, run, |task| fill(pixels, task))?;
    Ok(new)
}
