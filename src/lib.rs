//! Objects → features → labels → forest → predictions: the compute core of napari-objclass.
//!
//! The data flow, one folder a station, each depending only on those above it:
//!
//! ```text
//! pixels ──► label/    label image: connected components (ids in raster order), runs of rows, painting
//!              │
//!              ▼
//!            region/   ingredients per object: mergeable ones from a pass over label image and raw,
//!              │       others from the crop of the whole object
//!              │
//!              ▼
//!            feature/  the catalogue turns ingredients into the columns of a feature table
//!              │
//!              ▼
//!            learn/    annotated rows train a forest; the forest gives class, probability, uncertainty
//!              │
//!              ▼
//!            project/  settings, classes, annotations and forest on disk; a journal of every change
//! ```
//!
//! `csv` writes tables out; `block`, `error` and `task` serve all of them; `python` is the only folder that knows Python.
//! A whole image is a plan of one block: there is no second code path.

pub mod block;
pub mod csv;
pub mod error;
pub mod feature;
pub mod label;
pub mod learn;
pub mod project;
pub mod region;
pub mod task;

#[cfg(feature = "python")]
mod python;
