//! Grows one tree on a bootstrap sample until every leaf is pure or cannot be split.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::samples::Samples;
use super::split::{Split, SplitFinder};
use super::tree::{partition, Node, Tree};
use crate::error::Result;
use crate::task::Task;

/// How often each row is drawn when as many rows as there are are drawn with replacement.
pub(super) fn bootstrap(n_rows: usize, random: &mut Xoshiro256PlusPlus) -> Vec<u32> {
    let mut weights = vec![0; n_rows];
    for _ in 0..n_rows {
        weights[random.gen_range(0..n_rows)] += 1;
    }
    weights
}

/// A tree, and how much each column's splits lowered the Gini impurity (shares that sum to 1, or 0 without a split).
pub(super) struct Grown {
    pub(super) tree: Tree,
    pub(super) importances: Vec<f64>,
}

/// Grows a tree on the rows of positive weight, trying `n_tries` columns at each node.
///
/// # Errors
/// [`crate::error::Error::Cancelled`] when the task is stopped.
pub(super) fn grow(
    samples: &Samples,
    weights: &[u32],
    n_tries: usize,
    random: &mut Xoshiro256PlusPlus,
    task: &Task,
) -> Result<Grown> {
    let mut sapling = Sapling::new(samples, weights);
    let mut finder = SplitFinder::new(samples, weights, n_tries);
    let mut pending = vec![Pending {
        start: 0,
        end: sapling.rows.len(),
        parent: None,
    }];
    while let Some(node) = pending.pop() {
        task.check()?;
        sapling.attach(node.parent);
        let rows = &sapling.rows[node.start..node.end];
        let counts = sapling.class_weights(rows);
        let is_pure = counts.iter().filter(|&&n| n > 0).count() == 1;
        let split = if is_pure {
            None
        } else {
            finder.best(rows, &counts, random)
        };
        match split {
            None => sapling.close(&counts),
            Some(split) => pending.extend(sapling.fork(&node, &split, &counts)),
        }
    }
    Ok(sapling.finish())
}

/// Rows waiting for their node; `parent` is the split whose right side they are.
struct Pending {
    start: usize,
    end: usize,
    parent: Option<usize>,
}

/// A tree under construction.
struct Sapling<'a> {
    samples: &'a Samples,
    weights: &'a [u32],
    rows: Vec<u32>,
    tree: Tree,
    importances: Vec<f64>,
}

impl<'a> Sapling<'a> {
    fn new(samples: &'a Samples, weights: &'a [u32]) -> Self {
        let drawn = (0..).zip(weights).filter(|(_, &weight)| weight > 0);
        Self {
            samples,
            weights,
            rows: drawn.map(|(row, _)| row).collect(),
            tree: Tree {
                nodes: Vec::new(),
                leaves: Vec::new(),
                n_classes: samples.n_classes,
            },
            importances: vec![0.0; samples.n_columns],
        }
    }

    /// Makes the node to come the right child of `parent`.
    fn attach(&mut self, parent: Option<usize>) {
        let next = self.tree.nodes.len() as u32;
        if let Some(Node::Split { right, .. }) = parent.map(|i| &mut self.tree.nodes[i]) {
            *right = next;
        }
    }

    fn class_weights(&self, rows: &[u32]) -> Vec<u64> {
        let mut counts = vec![0; self.samples.n_classes];
        for &row in rows {
            let row = row as usize;
            counts[self.samples.classes[row] as usize] += u64::from(self.weights[row]);
        }
        counts
    }

    /// Ends here with a leaf of these class frequencies.
    fn close(&mut self, counts: &[u64]) {
        let total = counts.iter().sum::<u64>() as f64;
        let row = (self.tree.leaves.len() / counts.len()) as u32;
        self.tree.nodes.push(Node::Leaf { row });
        let frequencies = counts.iter().map(|&n| (n as f64 / total) as f32);
        self.tree.leaves.extend(frequencies);
    }

    /// Splits the rows of `node`; the sides are returned right first, so that the left one is popped next.
    fn fork(&mut self, node: &Pending, split: &Split, counts: &[u64]) -> [Pending; 2] {
        let total = counts.iter().sum::<u64>() as f64;
        let squares = counts.iter().map(|n| n * n).sum::<u64>() as f64;
        self.importances[split.column as usize] += split.purity - squares / total;
        let place = self.tree.nodes.len();
        self.tree.nodes.push(Node::Split {
            column: split.column,
            threshold: split.threshold,
            right: 0,
        });
        let ranks = self.samples.ranks(split.column);
        let rows = &mut self.rows[node.start..node.end];
        let middle = node.start + partition(rows, |row| ranks[row] <= split.rank);
        [
            Pending {
                start: middle,
                end: node.end,
                parent: Some(place),
            },
            Pending {
                start: node.start,
                end: middle,
                parent: None,
            },
        ]
    }

    fn finish(mut self) -> Grown {
        let total: f64 = self.importances.iter().sum();
        if total > 0.0 {
            self.importances
                .iter_mut()
                .for_each(|share| *share /= total);
        }
        Grown {
            tree: self.tree,
            importances: self.importances,
        }
    }
}
