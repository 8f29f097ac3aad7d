//! Principal axes of the spread of an object's pixels.

use super::eigen::{self, Eigen};
use super::geometry::Geometry;

/// Principal axes of an object, longest first.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalAxes {
    /// Variance of the coordinates along each axis.
    pub variances: [f64; 3],
    /// Standard deviation of the coordinates along each axis.
    pub radii: [f64; 3],
    /// `vectors[coordinate][rank]`, coordinates in x, y, z order.
    pub vectors: [[f64; 3]; 3],
}

impl PrincipalAxes {
    /// The axes of an object in an image of `n_dims` dimensions.
    #[must_use]
    pub fn of(geometry: &Geometry, n_dims: usize) -> Self {
        // In x, y[, z] order, where the geometry has z, y, x.
        let entry = |a: usize, b: usize| geometry.scatter(2 - a, 2 - b);
        Self::of_scatter(entry, geometry.count as f64, n_dims)
    }

    /// The axes of a scatter matrix, given by its entries on and above the diagonal, of so much weight.
    #[must_use]
    pub fn of_scatter(entry: impl Fn(usize, usize) -> f64, weight: f64, n_dims: usize) -> Self {
        let (xx, xy, yy) = (entry(0, 0), entry(0, 1), entry(1, 1));
        if n_dims == 2 {
            return Self::from_eigen(&eigen::symmetric([[xx, xy], [xy, yy]]), weight);
        }
        let (xz, yz, zz) = (entry(0, 2), entry(1, 2), entry(2, 2));
        let matrix = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
        Self::from_eigen(&eigen::symmetric(matrix), weight)
    }

    fn from_eigen<const N: usize>(eigen: &Eigen<N>, n: f64) -> Self {
        let mut axes = Self {
            variances: [0.0; 3],
            radii: [0.0; 3],
            vectors: [[0.0; 3]; 3],
        };
        for rank in 0..N {
            // A flat direction may come out as -1e-17.
            axes.variances[rank] = eigen.values[rank].max(0.0) / n;
            axes.radii[rank] = axes.variances[rank].sqrt();
        }
        for (to, from) in axes.vectors.iter_mut().zip(eigen.vectors) {
            to[..N].copy_from_slice(&from);
        }
        axes
    }
}
