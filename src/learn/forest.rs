//! The random forest in linfa's words: checked parameters, `Fit`, `Predict`, and genuine linfa-trees on request.

use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::{Fit, PredictInplace};
use linfa::ParamGuard;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix2};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde_json::{json, Value};

use super::grow::{bootstrap, grow, Grown};
use super::out_of_bag;
use super::predict::{probabilities, winner};
use super::samples::{Missing, Samples};
use super::tree::{Node, Tree};
use crate::error::{Error, Result};
use crate::task::Task;

/// Parameters of a forest, checked by [`ParamGuard::check`]; the defaults are ilastik's.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomForestParams(RandomForestValidParams);

/// Checked parameters of a forest.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomForestValidParams {
    n_trees: usize,
    columns_per_node: Option<usize>,
    bootstrap: bool,
    seed: u64,
    missing: Missing,
}

impl RandomForestParams {
    /// Number of trees (100).
    #[must_use]
    pub fn n_trees(mut self, n_trees: usize) -> Self {
        self.0.n_trees = n_trees;
        self
    }

    /// Columns tried at each node, more while all of them are constant there (the rounded square root of their number).
    #[must_use]
    pub fn columns_per_node(mut self, columns: usize) -> Self {
        self.0.columns_per_node = Some(columns);
        self
    }

    /// Whether each tree grows on as many rows as there are, drawn with replacement (true), or on all of them.
    #[must_use]
    pub fn bootstrap(mut self, bootstrap: bool) -> Self {
        self.0.bootstrap = bootstrap;
        self
    }

    /// Start of the random stream (0); the same seed gives the same forest, on any number of threads.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// What [`Fit::fit`] does with missing values ([`Missing::Last`]).
    #[must_use]
    pub fn missing(mut self, missing: Missing) -> Self {
        self.0.missing = missing;
        self
    }
}

impl ParamGuard for RandomForestParams {
    type Checked = RandomForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let complaint = if self.0.n_trees == 0 {
            "n_trees must be at least 1"
        } else if self.0.columns_per_node == Some(0) {
            "columns_per_node must be at least 1"
        } else {
            return Ok(&self.0);
        };
        Err(Error::Value(complaint.into()))
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Value(error.to_string())
    }
}

impl<D: Data<Elem = f32>, T: AsSingleTargets<Elem = usize>> Fit<ArrayBase<D, Ix2>, T, Error>
    for RandomForestValidParams
{
    type Object = RandomForest;

    /// Trains on targets 0, 1, …, the largest that occurs.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<RandomForest> {
        let y = dataset.as_single_targets().to_vec();
        let n_classes = y.iter().max().map_or(0, |&class| class + 1);
        let task = Task::default();
        let x = dataset.records().view();
        let samples = Samples::new(x, &y, n_classes, self.missing, &task)?;
        self.fit_samples(&samples, &task)
    }
}

impl RandomForestParams {
    /// Checks the parameters and trains on `samples`, see [`RandomForestValidParams::fit_samples`].
    ///
    /// # Errors
    /// [`Error::Value`] for a parameter out of range, [`Error::Cancelled`] when the task is stopped.
    pub fn fit_samples(&self, samples: &Samples, task: &Task) -> Result<RandomForest> {
        self.check_ref()?.fit_samples(samples, task)
    }
}

impl RandomForestValidParams {
    /// Trains on `samples`, on the threads of the pool this is called in; one step of `task` per tree.
    ///
    /// Each tree has a random stream of its own, 2¹²⁸ numbers away from the one before, so the forest is the same
    /// however the trees are shared out.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the task is stopped.
    pub fn fit_samples(&self, samples: &Samples, task: &Task) -> Result<RandomForest> {
        let n_tries = self
            .columns_per_node
            .unwrap_or_else(|| (samples.n_columns as f64).sqrt().round() as usize);
        let streams = self.streams();
        task.expect(self.n_trees);
        let grown: Result<Vec<Grown>> = streams
            .par_iter()
            .map(|stream| {
                let mut random = stream.clone();
                let weights = self.weights(samples.n_rows(), &mut random);
                let grown = grow(samples, &weights, n_tries, &mut random, task)?;
                task.advance()?;
                Ok(grown)
            })
            .collect();
        let (trees, importances): (Vec<Tree>, Vec<Vec<f64>>) =
            grown?.into_iter().map(|g| (g.tree, g.importances)).unzip();
        // Drawn a second time: keeping them would cost four bytes per tree and row.
        let weights = |mut stream| self.weights(samples.n_rows(), &mut stream);
        let asked = trees.iter().zip(streams.into_iter().map(weights));
        let oob_classes = out_of_bag::classes(samples, asked, task)?;
        Ok(RandomForest {
            oob_confusion: out_of_bag::confusion(samples, &oob_classes),
            oob_classes,
            importances: mean_importances(&importances),
            n_classes: samples.n_classes,
            missing: samples.missing,
            trees,
        })
    }

    /// One random stream per tree.
    fn streams(&self) -> Vec<Xoshiro256PlusPlus> {
        let mut stream = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let next = || {
            stream.jump();
            stream.clone()
        };
        std::iter::repeat_with(next).take(self.n_trees).collect()
    }

    fn weights(&self, n_rows: usize, random: &mut Xoshiro256PlusPlus) -> Vec<u32> {
        if self.bootstrap {
            bootstrap(n_rows, random)
        } else {
            vec![1; n_rows]
        }
    }
}

