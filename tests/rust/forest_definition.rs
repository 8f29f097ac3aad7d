//! Trees against the definition: every split is the purest of all possible ones, every leaf holds its rows' classes.

use std::collections::BTreeSet;

use linfa::prelude::*;
use ndarray::{Array1, Array2};
use objclass::learn::{ForestArrays, RandomForest};
use proptest::prelude::*;

const CLASSES: usize = 3;

/// Few distinct values, so that columns tie and rows of different classes coincide; infinity is a missing value.
fn rows() -> impl Strategy<Value = (Array2<f32>, Array1<usize>)> {
    let value = prop_oneof![6 => (-3_i8..3).prop_map(f32::from), 1 => Just(f32::INFINITY)];
    (1..25_usize, 1..5_usize).prop_flat_map(move |(n_rows, n_columns)| {
        let x = prop::collection::vec(value.clone(), n_rows * n_columns);
        let y = prop::collection::vec(0..CLASSES, n_rows);
        (x, y).prop_map(move |(x, y)| {
            let x = Array2::from_shape_vec((n_rows, n_columns), x).expect("as many values");
            (x, Array1::from(y))
        })
    })
}

/// One tree and the rows that it was grown on.
struct Grown {
    tree: ForestArrays,
    x: Array2<f32>,
    y: Array1<usize>,
}

impl Grown {
    fn counts(&self, rows: &[usize]) -> [u64; CLASSES] {
        let mut counts = [0; CLASSES];
        rows.iter().for_each(|&row| counts[self.y[row]] += 1);
        counts
    }

    /// Σ n² / n over the classes of some rows.
    fn purity(&self, rows: &[usize]) -> f64 {
        let squares: u64 = self.counts(rows).iter().map(|n| n * n).sum();
        squares as f64 / rows.len() as f64
    }

    fn part(&self, rows: &[usize], column: usize, threshold: f32) -> (Vec<usize>, Vec<usize>) {
        rows.iter()
            .partition(|&&row| self.x[(row, column)] <= threshold)
    }

    /// The largest purity that any question can reach; none when all rows are alike.
    fn best(&self, rows: &[usize]) -> Option<f64> {
        let split = |column, row: usize| {
            let (left, right) = self.part(rows, column, self.x[(row, column)]);
            (!right.is_empty()).then(|| self.purity(&left) + self.purity(&right))
        };
        let all = (0..self.x.ncols()).flat_map(|column| rows.iter().map(move |&row| (column, row)));
        all.filter_map(|(column, row)| split(column, row))
            .max_by(f64::total_cmp)
    }

    /// Checks the subtree of `node`, reached by `rows`; adds the decrease of impurity to its columns.
    fn check(&self, node: usize, rows: &[usize], decrease: &mut [f64]) {
        let best = self.best(rows);
        let classes: BTreeSet<usize> = rows.iter().map(|&row| self.y[row]).collect();
        let Ok(column) = usize::try_from(self.tree.column[node]) else {
            assert!(classes.len() == 1 || best.is_none(), "a leaf too early");
            let leaf = self.tree.column[..node].iter().filter(|&&c| c < 0).count();
            let shares = self
                .counts(rows)
                .map(|n| (n as f64 / rows.len() as f64) as f32);
            assert_eq!(self.tree.leaf_frequencies.row(leaf).to_vec(), shares);
            return;
        };
        let (left, right) = self.part(rows, column, self.tree.threshold[node]);
        let purity = self.purity(&left) + self.purity(&right);
        assert!(classes.len() > 1, "a pure node was split");
        assert!((purity - best.expect("rows differ")).abs() < 1e-12);
        decrease[column] += purity - self.purity(rows);
        self.check(node + 1, &left, decrease);
        self.check(self.tree.right[node] as usize, &right, decrease);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_tree_that_tries_all_columns_on_all_rows((x, y) in rows(), seed in any::<u64>()) {
        let params = RandomForest::params()
            .n_trees(1)
            .bootstrap(false)
            .columns_per_node(x.ncols())
            .seed(seed);
        // A last row of the last class, so that it always occurs.
        let x = ndarray::concatenate![ndarray::Axis(0), x, Array2::zeros((1, x.ncols()))];
        let y = ndarray::concatenate![ndarray::Axis(0), y, ndarray::array![CLASSES - 1]];
        let forest = params.fit(&Dataset::new(x.clone(), y.clone())).expect("fits");
        let all: Vec<usize> = (0..y.len()).collect();
        let mut decrease = vec![0.0; x.ncols()];
        let grown = Grown { tree: ForestArrays::from(&forest), x, y };
        grown.check(0, &all, &mut decrease);
        let total: f64 = decrease.iter().sum();
        for (&importance, decrease) in forest.importances().iter().zip(decrease) {
            let share = if total > 0.0 { decrease / total } else { 0.0 };
            prop_assert!((importance - share).abs() < 1e-12);
        }
    }
}
