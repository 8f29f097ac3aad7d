//! Label images for Python: connected components, painting, runs of objects.

use ndarray::{ArrayView3, ArrayView4, Axis};
use numpy::{Element, IntoPyArray, PyArray2, PyArray4, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use super::convert::{with_labels, with_values, zeros, LabelArray, ValueArray};
use super::detach::{detach, Run};
use crate::error::{Error, Result};
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
        write_frames(py, run, image.as_array(), |_, frame, out, task| {
            components::connected_components(frame, out, task)
        })
    })
}

/// Image (tzyx) with `values[i]` on object `ids[i]`, 0 elsewhere.
///
/// The objects of frame t are rows `starts[t]..starts[t + 1]` of `ids` and `values`.
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
            let painted = write_frames(py, run, labels.as_array(), |t, frame, out, task| {
                let rows = rows_of_frame(&starts, t, ids.len().min(values.len()))?;
                painting::paint(frame, &ids[rows.clone()], &values[rows], out, task)
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

fn rows_of_frame(starts: &[usize], t: usize, n: usize) -> Result<std::ops::Range<usize>> {
    match starts.get(t..t + 2) {
        Some(&[start, end]) if start <= end && end <= n => Ok(start..end),
        _ => Err(Error::Shape(format!(
            "the rows of frame {t} are not among the {n} rows given"
        ))),
    }
}

/// A new image of the shape of `image`, written frame by frame.
fn write_frames<'py, T: Sync, V: Element + Send>(
    py: Python<'py>,
    run: &Run,
    image: ArrayView4<'_, T>,
    write: impl Fn(usize, ArrayView3<'_, T>, &mut [V], &Task) -> Result<()> + Sync,
) -> PyResult<Bound<'py, PyArray4<V>>> {
    let painted = zeros(py, image.dim());
    {
        let mut pixels = painted.readwrite();
        let pixels = pixels.as_slice_mut()?;
        let size = (image.len() / image.dim().0.max(1)).max(1);
        detach(py, run, |task| {
            let frames = image.outer_iter().zip(pixels.chunks_mut(size));
            frames
                .enumerate()
                .try_for_each(|(t, (frame, out))| write(t, frame, out, task))
        })?;
    }
    Ok(painted)
}
