//! What the forest says about its own training rows, each row asked only of trees that never saw it.

use ndarray::Array2;

use super::predict::winner;
use super::samples::Samples;
use super::tree::Tree;
use crate::error::Result;
use crate::task::Task;

/// Counts rows by (true class, class by mean probability of the trees that did not draw the row).
///
/// `trees` come with the weights of the rows they were grown on; rows that every tree drew are not counted.
///
/// # Errors
/// [`crate::error::Error::Cancelled`] when the task is stopped.
pub(super) fn confusion<'a>(
    samples: &Samples,
    trees: impl Iterator<Item = (&'a Tree, Vec<u32>)>,
    task: &Task,
) -> Result<Array2<u64>> {
    let mut votes = Array2::<f32>::zeros((samples.n_rows(), samples.n_classes));
    for (tree, weights) in trees {
        task.check()?;
        let unseen = (0..).zip(&weights).filter(|(_, &weight)| weight == 0);
        let mut rows: Vec<u32> = unseen.map(|(row, _)| row).collect();
        tree.descend(&samples.columns, &mut rows, |frequencies, rows| {
            for &row in rows {
                let mut votes = votes.row_mut(row as usize);
                for (vote, frequency) in votes.iter_mut().zip(frequencies) {
                    *vote += frequency;
                }
            }
        });
    }
    let mut confusion = Array2::zeros((samples.n_classes, samples.n_classes));
    for (votes, &class) in votes.outer_iter().zip(&samples.classes) {
        if votes.sum() > 0.0 {
            confusion[(class as usize, winner(votes.iter().copied()))] += 1;
        }
    }
    Ok(confusion)
}
