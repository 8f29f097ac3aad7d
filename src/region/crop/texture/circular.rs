//! How strongly the view of a 2D object varies at each frequency around the circle.

use std::sync::OnceLock;

use super::rays::ANGLES;

/// Number of frequencies; the highest possible one is not used.
const FREQUENCIES: usize = 125;

/// First frequency of each value, and the end of the last one.
pub(super) const BANDS: [usize; 21] = [
    0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 23, 28, 35, 43, 53, 66, 82, 101, 125,
];

/// Angles whose pairs p and 251 - p fold onto each other.
const HALF: usize = ANGLES / 2;

/// Cosine and sine of each frequency k at the angles p = 1, 2, …, HALF.
struct Waves(Vec<[[f64; 2]; HALF]>);

impl Waves {
    /// Built once: 250 kB.
    fn get() -> &'static Self {
        static WAVES: OnceLock<Waves> = OnceLock::new();
        WAVES.get_or_init(|| {
            let wave = |k: usize| {
                std::array::from_fn(|p| {
                    let turn = (k * (p + 1) % ANGLES) as f64 / ANGLES as f64;
                    let angle = turn * 2.0 * std::f64::consts::PI;
                    [angle.cos(), angle.sin()]
                })
            };
            Self((0..FREQUENCIES).map(wave).collect())
        })
    }
}

/// Twice the squared amplitude of each frequency.
pub(super) fn power(view: &[f64]) -> [f64; FREQUENCIES] {
    let waves = Waves::get();
    let pairs: [[f64; 2]; HALF] = std::array::from_fn(|p| {
        let (a, b) = (view[p + 1], view[ANGLES - 1 - p]);
        [a + b, a - b]
    });
    let n = ANGLES as f64;
    std::array::from_fn(|k| {
        let mut amplitude = [view[0], 0.0];
        for (pair, wave) in pairs.iter().zip(&waves.0[k]) {
            amplitude[0] += pair[0] * wave[0];
            amplitude[1] += pair[1] * wave[1];
        }
        let [re, im] = amplitude;
        2.0 * (re * re + im * im) / (n * n)
    })
}
