//! The text of CSV files for Python.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::detach::{detach, Run};
use crate::csv::{self, Column};

/// A column of a table.
#[derive(FromPyObject)]
pub(crate) enum ColumnArray<'py> {
    F32(PyReadonlyArray1<'py, f32>),
    F64(PyReadonlyArray1<'py, f64>),
    I64(PyReadonlyArray1<'py, i64>),
    U64(PyReadonlyArray1<'py, u64>),
    Text(Vec<String>),
}

/// Rows as UTF-8, in pieces.
#[pyfunction]
pub(crate) fn csv_rows<'py>(
    py: Python<'py>,
    run: &Run,
    columns: Vec<ColumnArray<'py>>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let views: Vec<_> = columns.iter().map(view).collect();
    let pieces = detach(py, run, |task| csv::rows(&views, task))?;
    Ok(pieces.iter().map(|piece| PyBytes::new(py, piece)).collect())
}

fn view<'a>(column: &'a ColumnArray<'_>) -> Column<'a> {
    match column {
        ColumnArray::F32(values) => Column::F32(values.as_array()),
        ColumnArray::F64(values) => Column::F64(values.as_array()),
        ColumnArray::I64(values) => Column::I64(values.as_array()),
        ColumnArray::U64(values) => Column::U64(values.as_array()),
        ColumnArray::Text(values) => Column::Text(values),
    }
}
