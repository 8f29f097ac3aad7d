//! The compiled module `napari_objclass._core`: its whole face on one screen.

mod convert;
mod detach;
mod error;
mod region;

/// Compute kernels; use them through `napari_objclass`, not directly.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::detach::{default_threads, CancelToken, Run};
    #[pymodule_export]
    use super::region::{feature_specs, measure};
}
