//! Label images for Python: connected components, painting, runs of objects.

use ndarray::ArrayView4;
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArray4, PyArrayMethods, PyReadonlyArray1,
    PyReadonlyArray4,
};
use pyo3::prelude::*;

use super::convert::{with_labels, with_values, LabelArray, ValueArray};
use super::detach::{detach, Run};
use crate::block::Block;
use crate::error::Result;
use crate::label::extract::{self, Place};
use crate::label::{components, diff, paint as painting};
use crate::task::Task;

/// Rows of changed runs, and of what was and is there.
type Changes<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray2<u64>>);

/// Rows of runs, and the number of rows of each object.
type ObjectRuns<'py> = (Bound<'py, PyArray2<i64>>, Bound<'py, PyArray1<i64>>);

/// Connected components of every frame of `image` (tzyx), by equality.
#[pyfunction]
pub(crate) fn connected_components<'py>(
    py: Python<'py>,
    run: &Run,
    image: LabelArray<'py>,
) -> PyResult<Bound<'py, PyArray4<u32>>> {
    with_labels!(image, |image| {
        let image = image.as_array();
        let (labels, ()) = new_image(py, run, image, |out, task| {
            components::connected_components(image, out, task)
        })?;
        Ok(labels)
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
            let (painted, ()) = new_image(py, run, labels, |out, task| {
                painting::paint(labels, &starts, ids, values, out, task)
            })?;
            Ok(painted.into_any())
        })
    })
}

/// Runs of objects of `labels` (tzyx): rows (z, y, x, length), object after object, and how many rows each has.
///
/// Object i has id `ids[i]`, is in frame `frames[i]`, and within `boxes[i]`: z0, y0, x0, z1, y1, x1.
#[pyfunction]
pub(crate) fn object_runs<'py>(
    py: Python<'py>,
    run: &Run,
    labels: LabelArray<'py>,
    frames: Vec<usize>,
    ids: Vec<u64>,
    boxes: Vec<[usize; 6]>,
) -> PyResult<ObjectRuns<'py>> {
    let places = places(frames, ids, boxes);
    let runs = with_labels!(labels, |labels| {
        let labels = labels.as_array();
        detach(py, run, |task| extract::object_runs(labels, &places, task))?
    });
    let counts: Vec<i64> = runs.iter().map(|own| own.len() as i64).collect();
    let rows: Vec<_> = runs
        .concat()
        .iter()
        .map(|run| run.map(|n| n as i64))
        .collect();
    Ok((
        ndarray::Array2::from(rows).into_pyarray(py),
        counts.into_pyarray(py),
    ))
}

/// Objects with the boxes (z0, y0, x0, z1, y1, x1) that they are in.
pub(super) fn places(frames: Vec<usize>, ids: Vec<u64>, boxes: Vec<[usize; 6]>) -> Vec<Place> {
    let objects = frames.into_iter().zip(ids).zip(boxes);
    objects
        .map(|((t, id), [z0, y0, x0, z1, y1, x1])| Place {
            t,
            id,
            bounds: Block {
                start: [z0, y0, x0],
                stop: [z1, y1, x1],
            },
        })
        .collect()
}

/// Where `after` differs from `before` (both tzyx and of one type): rows (t, z, y, x, length), and rows of the label
/// before and after.
#[pyfunction]
pub(crate) fn changed_runs<'py>(
    py: Python<'py>,
    run: &Run,
    before: LabelArray<'py>,
    after: &Bound<'py, PyAny>,
) -> PyResult<Changes<'py>> {
    let runs = with_labels!(before, |before| {
        let after = alike(&before, after)?;
        let (before, after) = (before.as_array(), after.as_array());
        detach(py, run, |task| diff::changed_runs(before, after, task))?
    });
    let places: Vec<_> = runs
        .iter()
        .map(|run| [run.t, run.z, run.y, run.x, run.length].map(|n| n as i64))
        .collect();
    let labels: Vec<_> = runs.iter().map(|run| [run.before, run.after]).collect();
    Ok((
        ndarray::Array2::from(places).into_pyarray(py),
        ndarray::Array2::from(labels).into_pyarray(py),
    ))
}

/// An array of the pixel type of another one.
fn alike<'py, T: Element>(
    _like: &PyReadonlyArray4<'py, T>,
    array: &Bound<'py, PyAny>,
) -> PyResult<PyReadonlyArray4<'py, T>> {
    array.extract()
}

/// A new image of the shape of `image`, filled by `fill`, which gets its pixels in C order, all 0; and what it returns.
pub(super) fn new_image<'py, T: Sync, V: Element + Send, R: Send>(
    py: Python<'py>,
    run: &Run,
    image: ArrayView4<'_, T>,
    fill: impl FnOnce(&mut [V], &Task) -> Result<R> + Send,
) -> PyResult<(Bound<'py, PyArray4<V>>, R)> {
    new_pixels(py, run, image.dim(), fill)
}

/// A new image of four axes, see [`new_image`].
pub(super) fn new_pixels<'py, V: Element + Send, R: Send>(
    py: Python<'py>,
    run: &Run,
    shape: (usize, usize, usize, usize),
    fill: impl FnOnce(&mut [V], &Task) -> Result<R> + Send,
) -> PyResult<(Bound<'py, PyArray4<V>>, R)> {
    let new = PyArray4::zeros(py, shape, false);
    let mut pixels = new.readwrite();
    let pixels = pixels.as_slice_mut()?;
    let result = detach(py, run, |task| fill(pixels, task))?;
    Ok((new, result))
}
