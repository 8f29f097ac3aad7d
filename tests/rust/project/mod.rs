//! Tests of `project`: schema, file, journal, opening.

mod file;
mod journal;
mod opening;
mod sample;
mod schema;
