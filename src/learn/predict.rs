//! Class probabilities of many rows, block after block.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::samples::{Columns, Missing};
use super::tree::Tree;
use crate::error::Result;
use crate::task::Task;

/// Rows that go down the trees together: many, so that each node is met by several of them, but few enough that their
/// columns stay in the second-level cache (1 MB).
fn block_rows(n_columns: usize) -> usize {
    (250_000 / n_columns).clamp(500, 4000)
}

/// Mean over `trees` of the class frequencies of the leaf where each row ends, (rows, classes).
///
/// # Errors
/// [`crate::error::Error::Cancelled`] when the task is stopped.
pub(super) fn probabilities<T: Copy + Into<f64> + Sync>(
    trees: &[Tree],
    n_classes: usize,
    x: ArrayView2<'_, T>,
    missing: Missing,
    task: &Task,
) -> Result<Array2<f32>> {
    let mut result = Array2::zeros((x.nrows(), n_classes));
    let size = block_rows(x.ncols());
    let blocks: Vec<_> = x
        .axis_chunks_iter(Axis(0), size)
        .zip(result.axis_chunks_iter_mut(Axis(0), size))
        .collect();
    task.expect(blocks.len());
    blocks.into_par_iter().try_for_each(|(rows, mut result)| {
        let votes = votes(trees, n_classes, &Columns::new(rows, missing));
        let n_trees = trees.len() as f32;
        result.assign(&votes.t());
        result /= n_trees;
        task.advance()
    })?;
    Ok(result)
}

/// Sum over the trees, (classes, rows): exact as long as leaves are pure.
fn votes(trees: &[Tree], n_classes: usize, columns: &Columns) -> Array2<f32> {
    let mut votes = Array2::<f32>::zeros((n_classes, columns.n_rows()));
    let all: Vec<u32> = (0..columns.n_rows() as u32).collect();
    let mut rows = all.clone();
    for tree in trees {
        rows.copy_from_slice(&all);
        tree.descend(columns, &mut rows, |frequencies, rows| {
            for (mut votes, &frequency) in votes.outer_iter_mut().zip(frequencies) {
                if frequency > 0.0 {
                    rows.iter()
                        .for_each(|&row| votes[row as usize] += frequency);
                }
            }
        });
    }
    votes
}

/// Position of the largest probability; the first of equal ones.
pub(super) fn winner(probabilities: impl IntoIterator<Item = f32>) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, probability) in probabilities.into_iter().enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    best.0
}
