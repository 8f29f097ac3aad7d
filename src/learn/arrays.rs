//! A forest as plain arrays, the form in which it is stored, and the checks that let one be trusted again.

use std::ops::Range;

use ndarray::{s, Array2, ArrayView1, Axis};

use super::forest::RandomForest;
use super::samples::Missing;
use super::tree::{Node, Tree};
use crate::error::{Error, Result};

/// Mark of a leaf in [`ForestArrays::column`].
const LEAF: i32 = -1;

/// A forest as arrays; the nodes of all trees stand one after the other.
///
/// Within a tree a node is followed by its left subtree, then by its right subtree.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestArrays {
    /// Number of nodes of each tree.
    pub nodes_per_tree: Vec<u32>,
    /// Column asked at each node; −1 at a leaf.
    pub column: Vec<i32>,
    /// Largest value that goes left; 0 at a leaf.
    pub threshold: Vec<f32>,
    /// Right child, counted from the root of the tree; 0 at a leaf.
    pub right: Vec<u32>,
    /// Class frequencies of the leaves in the order of the nodes, (leaves, classes).
    pub leaf_frequencies: Array2<f32>,
    /// Importance of each column; its length is the number of columns.
    pub importances: Vec<f64>,
    /// Out-of-bag class of each training row, counted from 1; 0 where every tree drew the row. Empty if unknown.
    pub oob_classes: Vec<u32>,
    /// Out-of-bag counts, (classes, classes).
    pub oob_confusion: Array2<u64>,
    /// Where missing values go.
    pub missing: Missing,
}

impl From<&RandomForest> for ForestArrays {
    fn from(forest: &RandomForest) -> Self {
        let nodes: Vec<_> = forest.trees.iter().flat_map(|t| &t.nodes).collect();
        let split = |node: &Node| match *node {
            Node::Leaf { .. } => (LEAF, 0.0, 0),
            Node::Split {
                column,
                threshold,
                right,
            } => (column as i32, threshold, right),
        };
        let number = |class: &Option<u32>| class.map_or(0, |class| class + 1);
        let leaves = forest.trees.iter().flat_map(|t| &t.leaves);
        let leaves: Vec<f32> = leaves.copied().collect();
        let shape = (leaves.len() / forest.n_classes, forest.n_classes);
        Self {
            nodes_per_tree: forest.trees.iter().map(|t| t.nodes.len() as u32).collect(),
            column: nodes.iter().map(|node| split(node).0).collect(),
            threshold: nodes.iter().map(|node| split(node).1).collect(),
            right: nodes.iter().map(|node| split(node).2).collect(),
            leaf_frequencies: Array2::from_shape_vec(shape, leaves)
                .expect("every leaf has one frequency per class"),
            importances: forest.importances.clone(),
            oob_classes: forest.oob_classes.iter().map(number).collect(),
            oob_confusion: forest.oob_confusion.clone(),
            missing: forest.missing,
        }
    }
}

impl TryFrom<ForestArrays> for RandomForest {
    type Error = Error;

    /// # Errors
    /// [`Error::Value`] when the arrays do not describe a forest; what passes can neither loop nor leave its arrays.
    fn try_from(arrays: ForestArrays) -> Result<Self> {
        check_lengths(&arrays)?;
        let mut trees: Vec<Tree> = Vec::with_capacity(arrays.nodes_per_tree.len());
        let (mut node, mut leaf) = (0, 0);
        for &n_nodes in &arrays.nodes_per_tree {
            let next = node + n_nodes as usize;
            let tree = read_tree(&arrays, node..next, leaf)?;
            leaf += tree.leaves.len() / tree.n_classes;
            node = next;
            trees.push(tree);
        }
        let numbers = arrays.oob_classes.into_iter();
        Ok(Self {
            trees,
            n_classes: arrays.leaf_frequencies.ncols(),
            missing: arrays.missing,
            importances: arrays.importances,
            oob_classes: numbers.map(|number| number.checked_sub(1)).collect(),
            oob_confusion: arrays.oob_confusion,
        })
    }
}

