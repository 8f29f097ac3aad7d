//! Eigenvectors: A v = λ v, orthonormal, in falling order, with the signs of EISPACK.

use objclass::region::eigen::{decompose, symmetric};
use proptest::prelude::*;

fn check<const N: usize>(matrix: [[f64; N]; N]) {
    let eigen = symmetric(matrix);
    let size = matrix.iter().flatten().fold(0.0f64, |m, x| m.max(x.abs()));
    for k in 0..N {
        assert!(k == 0 || eigen.values[k - 1] >= eigen.values[k]);
        for i in 0..N {
            let product: f64 = (0..N).map(|j| matrix[i][j] * eigen.vectors[j][k]).sum();
            let expected = eigen.values[k] * eigen.vectors[i][k];
            assert!((product - expected).abs() <= 1e-14 * size, "{matrix:?}");
        }
        for other in 0..=k {
            let dot: f64 = (0..N)
                .map(|i| eigen.vectors[i][k] * eigen.vectors[i][other])
                .sum();
            let expected = f64::from(u8::from(k == other));
            assert!((dot - expected).abs() <= 1e-14, "{matrix:?}");
        }
    }
}

/// An entry that is often 0 or equal to others.
fn entry() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        (-3i32..4).prop_map(f64::from),
        -1e3..1e3,
        -1e-9..1e-9
    ]
}

proptest! {
    #[test]
    fn two_by_two(a in entry(), b in entry(), c in entry()) {
        check([[a, b], [b, c]]);
    }

    #[test]
    fn three_by_three(
        a in entry(), b in entry(), c in entry(), d in entry(), e in entry(), f in entry(),
    ) {
        check([[a, b, c], [b, d, e], [c, e, f]]);
    }
}

proptest! {
    #[test]
    fn any_size(n in 0usize..12, entries in prop::collection::vec(entry(), 144)) {
        let matrix: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| entries[i.min(j) * 12 + i.max(j)]).collect())
            .collect();
        let (mut vectors, mut values) = (matrix.clone(), vec![0.0; n]);
        decompose(&mut vectors, &mut values, &mut vec![0.0; n]);
        let size = matrix.iter().flatten().fold(0.0f64, |m, x| m.max(x.abs()));
        for k in 0..n {
            prop_assert!(k == 0 || values[k - 1] >= values[k]);
            for i in 0..n {
                let product: f64 = (0..n).map(|j| matrix[i][j] * vectors[j][k]).sum();
                prop_assert!((product - values[k] * vectors[i][k]).abs() <= 1e-13 * size);
            }
        }
    }

    #[test]
    fn one_procedure_for_fixed_and_any_size(
        a in entry(), b in entry(), c in entry(), d in entry(), e in entry(), f in entry(),
    ) {
        let matrix = [[a, b, c], [b, d, e], [c, e, f]];
        let (mut vectors, mut values) = (matrix.map(Vec::from), [0.0; 3]);
        decompose(&mut vectors, &mut values, &mut [0.0; 3]);
        let fixed = symmetric(matrix);
        prop_assert_eq!(fixed.values, values);
        prop_assert_eq!(fixed.vectors.map(Vec::from), vectors);
    }
}

#[test]
fn numbers_at_the_ends_of_the_range_end() {
    for size in [
        0.0,
        5e-324,
        1e-320,
        1e-160,
        1e160,
        1e308,
        f64::INFINITY,
        f64::NAN,
    ] {
        let _ = symmetric([
            [size, 0.7 * size, size],
            [0.7 * size, size, 0.1 * size],
            [size, 0.1 * size, size],
        ]);
    }
}

#[test]
fn zero_and_identity_keep_the_axes() {
    assert_eq!(symmetric([[0.0; 2]; 2]).vectors, [[1.0, 0.0], [0.0, 1.0]]);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(symmetric(identity).vectors, identity);
}
