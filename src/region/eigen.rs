//! Eigenvalues and eigenvectors of a symmetric matrix: Householder reduction and implicit QL.
//!
//! These are the procedures `tred2` and `tql2` of EISPACK (Bowdler, Martin, Reinsch, Wilkinson, *Numerische
//! Mathematik* 11, 1968). Any method finds the same axes; this one also fixes their signs, and trained classifiers
//! depend on the signs.

use std::ops::IndexMut;

/// Eigenvalues in falling order; column k of the vectors belongs to value k.
#[derive(Clone, Copy, Debug)]
pub struct Eigen<const N: usize> {
    /// Eigenvalues.
    pub values: [f64; N],
    /// Unit eigenvectors, `vectors[coordinate][k]`.
    pub vectors: [[f64; N]; N],
}

/// Decomposes a symmetric matrix.
#[must_use]
pub fn symmetric<const N: usize>(matrix: [[f64; N]; N]) -> Eigen<N> {
    let mut vectors = matrix;
    let mut values = [0.0; N];
    decompose(&mut vectors, &mut values, &mut [0.0; N]);
    Eigen { values, vectors }
}

/// A row of a matrix.
pub trait MatrixRow: IndexMut<usize, Output = f64> {}

impl<T: IndexMut<usize, Output = f64>> MatrixRow for T {}

/// Replaces a symmetric matrix of any size by its eigenvectors, column k for value k in falling order.
///
/// `values` and `memory` have as many places as the matrix has rows.
#[inline(always)]
pub fn decompose<R: MatrixRow>(matrix: &mut [R], values: &mut [f64], memory: &mut [f64]) {
    if values.is_empty() {
        return;
    }
    tridiagonalise(matrix, values, memory);
    diagonalise(matrix, values, memory);
    sort(matrix, values);
}

/// `tred2`: v becomes the transformation to tridiagonal form with diagonal d and off-diagonal e[1..].
#[inline(always)]
fn tridiagonalise<R: MatrixRow>(v: &mut [R], d: &mut [f64], e: &mut [f64]) {
    let n = d.len();
    for (j, x) in d.iter_mut().enumerate() {
        *x = v[n - 1][j];
    }
    for i in (1..n).rev() {
        let scale: f64 = d[..i].iter().map(|x| x.abs()).sum();
        let mut h = 0.0;
        if scale == 0.0 {
            e[i] = d[i - 1];
            for j in 0..i {
                d[j] = v[i - 1][j];
                v[i][j] = 0.0;
                v[j][i] = 0.0;
            }
        } else {
            h = reflect(v, d, e, i, scale);
        }
        d[i] = h;
    }
    accumulate(v, d);
    e[0] = 0.0;
}

/// One Householder reflection of `tred2`, which clears row i left of its off-diagonal element.
#[inline(always)]
fn reflect<R: MatrixRow>(v: &mut [R], d: &mut [f64], e: &mut [f64], i: usize, scale: f64) -> f64 {
    let mut h = 0.0;
    for x in &mut d[..i] {
        *x /= scale;
        h += *x * *x;
    }
    let f = d[i - 1];
    let g = if f > 0.0 { -h.sqrt() } else { h.sqrt() };
    e[i] = scale * g;
    h -= f * g;
    d[i - 1] = f - g;
    e[..i].fill(0.0);
    for j in 0..i {
        let f = d[j];
        v[j][i] = f;
        let mut g = e[j] + v[j][j] * f;
        for k in j + 1..i {
            g += v[k][j] * d[k];
            e[k] += v[k][j] * f;
        }
        e[j] = g;
    }
    let mut f = 0.0;
    for j in 0..i {
        e[j] /= h;
        f += e[j] * d[j];
    }
    let half = f / (h + h);
    for j in 0..i {
        e[j] -= half * d[j];
    }
    for j in 0..i {
        let (f, g) = (d[j], e[j]);
        for k in j..i {
            v[k][j] -= f * e[k] + g * d[k];
        }
        d[j] = v[i - 1][j];
        v[i][j] = 0.0;
    }
    h
}

