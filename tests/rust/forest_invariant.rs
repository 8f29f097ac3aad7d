//! What holds for every forest, whatever the data.

use linfa::prelude::*;
use ndarray::{Array1, Array2, Axis};
use objclass::error::Error;
use objclass::learn::{uncertainty, ForestArrays, Missing, RandomForest, Samples};
use objclass::task::{with_pool, Task};
use proptest::prelude::*;

/// Few distinct values, so that ties and rows that differ in their class only are common; some are missing.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => (-4_i8..4).prop_map(f32::from),
        4 => -1e3_f32..1e3,
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY)],
        1 => prop_oneof![Just(f32::MAX), Just(f32::MIN), Just(f32::MIN_POSITIVE), Just(-0.0)],
    ]
}

fn rows() -> impl Strategy<Value = (Array2<f32>, Array1<usize>)> {
    (1..40_usize, 1..6_usize).prop_flat_map(|(n_rows, n_columns)| {
        let x = prop::collection::vec(value(), n_rows * n_columns);
        let y = prop::collection::vec(0..3_usize, n_rows);
        (x, y).prop_map(move |(x, y)| {
            let x = Array2::from_shape_vec((n_rows, n_columns), x).expect("as many values");
            (x, Array1::from(y))
        })
    })
}

fn fit(x: &Array2<f32>, y: &Array1<usize>, missing: Missing) -> RandomForest {
    let samples =
        Samples::new(x.view(), &y.to_vec(), 3, missing, &Task::default()).expect("valid samples");
    let params = RandomForest::params().n_trees(15).seed(7);
    params
        .fit_samples(&samples, &Task::default())
        .expect("fits")
}

