//! Tests of the core as its users see it; one binary, because linking takes longer than testing.
#![allow(clippy::unwrap_used, missing_docs)]

mod block_cover;
mod block_labels;
mod changed_runs;
mod feature_eigen;
mod feature_progress;
mod forest_definition;
mod forest_invariant;
mod forest_oracle;
mod histogram_merge;
mod label_flood;
mod label_holes;
mod project;
mod region_hull;
mod region_merge;
mod regions_plan;
mod skeleton_rules;
mod texture_rays;
