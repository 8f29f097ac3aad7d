//! How deep below the brightest pixel of a frame each pixel lies, and how deep floods reach.

use super::super::rows::{map_steps, STEP};
use super::super::runs::Run;
use crate::error::Result;
use crate::task::Task;

/// The largest finite value of a frame in C order; −∞ without any. One pass.
pub(super) fn largest(
    values: &[f32],
    (nz, ny, nx): (usize, usize, usize),
    task: &Task,
) -> Result<f32> {
    let maxima = map_steps(nz * ny, task, |step| {
        let rest = &values[step * STEP * nx..];
        let rows = &rest[..rest.len().min(STEP * nx)];
        let finite = rows.iter().copied().filter(|value| value.is_finite());
        finite.fold(f32::NEG_INFINITY, f32::max)
    })?;
    Ok(maxima.into_iter().fold(f32::NEG_INFINITY, f32::max))
}

/// Depths of the pixels of a frame, or of a part of it.
pub(super) struct Relief<'a> {
    values: &'a [f32],
    /// Length of a row.
    nx: usize,
    max: f32,
    /// Deepest level that is flooded.
    stop: f32,
}

impl<'a> Relief<'a> {
    /// Depths of `values`, rows of `nx` pixels, below `max`, the largest finite value of their frame; floods reach those
    /// of `low`.
    pub(super) fn new(values: &'a [f32], nx: usize, max: f32, low: f32) -> Self {
        Self {
            values,
            nx,
            max,
            stop: (max - low).max(0.0),
        }
    }

    /// The depth of a pixel as a number whose order is that of depths, those of NaN last.
    #[inline]
    pub(super) fn level(&self, pixel: usize) -> u32 {
        let value = self.values[pixel];
        if value > self.max {
            return 0; // infinity
        }
        // The bits of floats without a sign are ordered as the floats are, NaN last.
        (self.max - value).abs().to_bits()
    }

    /// The deepest level that floods reach.
    pub(super) fn stop(&self) -> f32 {
        self.stop
    }

    /// Whether floods reach a level.
    #[inline]
    pub(super) fn reaches(&self, level: u32) -> bool {
        f32::from_bits(level) <= self.stop
    }

    /// Appends the runs of the pixels of a row that floods reach.
    pub(super) fn reached_runs(&self, row: usize, runs: &mut Vec<Run>) {
        let mut start = None;
        for x in 0..=self.nx {
            let reached = x < self.nx && self.reaches(self.level(row * self.nx + x));
            match start {
                None if reached => start = Some(x),
                Some(first) if !reached => {
                    runs.push(Run {
                        label: 1,
                        start: first as u32,
                        length: (x - first) as u32,
                    });
                    start = None;
                }
                _ => {}
            }
        }
    }
}
