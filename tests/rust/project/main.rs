//! Tests of `project`: schema, file, journal, opening.
#![allow(clippy::unwrap_used, missing_docs)]

mod file;
mod journal;
mod opening;
mod sample;
mod schema;