fn probabilities(forest: &RandomForest, x: &Array2<f32>) -> Array2<f32> {
    forest
        .predict_proba(x.view(), &Task::default())
        .expect("predicts")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn threads_do_not_matter((x, y) in rows()) {
        let on = |threads| {
            let work = || {
                let forest = fit(&x, &y, Missing::Last);
                let probabilities = probabilities(&forest, &x);
                (forest, probabilities)
            };
            with_pool(Some(threads), |pool| pool.install(work)).expect("starts")
        };
        let one = on(1);
        prop_assert_eq!(&on(2), &one);
        prop_assert_eq!(&on(5), &one);
    }

    #[test]
    fn probabilities_sum_to_one((x, y) in rows()) {
        for sum in probabilities(&fit(&x, &y, Missing::Last), &x).sum_axis(Axis(1)) {
            prop_assert!((sum - 1.0).abs() <= 4.0 * f32::EPSILON);
        }
    }

    #[test]
    fn scaling_by_a_power_of_two_changes_nothing((x, y) in rows(), shift in -60_i32..60) {
        let x = x.mapv(|value| if value.abs() > 1e4 || value.abs() < 1e-4 { value.signum() } else { value });
        let scaled = x.mapv(|value| value * 2_f32.powi(shift));
        let (plain, moved) = (fit(&x, &y, Missing::Last), fit(&scaled, &y, Missing::Last));
        prop_assert_eq!(probabilities(&plain, &x), probabilities(&moved, &scaled));
        prop_assert_eq!(plain.oob_confusion(), moved.oob_confusion());
        prop_assert_eq!(plain.importances(), moved.importances());
    }

    #[test]
    fn a_monotone_map_changes_nothing_for_the_rows_of_the_tree((x, y) in rows()) {
        // On all rows: a row left out may lie between two training values, where the place of the split matters.
        let x = x.mapv(|value| if value.is_finite() { value.clamp(-1e3, 1e3).round() } else { value });
        let cubed = x.mapv(|value| value.powi(3));
        let params = RandomForest::params().n_trees(15).bootstrap(false);
        let fit = |x: &Array2<f32>| params.fit(&Dataset::new(x.clone(), y.clone())).expect("fits");
        let (plain, moved) = (fit(&x), fit(&cubed));
        prop_assert_eq!(probabilities(&plain, &x), probabilities(&moved, &cubed));
        prop_assert_eq!(plain.importances(), moved.importances());
    }

    #[test]
    fn a_tree_on_all_rows_knows_them_all((x, y) in rows(), zero in any::<bool>()) {
        let missing = if zero { Missing::Zero } else { Missing::Last };
        let params = RandomForest::params().n_trees(1).bootstrap(false).missing(missing);
        let forest = params.fit(&Dataset::new(x.clone(), y.clone())).expect("fits");
        let stand_in = if zero { 0.0 } else { f32::INFINITY };
        let x = x.mapv(|value| if value.is_finite() { value } else { stand_in });
        for (row, &class) in x.outer_iter().zip(&y) {
            let twins = x.outer_iter().zip(&y).filter(|(other, _)| *other == row);
            let classes: Vec<usize> = twins.map(|(_, &class)| class).collect();
            let share = classes.iter().filter(|&&c| c == class).count() as f32 / classes.len() as f32;
            let p = probabilities(&forest, &row.to_owned().insert_axis(Axis(0)));
            prop_assert_eq!(p[(0, class)], share);
        }
    }

    #[test]
    fn all_kinds_of_missing_are_one((x, y) in rows()) {
        let nan = x.mapv(|value| if value.is_finite() { value } else { f32::NAN });
        for missing in [Missing::Last, Missing::Zero] {
            let forest = fit(&x, &y, missing);
            prop_assert_eq!(&forest, &fit(&nan, &y, missing));
            prop_assert_eq!(probabilities(&forest, &x), probabilities(&forest, &nan));
        }
    }

    #[test]
    fn arrays_bring_a_forest_back((x, y) in rows()) {
        let forest = fit(&x, &y, Missing::Last);
        let back = RandomForest::try_from(ForestArrays::from(&forest)).expect("valid arrays");
        prop_assert_eq!(back, forest);
    }

    #[test]
    fn damaged_arrays_are_refused_or_harmless(
        (x, y) in rows(), place in any::<prop::sample::Index>(), which in 0..7, value in any::<i32>(),
    ) {
        let mut arrays = ForestArrays::from(&fit(&x, &y, Missing::Last));
        let node = place.index(arrays.column.len());
        match which {
            6 => { let row = place.index(y.len()); arrays.oob_classes[row] = value as u32; }
            0 => arrays.column[node] = value,
            1 => arrays.right[node] = value as u32,
            2 => arrays.threshold[node] = f32::from_bits(value as u32),
            3 => { let tree = place.index(15); arrays.nodes_per_tree[tree] = value as u32; }
            4 => arrays.column.truncate(node),
            _ => { arrays.right.swap(node, 0); }
        }
        match RandomForest::try_from(arrays) {
            Ok(forest) => { probabilities(&forest, &x); }
            Err(error) => prop_assert!(matches!(error, Error::Value(_))),
        }
    }

    #[test]
    fn uncertainty_is_one_minus_the_margin(p in prop::collection::vec(prop::collection::vec(0.0_f64..1.0, 4), 1..20)) {
        let p = Array2::from_shape_fn((p.len(), 4), |(row, class)| p[row][class]);
        for (row, uncertain) in p.outer_iter().zip(uncertainty(p.view())) {
            let mut sorted = row.to_vec();
            sorted.sort_by(f64::total_cmp);
            prop_assert_eq!(uncertain, 1.0 - (sorted[3] - sorted[2]));
        }
    }
}

#[test]
fn a_stopped_task_stops_both() {
    let x = Array2::from_shape_fn((50, 3), |(i, j)| (i * (j + 1)) as f32);
    let y: Vec<usize> = (0..50).map(|i| i % 3).collect();
    let samples =
        Samples::new(x.view(), &y, 3, Missing::Last, &Task::default()).expect("valid samples");
    let params = RandomForest::params();
    let forest = params
        .fit_samples(&samples, &Task::default())
        .expect("fits");
    let stopped = Task::default();
    stopped.stop();
    assert!(matches!(
        params.fit_samples(&samples, &stopped),
        Err(Error::Cancelled)
    ));
    assert!(matches!(
        forest.predict_proba(x.view(), &stopped),
        Err(Error::Cancelled)
    ));
}

#[test]
fn parameters_are_checked() {
    let dataset = Dataset::new(Array2::<f32>::zeros((2, 1)), Array1::from(vec![0_usize, 1]));
    let refused = [
        RandomForest::params().n_trees(0),
        RandomForest::params().columns_per_node(0),
    ];
    for params in refused {
        assert!(matches!(params.fit(&dataset), Err(Error::Value(_))));
    }
}