/// The product of the reflections of `tred2`.
#[inline(always)]
fn accumulate<R: MatrixRow>(v: &mut [R], d: &mut [f64]) {
    let n = d.len();
    for i in 0..n - 1 {
        v[n - 1][i] = v[i][i];
        v[i][i] = 1.0;
        let h = d[i + 1];
        if h != 0.0 {
            for k in 0..=i {
                d[k] = v[k][i + 1] / h;
            }
            for j in 0..=i {
                let g: f64 = (0..=i).map(|k| v[k][i + 1] * v[k][j]).sum();
                for k in 0..=i {
                    v[k][j] -= g * d[k];
                }
            }
        }
        for row in &mut v[..=i] {
            row[i + 1] = 0.0;
        }
    }
    let last = &mut v[n - 1];
    for (j, x) in d.iter_mut().enumerate() {
        *x = last[j];
        last[j] = 0.0;
    }
    last[n - 1] = 1.0;
}

/// `tql2`: turns the tridiagonal form into eigenvalues d and eigenvectors v.
#[inline(always)]
fn diagonalise<R: MatrixRow>(v: &mut [R], d: &mut [f64], e: &mut [f64]) {
    let n = d.len();
    e.rotate_left(1);
    e[n - 1] = 0.0;
    let mut shift = 0.0;
    let mut size = 0.0f64;
    for l in 0..n {
        size = size.max(d[l].abs() + e[l].abs());
        let small = f64::EPSILON * size;
        let m = (l..n - 1).find(|&m| e[m].abs() <= small).unwrap_or(n - 1);
        // Two or three steps do, except among numbers too small for 64 bits, where none would end it.
        let mut steps = 0..30;
        while m > l && e[l].abs() > small && steps.next().is_some() {
            shift += rotate(v, d, e, l, m);
        }
        d[l] += shift;
        e[l] = 0.0;
    }
}

/// One implicit QL step of `tql2` on the rows l..=m; returns the shift it took off the diagonal.
#[inline(always)]
fn rotate<R: MatrixRow>(v: &mut [R], d: &mut [f64], e: &mut [f64], l: usize, m: usize) -> f64 {
    let g = d[l];
    let p = (d[l + 1] - g) / (2.0 * e[l]);
    let r = length(p, 1.0) * if p < 0.0 { -1.0 } else { 1.0 };
    d[l] = e[l] / (p + r);
    d[l + 1] = e[l] * (p + r);
    let below = d[l + 1];
    let shift = g - d[l];
    for x in &mut d[l + 2..] {
        *x -= shift;
    }
    let mut p = d[m];
    let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
    let (mut s, mut s2) = (0.0, 0.0);
    let off = e[l + 1];
    for i in (l..m).rev() {
        (c3, c2, s2) = (c2, c, s);
        let (g, h) = (c * e[i], c * p);
        let r = length(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        for row in v.iter_mut() {
            let h = row[i + 1];
            row[i + 1] = s * row[i] + c * h;
            row[i] = c * row[i] - s * h;
        }
    }
    p = -s * s2 * c3 * off * e[l] / below;
    e[l] = s * p;
    d[l] = c * p;
    shift
}

/// √(a² + b²). Squares of coordinate sums cannot overflow, and unlike `hypot` this gives the same bits everywhere.
#[inline(always)]
fn length(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// Falling order of the values, by selection.
#[inline(always)]
fn sort<R: MatrixRow>(v: &mut [R], d: &mut [f64]) {
    let n = d.len();
    for i in 0..n {
        let mut largest = i;
        for j in i + 1..n {
            if d[j] > d[largest] {
                largest = j;
            }
        }
        d.swap(i, largest);
        for row in v.iter_mut() {
            (row[i], row[largest]) = (row[largest], row[i]);
        }
    }
}