fn corrupt(what: &str) -> Error {
    Error::Value(format!(
        "the stored forest is damaged ({what}); train it again"
    ))
}

fn check_lengths(arrays: &ForestArrays) -> Result<()> {
    let n_nodes = arrays.column.len();
    let stated = arrays.nodes_per_tree.iter().map(|&n| n as usize).sum();
    if [arrays.threshold.len(), arrays.right.len(), stated] != [n_nodes; 3] {
        return Err(corrupt("its node arrays differ in length"));
    }
    if arrays.nodes_per_tree.is_empty() {
        return Err(corrupt("it has no trees"));
    }
    if arrays.importances.is_empty() {
        return Err(corrupt("it has no columns"));
    }
    let (n_leaves, n_classes) = arrays.leaf_frequencies.dim();
    if n_leaves != arrays.column.iter().filter(|&&c| c == LEAF).count() {
        return Err(corrupt("leaf_frequencies has not one row per leaf"));
    }
    if n_classes == 0 || arrays.oob_confusion.dim() != (n_classes, n_classes) {
        return Err(corrupt(
            "oob_confusion and leaf_frequencies differ in classes",
        ));
    }
    let found: Vec<u64> = (1..=n_classes as u32)
        .map(|class| arrays.oob_classes.iter().filter(|&&c| c == class).count() as u64)
        .collect();
    let stray = arrays.oob_classes.iter().any(|&c| c as usize > n_classes);
    let counted = arrays.oob_confusion.sum_axis(Axis(0)).to_vec();
    if stray || !(arrays.oob_classes.is_empty() || found == counted) {
        return Err(corrupt("oob_classes and oob_confusion differ"));
    }
    let adds_up = |leaf: ArrayView1<'_, f32>| {
        leaf.iter().all(|&share| share >= 0.0) && (leaf.sum() - 1.0).abs() < 1e-4
    };
    if !arrays.leaf_frequencies.outer_iter().all(adds_up) {
        return Err(corrupt("the class frequencies of a leaf do not sum to 1"));
    }
    Ok(())
}

/// The tree of these nodes, whose leaves begin at row `first_leaf`.
///
/// A stack holds the nodes at which the right subtrees still to come must begin, so every node is proved to be
/// reached exactly once.
fn read_tree(arrays: &ForestArrays, place: Range<usize>, first_leaf: usize) -> Result<Tree> {
    let n_columns = arrays.importances.len();
    let mut awaited = vec![place.len()];
    let mut nodes = Vec::with_capacity(place.len());
    let mut n_leaves = 0;
    for (next, i) in (1..).zip(place) {
        if arrays.column[i] == LEAF {
            nodes.push(Node::Leaf { row: n_leaves });
            n_leaves += 1;
            if awaited.pop() != Some(next) {
                return Err(corrupt("a subtree does not end where the next one begins"));
            }
            continue;
        }
        let column = u32::try_from(arrays.column[i]).unwrap_or(u32::MAX);
        if column as usize >= n_columns || !arrays.threshold[i].is_finite() {
            return Err(corrupt(
                "a node asks for a column or value that is not there",
            ));
        }
        let (threshold, right) = (arrays.threshold[i], arrays.right[i]);
        nodes.push(Node::Split {
            column,
            threshold,
            right,
        });
        awaited.push(right as usize);
    }
    if !awaited.is_empty() {
        return Err(corrupt("a tree is incomplete"));
    }
    let leaves = s![first_leaf..first_leaf + n_leaves as usize, ..];
    Ok(Tree {
        nodes,
        leaves: arrays
            .leaf_frequencies
            .slice(leaves)
            .iter()
            .copied()
            .collect(),
        n_classes: arrays.leaf_frequencies.ncols(),
    })
}
