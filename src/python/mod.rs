//! The compiled module `napari_objclass._core`: its whole face on one screen.

mod blocks;
mod convert;
mod csv;
mod detach;
mod error;
mod flood;
mod label;
mod learn;
mod project;
mod region;
mod regions;
mod threshold;

/// Compute kernels; use them through `napari_objclass`, not directly.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::blocks::{BlockLabels, Sets};
    #[pymodule_export]
    use super::csv::csv_rows;
    #[pymodule_export]
    use super::detach::{default_threads, CancelToken, Run};
    #[pymodule_export]
    use super::flood::{flood_window, groups_block};
    #[pymodule_export]
    use super::label::{changed_runs, connected_components, object_runs, paint};
    #[pymodule_export]
    use super::learn::{fit_forest, uncertainty, Forest};
    #[pymodule_export]
    use super::project::{
        open_project, project_generation, read_journal, remove_project_leftovers, save_project,
        Journal, JournalContent, OpenedProject,
    };
    #[pymodule_export]
    use super::region::{feature_specs, measure};
    #[pymodule_export]
    use super::regions::{collect_block, count_block, finish_objects, Regions};
    #[pymodule_export]
    use super::threshold::{
        block_filled, block_gaps, smooth, smoothing_halo, threshold, threshold_block,
    };
}
