//! Which pixels touch.

/// The direct neighbours of a pixel within the frame, in raster order.
#[inline]
pub(super) fn neighbours(
    (nz, ny, nx): (usize, usize, usize),
    pixel: usize,
) -> impl Iterator<Item = usize> {
    let (row, x) = (pixel / nx, pixel % nx);
    let (z, y) = (row / ny, row % ny);
    let before = [
        (z > 0).then(|| pixel - nx * ny),
        (y > 0).then(|| pixel - nx),
        (x > 0).then(|| pixel - 1),
    ];
    let after = [
        (x + 1 < nx).then(|| pixel + 1),
        (y + 1 < ny).then(|| pixel + nx),
        (z + 1 < nz).then(|| pixel + nx * ny),
    ];
    before.into_iter().chain(after).flatten()
}
