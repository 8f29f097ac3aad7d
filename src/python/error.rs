//! Core errors become the exceptions of `napari_objclass.errors`.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::error::Error;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| raise(py, class_name(&error), error.to_string()))
    }
}

/// The exception class for each kind of error.
fn class_name(error: &Error) -> &'static str {
    match error {
        Error::Shape(_) => "ShapeError",
        Error::Value(_) => "ParameterError",
        Error::Feature(_) => "FeatureError",
        Error::Project(_) | Error::Damaged(_) => "ProjectError",
        Error::Locked(_) => "ProjectLockedError",
        Error::Io { .. } => "FileError",
        Error::Cancelled => "Cancelled",
    }
}

/// An exception of class `napari_objclass.errors.<name>`.
pub(crate) fn raise(py: Python<'_>, name: &str, message: String) -> PyErr {
    let class = py
        .import("napari_objclass.errors")
        .and_then(|module| module.getattr(name))
        .and_then(|class| Ok(class.cast_into::<PyType>()?));
    match class {
        Ok(class) => PyErr::from_type(class, message),
        Err(_) => PyRuntimeError::new_err(message),
    }
}
