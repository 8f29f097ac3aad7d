//! How strongly the view of a 3D object varies at each degree of the spherical harmonics.

use std::f64::consts::PI;
use std::sync::OnceLock;

use multiversion::multiversion;
use ndarray::linalg::general_mat_mul;
use ndarray::Array2;

use super::nodes::{north, LATITUDES, NORTH};
use super::rays::LONGITUDES;

/// Number of degrees, and of orders; the highest possible degree is not used.
const DEGREES: usize = 251;

/// First degree of each value, and the end of the last one.
pub(super) const BANDS: [usize; 21] = [
    0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 20, 26, 33, 43, 55, 71, 91, 118, 151, 195, 251,
];

/// Longitudes whose pairs p and 503 - p fold onto each other, and longitude 0.
const HALF: usize = LONGITUDES.div_ceil(2);

/// Northern latitudes, with room for whole vectors; those too many are 0.
const ROW: usize = NORTH.next_multiple_of(LANES);

/// Numbers summed at a time.
const LANES: usize = 16;

/// Smaller numbers are taken for 0: they change nothing, and computing with them is slow.
const TINY: f64 = 1e-30;

/// Constants of the transform: 17 MB, built once.
struct Tables {
    /// Cosine and sine of each order m (rows) at each folded longitude, divided by their number.
    waves: [Array2<f32>; 2],
    /// Associated Legendre functions of each order and each degree from it on, at the northern latitudes, weighted.
    legendre: Vec<[f32; ROW]>,
}

impl Tables {
    fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| Self {
            waves: [f64::cos, f64::sin].map(|wave| {
                Array2::from_shape_fn((DEGREES, HALF), |(m, p)| {
                    let turn = (m * p % LONGITUDES) as f64 / LONGITUDES as f64;
                    (wave(turn * 2.0 * PI) / LONGITUDES as f64) as f32
                })
            }),
            legendre: legendre(),
        })
    }
}

/// Legendre functions of unit mean square, order after order, by recurrence from degree to degree.
fn legendre() -> Vec<[f32; ROW]> {
    let nodes = north();
    let weighted = |values: &[f64; NORTH]| {
        std::array::from_fn(|t| match nodes.get(t) {
            Some(node) if values[t].abs() > TINY => (node.weight / 2.0 * values[t]) as f32,
            _ => 0.0,
        })
    };
    let mut table = Vec::with_capacity(DEGREES * (DEGREES + 1) / 2);
    let mut sectoral = [1.0; NORTH];
    for m in 0..DEGREES {
        let order = m as f64;
        if m > 0 {
            let factor = ((2.0 * order + 1.0) / (2.0 * order)).sqrt();
            for (value, node) in sectoral.iter_mut().zip(&nodes) {
                *value *= (1.0 - node.x * node.x).sqrt() * factor;
            }
        }
        let (mut before, mut values) = ([0.0; NORTH], sectoral);
        table.push(weighted(&values));
        for l in m + 1..DEGREES {
            let [a, b] = recurrence(l as f64, order);
            for ((value, before), node) in values.iter_mut().zip(&mut before).zip(&nodes) {
                let next = a * node.x * *value - b * *before;
                (*before, *value) = (*value, next);
            }
            table.push(weighted(&values));
        }
    }
    table
}

/// Factors of P(l - 1, m) x and of P(l - 2, m) in P(l, m).
fn recurrence(l: f64, m: f64) -> [f64; 2] {
    let both = (l - m) * (l + m);
    let a = ((2.0 * l + 1.0) * (2.0 * l - 1.0) / both).sqrt();
    if l - m < 2.0 {
        return [a, 0.0];
    }
    let b = (2.0 * l + 1.0) * (l - 1.0 - m) * (l - 1.0 + m) / ((2.0 * l - 3.0) * both);
    [a, b.sqrt()]
}

/// Power of each degree; its working memory is kept.
#[derive(Debug, Default)]
pub(super) struct Harmonics {
    /// Values folded along longitude, even and odd; along latitude, even and then odd.
    folded: [Array2<f32>; 2],
    /// Real and imaginary parts: orders by latitudes as in `folded`.
    parts: [Array2<f32>; 2],
}

impl Harmonics {
    /// The mean square over the sphere of what each degree has of the view.
    pub(super) fn power(&mut self, view: &[f64]) -> [f64; DEGREES] {
        let tables = Tables::get();
        if self.folded[0].is_empty() {
            self.folded = [(); 2].map(|()| Array2::zeros((2 * ROW, HALF)));
            self.parts = [(); 2].map(|()| Array2::zeros((DEGREES, 2 * ROW)));
        }
        self.fold(view);
        for ((waves, folded), part) in tables.waves.iter().zip(&self.folded).zip(&mut self.parts) {
            general_mat_mul(1.0, waves, &folded.t(), 0.0, part);
        }
        let mut power = [0.0; DEGREES];
        let mut functions = &tables.legendre[..];
        let [re, im] = &self.parts;
        for (m, (re, im)) in re.rows().into_iter().zip(im.rows()).enumerate() {
            let (own, rest) = functions.split_at(DEGREES - m);
            functions = rest;
            if let (Some(re), Some(im)) = (re.to_slice(), im.to_slice()) {
                add_order(own, re, im, if m == 0 { 1.0 } else { 2.0 }, &mut power[m..]);
            }
        }
        power
    }

    /// Adds and subtracts what lies opposite along longitude and latitude: half the products are left.
    fn fold(&mut self, view: &[f64]) {
        let [even, odd] = &mut self.folded;
        for t in 0..NORTH {
            let [north, south] =
                [t, LATITUDES - 1 - t].map(|t| &view[t * LONGITUDES..][..LONGITUDES]);
            for p in 0..HALF {
                let [a, c] = [north[p], south[p]];
                let [b, d] = match p {
                    0 => [0.0; 2],
                    _ => [north[LONGITUDES - p], south[LONGITUDES - p]],
                };
                even[[t, p]] = (a + b + c + d) as f32;
                even[[ROW + t, p]] = (a + b - c - d) as f32;
                odd[[t, p]] = (a - b + c - d) as f32;
                odd[[ROW + t, p]] = (a - b - c + d) as f32;
            }
        }
    }
}

/// Adds `times` the squares of the amplitudes of one order to the powers of the degrees from it on.
#[multiversion(targets("x86_64+avx2"))]
fn add_order(functions: &[[f32; ROW]], re: &[f32], im: &[f32], times: f64, power: &mut [f64]) {
    let mut even_then_odd = [0, ROW].into_iter().cycle();
    for (function, power) in functions.iter().zip(power) {
        let start = even_then_odd.next().unwrap_or(0);
        let [mut a, mut b] = [[0.0f32; LANES]; 2];
        let parts = re[start..][..ROW]
            .chunks_exact(LANES)
            .zip(im[start..][..ROW].chunks_exact(LANES));
        for (function, (re, im)) in function.chunks_exact(LANES).zip(parts) {
            for lane in 0..LANES {
                a[lane] += function[lane] * re[lane];
                b[lane] += function[lane] * im[lane];
            }
        }
        let [a, b] = [a, b].map(|lanes| lanes.iter().map(|&v| f64::from(v)).sum::<f64>());
        *power += times * (a * a + b * b);
    }
}
