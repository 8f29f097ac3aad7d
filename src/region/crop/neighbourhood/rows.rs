//! The runs of a neighbourhood and of its object, row by row.

use super::distance::{Distances, AROUND, OWN};
use super::steps::SMALL;
use crate::error::Result;
use crate::label::runs::{find_runs, Run};
use crate::region::crop::Crop;
use crate::task::Task;

/// All rows of an object's surroundings that hold any of it; keeps its memory between objects.
#[derive(Debug, Default)]
pub(super) struct Rows {
    small: Distances<u16>,
    large: Distances<f64>,
    runs: Vec<Run>,
    rows: Vec<Place>,
    memory: Vec<Run>,
}

/// Where the runs of a row are.
#[derive(Clone, Copy, Debug)]
struct Place {
    z: usize,
    y: usize,
    /// First run of the neighbourhood, first of the object, end.
    runs: [usize; 3],
}

/// One row; coordinates count from the start of [`Crop::outer`], and all runs have the label 1.
pub(super) struct Row<'a> {
    pub(super) z: usize,
    pub(super) y: usize,
    /// Runs of the neighbourhood.
    pub(super) around: &'a [Run],
    /// Runs of the object.
    pub(super) own: &'a [Run],
    /// Both.
    pub(super) all: &'a [Run],
}

impl Rows {
    /// Finds those of the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn find(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        let Self {
            small,
            large,
            runs,
            rows,
            memory,
        } = self;
        runs.clear();
        rows.clear();
        let found = |z, y, zones: &[u8]| {
            let start = runs.len();
            let all = find_runs(zones, memory);
            let mut add = |zone: u8| {
                let those = all.iter().filter(|run| run.label == u64::from(zone));
                runs.extend(those.map(|&run| Run { label: 1, ..run }));
                runs.len()
            };
            let (around, end) = (add(AROUND), add(OWN));
            if end > start {
                rows.push(Place {
                    z,
                    y,
                    runs: [start, around, end],
                });
            }
        };
        if crop.margin.iter().all(|&margin| margin <= SMALL) {
            small.visit(crop, task, found)
        } else {
            large.visit(crop, task, found)
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(
            |&Place {
                 z,
                 y,
                 runs: [start, around, end],
             }| Row {
                z,
                y,
                around: &self.runs[start..around],
                own: &self.runs[around..end],
                all: &self.runs[start..end],
            },
        )
    }
}
