//! What the forest says about its own training rows, each row asked only of trees that never saw it.

use ndarray::Array2;

use super::predict::winner;
use super::samples::Samples;
use super::tree::Tree;
use crate::error::Result;
use crate::task::Task;

/// Class of each row by mean probability of the trees that did not draw it; none where every tree did.
///
/// `trees` come with the weights of the rows they were grown on.
///
/// # Errors
/// [`crate::error::Error::Cancelled`] when the task is stopped.
pub(super) fn classes<'a>(
    samples: &Samples,
    trees: impl Iterator<Item = (&'a Tree, Vec<u32>)>,
    task: &Task,
) -> Result<Vec<Option<u32>>> {
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
    let voted = votes.outer_iter();
    Ok(voted
        .map(|votes| (votes.sum() > 0.0).then(|| winner(votes.iter().copied()) as u32))
        .collect())
}

/// Counts rows by (true class, out-of-bag class); those without one are not counted.
pub(super) fn confusion(samples: &Samples, classes: &[Option<u32>]) -> Array2<u64> {
    let mut confusion = Array2::zeros((samples.n_classes, samples.n_classes));
    for (&class, found) in samples.classes.iter().zip(classes) {
        if let Some(found) = found {
            confusion[(class as usize, *found as usize)] += 1;
        }
    }
    confusion
}
