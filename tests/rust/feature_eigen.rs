//! Eigenvectors: A v = λ v, orthonormal, in falling order, with the signs of EISPACK.

use objclass::region::eigen::symmetric;
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

#[test]
fn zero_and_identity_keep_the_axes() {
    assert_eq!(symmetric([[0.0; 2]; 2]).vectors, [[1.0, 0.0], [0.0, 1.0]]);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(symmetric(identity).vectors, identity);
}
