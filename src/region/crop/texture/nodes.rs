//! The latitudes of the rays: where the Legendre polynomial of degree 252 is zero.

use std::f64::consts::PI;

/// Number of latitudes, north to south.
pub(super) const LATITUDES: usize = 252;

/// Number of latitudes north of the equator; those south of it mirror them.
pub(super) const NORTH: usize = LATITUDES / 2;

/// A latitude for Gauss–Legendre quadrature on the sphere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Sine of the latitude.
    pub(super) x: f64,
    /// Weight; those of all latitudes, north and south, add up to 2.
    pub(super) weight: f64,
}

/// The northern latitudes, north first.
pub(super) fn north() -> [Node; NORTH] {
    std::array::from_fn(root)
}

/// Root `t` of the polynomial, largest first, by Newton's method.
fn root(t: usize) -> Node {
    let n = LATITUDES as f64;
    let mut x = (PI * (t as f64 + 0.75) / (n + 0.5)).cos();
    for _ in 0..6 {
        let (value, slope) = polynomial(x);
        x -= value / slope;
    }
    let (_, slope) = polynomial(x);
    Node {
        x,
        weight: 2.0 / ((1.0 - x * x) * slope * slope),
    }
}

/// Value and slope of the polynomial at `x`.
fn polynomial(x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for l in 2..=LATITUDES {
        let l = l as f64;
        let next = ((2.0 * l - 1.0) * x * value - (l - 1.0) * before) / l;
        (before, value) = (value, next);
    }
    let slope = LATITUDES as f64 * (before - x * value) / (1.0 - x * x);
    (value, slope)
}
