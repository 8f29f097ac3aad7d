//! What it costs to go some pixels along an axis: squared distances, in numbers as small as they fit.

use crate::block::Shape;

/// A squared distance.
pub(super) trait Squared: Copy + PartialOrd + std::fmt::Debug {
    /// Nothing.
    const ZERO: Self;
    /// Farther than any neighbourhood reaches.
    const FAR: Self;
    /// The nearest number to x².
    fn square(x: f64) -> Self;
    /// The sum, which never becomes less than either.
    fn plus(self, other: Self) -> Self;
}

/// Margins of up to this fit 16 bit when they are squared: sixteen pixels at a time on common processors.
pub(super) const SMALL: usize = 255;

impl Squared for u16 {
    const ZERO: Self = 0;
    const FAR: Self = Self::MAX;
    fn square(x: f64) -> Self {
        (x * x) as Self
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

/// Exact for margins below 2²⁶.
impl Squared for f64 {
    const ZERO: Self = 0.0;
    const FAR: Self = Self::INFINITY;
    fn square(x: f64) -> Self {
        x * x
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
}

/// How far a neighbourhood reaches.
#[derive(Debug)]
pub(super) struct Steps<T> {
    /// Squared distance of 0, 1, 2, … pixels along each axis, as far as it is less than `limit`.
    pub(super) axes: [Vec<T>; 3],
    /// All squared distances in the neighbourhood are less.
    pub(super) limit: T,
}

impl<T: Squared> Default for Steps<T> {
    fn default() -> Self {
        Self {
            axes: Default::default(),
            limit: T::ZERO,
        }
    }
}

impl<T: Squared> Steps<T> {
    /// Looks at the `margin` of an object in a box of `shape`.
    pub(super) fn update(&mut self, margin: Shape, shape: Shape) {
        let most = margin.into_iter().fold(1, usize::max);
        let limit = T::square(most as f64);
        self.limit = limit;
        for axis in 0..3 {
            let reach = if margin[axis] == 0 { 1 } else { shape[axis] };
            let unit = (most / margin[axis].max(1)) as f64;
            let squares = (0..reach).map(|pixels| pixels as f64 * unit);
            let near = squares.take_while(|&distance| distance < most as f64);
            self.axes[axis].clear();
            self.axes[axis].extend(near.map(T::square));
        }
    }
}
