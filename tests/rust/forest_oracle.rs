//! The forest against linfa-trees, which walks trees by code of its own, and grows them by code of its own.

use linfa::prelude::*;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2};
use objclass::learn::{Missing, RandomForest};
use objclass::task::Task;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// Blobs of `n_classes` classes; a share of the values is missing: NaN, +inf or −inf.
fn blobs(seed: u64, n_rows: usize, n_columns: usize, missing: f64) -> (Array2<f32>, Array1<usize>) {
    const CLASSES: usize = 4;
    let mut random = StdRng::seed_from_u64(seed);
    let y = Array1::from_shape_fn(n_rows, |_| random.gen_range(0..CLASSES));
    let x = Array2::from_shape_fn((n_rows, n_columns), |(row, column)| {
        let spread: f32 = (0..4).map(|_| random.gen_range(-1.0..1.0)).sum();
        let centre = ((y[row] >> (column % 2)) & 1) as f32;
        if random.gen_bool(missing) {
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][random.gen_range(0..3)]
        } else {
            (centre + spread) * 10_f32.powi(column as i32 - 3)
        }
    });
    (x, y)
}

fn settled(x: &Array2<f32>, missing: f32) -> Array2<f32> {
    x.mapv(|value| if value.is_finite() { value } else { missing })
}

#[test]
fn linfa_walks_our_trees_to_the_same_class() {
    for (seed, missing, stand_in) in [(1, Missing::Last, f32::INFINITY), (2, Missing::Zero, 0.0)] {
        let (x, y) = blobs(seed, 300, 7, 0.1);
        let (unseen, _) = blobs(seed + 100, 2000, 7, 0.1);
        let train = Dataset::new(x, y);
        for seed in 0..12 {
            let params = RandomForest::params()
                .n_trees(1)
                .seed(seed)
                .missing(missing);
            let forest = params.fit(&train).expect("fits");
            let tree = &forest.to_linfa()[0];
            assert_eq!(
                tree.predict(&settled(&unseen, stand_in)),
                forest.predict(&unseen)
            );
        }
    }
}

#[test]
fn votes_of_the_linfa_trees_are_the_probabilities() {
    let (x, y) = blobs(5, 200, 9, 0.1);
    let (unseen, _) = blobs(6, 1000, 9, 0.1);
    let forest = RandomForest::params()
        .fit(&Dataset::new(x, y))
        .expect("fits");
    let mut votes = Array2::<f32>::zeros((unseen.nrows(), 4));
    for tree in forest.to_linfa() {
        let classes: Array1<usize> = tree.predict(&settled(&unseen, f32::INFINITY));
        for (row, &class) in classes.iter().enumerate() {
            votes[(row, class)] += 1.0;
        }
    }
    // Rows are distinct, so every leaf is pure and a vote is a probability of one.
    let probabilities = forest.predict_proba(unseen.view(), &Task::default());
    assert_eq!(probabilities.expect("predicts"), votes / 100.0);
}

/// Ranks of each column, which free linfa-trees from its absolute tolerance on ties.
fn ranked(x: &Array2<f32>) -> Array2<f32> {
    let mut ranks = x.clone();
    for mut column in ranks.columns_mut() {
        let mut sorted = column.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        column.mapv_inplace(|value| sorted.partition_point(|&other| other < value) as f32);
    }
    ranks
}

#[test]
fn a_single_tree_is_as_good_as_linfas() {
    let accuracy = |predicted: Array1<usize>, truth: &Array1<usize>| {
        let right = predicted.iter().zip(truth).filter(|(a, b)| a == b).count();
        right as f64 / truth.len() as f64
    };
    let (mut ours, mut theirs) = (0.0, 0.0);
    const REPEATS: u64 = 20;
    for seed in 0..REPEATS {
        let (x, y) = blobs(seed, 1200, 6, 0.0);
        let x = ranked(&x);
        let (train, test) = Dataset::new(x, y).split_with_ratio(0.25);
        let whole_tree = RandomForest::params()
            .n_trees(1)
            .bootstrap(false)
            .columns_per_node(6);
        let forest = whole_tree.fit(&train).expect("fits");
        let tree = DecisionTree::params().fit(&train).expect("fits");
        ours += accuracy(forest.predict(test.records()), test.targets());
        theirs += accuracy(tree.predict(test.records()), test.targets());
    }
    let difference = (ours - theirs) / REPEATS as f64;
    // 18,000 test rows: the standard error of the difference is below 0.005.
    assert!(difference > -0.01, "mean accuracy differs by {difference}");
}
