//! One object as features see it, and the cells they fill.

use std::fmt;

use super::eigen::{self, Eigen};
use crate::region::{Geometry, Moments};

/// Everything collected about one object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Spatial dimensions of the image: 3, or 2 if it has one plane.
    pub n_dims: usize,
    /// Size, place and spread.
    pub geometry: &'a Geometry,
    /// Principal axes, if a feature asked for them.
    pub axes: Option<PrincipalAxes>,
    /// Intensities of each channel, if a feature asked for them.
    pub moments: &'a [Moments],
}

/// Principal axes of an object, longest first.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalAxes {
    /// Standard deviation of the coordinates along each axis.
    pub radii: [f64; 3],
    /// `vectors[coordinate][rank]`, coordinates in x, y, z order.
    pub vectors: [[f64; 3]; 3],
}

impl PrincipalAxes {
    /// The axes of an object in an image of `n_dims` dimensions.
    #[must_use]
    pub fn of(geometry: &Geometry, n_dims: usize) -> Self {
        let n = geometry.count as f64;
        // In x, y[, z] order, where the geometry has z, y, x.
        let entry = |a: usize, b: usize| geometry.scatter(2 - a, 2 - b);
        let (xx, xy, yy) = (entry(0, 0), entry(0, 1), entry(1, 1));
        if n_dims == 2 {
            return Self::from_eigen(&eigen::symmetric([[xx, xy], [xy, yy]]), n);
        }
        let (xz, yz, zz) = (entry(0, 2), entry(1, 2), entry(2, 2));
        let matrix = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
        Self::from_eigen(&eigen::symmetric(matrix), n)
    }

    fn from_eigen<const N: usize>(eigen: &Eigen<N>, n: f64) -> Self {
        let mut axes = Self {
            radii: [0.0; 3],
            vectors: [[0.0; 3]; 3],
        };
        for rank in 0..N {
            // A flat direction may come out as -1e-17.
            axes.radii[rank] = (eigen.values[rank].max(0.0) / n).sqrt();
        }
        for (to, from) in axes.vectors.iter_mut().zip(eigen.vectors) {
            to[..N].copy_from_slice(&from);
        }
        axes
    }
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The spread is 0 and the value is divided by it.
    Flat,
    /// This many pixels of the object are NaN or infinite in raw.
    NotFinite(u64),
    /// The value, or a power it is made of, is beyond the range of 64-bit floats.
    OutOfRange,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat => write!(f, "all pixels have the same intensity"),
            Self::NotFinite(1) => write!(f, "raw has 1 non-finite pixel"),
            Self::NotFinite(n) => write!(f, "raw has {n} non-finite pixels"),
            Self::OutOfRange => write!(
                f,
                "powers of the intensities are too large or too small for 64-bit floats"
            ),
        }
    }
}

/// A missing value of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Row of the table.
    pub row: usize,
    /// Column of the table.
    pub column: usize,
    /// Why.
    pub reason: Reason,
}

/// The values of one feature for one object, to be filled.
#[derive(Debug)]
pub struct Cells<'a> {
    /// The values, one per column of the feature.
    pub values: &'a mut [f64],
    /// Row of the object.
    pub row: usize,
    /// First column of the feature.
    pub column: usize,
    /// Collects what is missing.
    pub problems: &'a mut Vec<Problem>,
}

impl Cells<'_> {
    /// Sets value `place`; a missing one is NaN and leaves its reason.
    pub fn set(&mut self, place: usize, value: Result<f64, Reason>) {
        self.values[place] = value.unwrap_or_else(|reason| {
            self.problems.push(Problem {
                row: self.row,
                column: self.column + place,
                reason,
            });
            f64::NAN
        });
    }
}
