//! One decision tree as a flat list of nodes, and the way of many rows down it.

use super::samples::Columns;

/// A question about one column, or the end of the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Node {
    /// Values up to and including `threshold` go to the next node, the others to node `right`.
    Split {
        column: u32,
        threshold: f32,
        right: u32,
    },
    /// The class frequencies in row `row` of the leaf table.
    Leaf { row: u32 },
}

/// Nodes in the order parent, left subtree, right subtree; leaves number their rows in that order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) leaves: Vec<f32>,
    pub(super) n_classes: usize,
}

impl Tree {
    /// Class frequencies of a leaf.
    pub(super) fn leaf(&self, row: u32) -> &[f32] {
        &self.leaves[row as usize * self.n_classes..][..self.n_classes]
    }

    /// Leads `rows` down the tree together and hands every leaf reached, with the rows that end there, to `visit`.
    ///
    /// A node is looked at once for all rows that pass it: half the time of walking row by row, and no need to round
    /// values to bins, which takes longer than it saves.
    /// `rows` is left in another order.
    pub(super) fn descend(
        &self,
        columns: &Columns,
        rows: &mut [u32],
        mut visit: impl FnMut(&[f32], &[u32]),
    ) {
        let mut pending = vec![(0, 0, rows.len())];
        while let Some((node, start, end)) = pending.pop() {
            if start == end {
                continue;
            }
            match self.nodes[node] {
                Node::Leaf { row } => visit(self.leaf(row), &rows[start..end]),
                Node::Split {
                    column,
                    threshold,
                    right,
                } => {
                    let values = columns.column(column);
                    let middle =
                        start + partition(&mut rows[start..end], |row| values[row] <= threshold);
                    pending.push((right as usize, middle, end));
                    pending.push((node + 1, start, middle));
                }
            }
        }
    }
}

/// Moves the rows that go left to the front and counts them.
///
/// Every row is swapped, only the count depends on the answer: a branch would be guessed wrong half of the time.
pub(super) fn partition(rows: &mut [u32], goes_left: impl Fn(usize) -> bool) -> usize {
    let mut n_left = 0;
    for i in 0..rows.len() {
        let row = rows[i] as usize;
        rows.swap(i, n_left);
        n_left += usize::from(goes_left(row));
    }
    n_left
}
