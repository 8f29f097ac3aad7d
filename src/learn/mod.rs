//! Annotated rows train a random forest; the forest gives class, probability and uncertainty of every row.
//!
//! ```text
//! samples ──► split ──► grow ──► tree      training: ranks decide, one tree at a time
//!    │                            │
//!    └─► columns ─────────────────┴──► predict, out_of_bag ──► uncertainty
//! ```
//!
//! `forest` is the face of the folder, in the words of linfa; `arrays` is what is written to disk.
//! Every result is the same bit for bit whatever the number of threads.

mod arrays;
mod forest;
mod grow;
mod out_of_bag;
mod predict;
mod samples;
mod split;
mod tree;
mod uncertainty;

pub use arrays::ForestArrays;
pub use forest::{RandomForest, RandomForestParams, RandomForestValidParams};
pub use samples::{Missing, Samples};
pub use uncertainty::uncertainty;
