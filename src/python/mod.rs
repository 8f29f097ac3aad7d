//! The compiled module `napari_objclass._core`: its whole face on one screen.

mod convert;
mod detach;
mod error;
mod label;
mod learn;
mod region;

/// Compute kernels; use them through `napari_objclass`, not directly.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::detach::{default_threads, CancelToken, Run};
    #[pymodule_export]
    use super::label::{connected_components, object_runs, paint};
    use super::learn::{fit_forest, uncertainty, Forest};
    use super::region::{feature_specs, measure};
}
