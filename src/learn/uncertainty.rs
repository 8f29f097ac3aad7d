//! How close the second best class comes to the best.

use ndarray::{Array1, ArrayView1, ArrayView2, NdFloat};

/// 1 − (largest − second largest) of each row: 0 is certain, 1 is a tie.
///
/// With one class there is no second one and the result is 0; a row with a NaN gives NaN.
#[must_use]
pub fn uncertainty<T: NdFloat>(probabilities: ArrayView2<'_, T>) -> Array1<T> {
    probabilities.outer_iter().map(of_row).collect()
}

fn of_row<T: NdFloat>(probabilities: ArrayView1<'_, T>) -> T {
    if probabilities.iter().any(|p| p.is_nan()) {
        return T::nan();
    }
    if probabilities.len() < 2 {
        return T::zero();
    }
    let (mut first, mut second) = (T::neg_infinity(), T::neg_infinity());
    for &p in &probabilities {
        if p > first {
            (first, second) = (p, first);
        } else if p > second {
            second = p;
        }
    }
    T::one() - (first - second)
}