/// Mean over the trees, scaled to sum 1; all 0 when no tree has a split.
fn mean_importances(per_tree: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; per_tree[0].len()];
    for importances in per_tree {
        for (sum, share) in sum.iter_mut().zip(importances) {
            *sum += share;
        }
    }
    let total: f64 = sum.iter().sum();
    let scale = if total > 0.0 { total } else { 1.0 };
    sum.iter().map(|share| share / scale).collect()
}

/// A trained forest.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use objclass::learn::RandomForest;
///
/// let dataset = Dataset::new(array![[1.0_f32], [2.0], [8.0], [9.0]], array![0_usize, 0, 1, 1]);
/// let forest = RandomForest::params().n_trees(20).fit(&dataset).unwrap();
/// assert_eq!(forest.predict(&array![[0.0_f32], [10.0]]), array![0, 1]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RandomForest {
    pub(super) trees: Vec<Tree>,
    pub(super) n_classes: usize,
    pub(super) missing: Missing,
    pub(super) importances: Vec<f64>,
    pub(super) oob_classes: Vec<Option<u32>>,
    pub(super) oob_confusion: Array2<u64>,
}

impl RandomForest {
    /// Parameters to change and then to `fit`.
    #[must_use]
    pub fn params() -> RandomForestParams {
        RandomForestParams(RandomForestValidParams {
            n_trees: 100,
            columns_per_node: None,
            bootstrap: true,
            seed: 0,
            missing: Missing::Last,
        })
    }

    /// Probability of each class, (rows, classes): the mean over the trees of the class frequencies in the leaf reached.
    ///
    /// Runs on the threads of the pool it is called in; one step of `task` per block of rows.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` has another number of columns than the forest was trained on;
    /// [`Error::Cancelled`] when the task is stopped.
    pub fn predict_proba<T: Copy + Into<f64> + Sync>(
        &self,
        x: ArrayView2<'_, T>,
        task: &Task,
    ) -> Result<Array2<f32>> {
        let (given, expected) = (x.ncols(), self.n_columns());
        if given != expected {
            return Err(Error::Shape(format!(
                "X has {given} columns but the forest was trained on {expected}; give the columns of the training, in its order"
            )));
        }
        probabilities(&self.trees, self.n_classes, x, self.missing, task)
    }

    /// Number of columns it was trained on.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.importances.len()
    }

    /// Share of each column in the decrease of Gini impurity, mean over the trees; sums to 1 unless no tree has a split.
    #[must_use]
    pub fn importances(&self) -> &[f64] {
        &self.importances
    }

    /// Class of each training row by the trees that did not draw it, none where all did.
    ///
    /// Empty for a forest from arrays that were stored without.
    #[must_use]
    pub fn oob_classes(&self) -> &[Option<u32>] {
        &self.oob_classes
    }

    /// Training rows counted by (true class, class predicted by the trees that did not draw the row).
    #[must_use]
    pub fn oob_confusion(&self) -> &Array2<u64> {
        &self.oob_confusion
    }

    /// Share of the rows in [`Self::oob_confusion`] that are predicted wrong; NaN when it counts none.
    #[must_use]
    pub fn oob_error(&self) -> f64 {
        let right: u64 = self.oob_confusion.diag().sum();
        let counted: u64 = self.oob_confusion.sum();
        (counted - right) as f64 / counted as f64
    }

    /// The trees as linfa-trees, whose leaves keep only the most frequent class (the first of equals).
    ///
    /// linfa-trees send `x < split` left: the split is the next float above ours, and a missing value is given to them
    /// as [`Missing`] says: +inf or 0. `f32::MAX` itself is the one value they may send elsewhere.
    #[must_use]
    pub fn to_linfa(&self) -> Vec<DecisionTree<f32, usize>> {
        let convert = |tree: &Tree| {
            let tree =
                json!({"root_node": linfa_node(tree, 0, 0), "num_features": self.n_columns()});
            serde_json::from_value(tree).expect("the fields are those of linfa-trees")
        };
        self.trees.iter().map(convert).collect()
    }
}

fn linfa_node(tree: &Tree, node: usize, depth: usize) -> Value {
    let (column, split, prediction, children) = match tree.nodes[node] {
        Node::Leaf { row } => (0, 0.0, winner(tree.leaf(row).iter().copied()), None),
        Node::Split {
            column,
            threshold,
            right,
        } => {
            let children = [node + 1, right as usize].map(|i| linfa_node(tree, i, depth + 1));
            (column, next_up(threshold), 0, Some(children))
        }
    };
    let is_leaf = children.is_none();
    let [left, right] = children.unwrap_or_default();
    json!({
        "feature_idx": column, "feature_name": format!("feature-{column}"), "split_value": split,
        "impurity_decrease": 0.0, "left_child": left, "right_child": right, "leaf_node": is_leaf,
        "prediction": prediction, "depth": depth,
    })
}

/// The next larger float32; the largest stays.
fn next_up(value: f32) -> f32 {
    let next = if value == 0.0 {
        1
    } else if value > 0.0 {
        value.to_bits() + 1
    } else {
        value.to_bits() - 1
    };
    f32::from_bits(next).min(f32::MAX)
}

impl<D: Data<Elem = f32>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for RandomForest {
    /// The most probable class of each row, the first of equal ones.
    ///
    /// # Panics
    /// When `x` has another number of columns than the training data, or `y` another length than `x` has rows.
    fn predict_inplace(&self, x: &ArrayBase<D, Ix2>, y: &mut Array1<usize>) {
        assert_eq!(x.nrows(), y.len(), "one target per row");
        let probabilities = self
            .predict_proba(x.view(), &Task::default())
            .unwrap_or_else(|error| panic!("{error}"));
        for (y, row) in y.iter_mut().zip(probabilities.outer_iter()) {
            *y = winner(row.iter().copied());
        }
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(x.nrows())
    }
}
