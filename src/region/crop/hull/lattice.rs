//! The voxel centres within a convex body: an interval of each row, by exact division.

use super::defects::Sums;
use super::plane::{seen_along, Outline};
use super::solid::{Facet, Point, Solid};
use crate::block::Shape;

/// What a convex body covers of each row of a box.
#[derive(Debug, Default)]
pub(super) struct Body {
    height: usize,
    rows: Vec<Span>,
    outline: Outline,
}

/// The voxels of a row from `first` to `last`; none if `last` is smaller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

const EMPTY: Span = Span { first: 0, last: -1 };

impl Body {
    /// The number of rows in a plane.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// All rows, plane after plane.
    pub(super) fn rows(&self) -> &[Span] {
        &self.rows
    }

    /// Sums over all voxels of the body.
    pub(super) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (row, &Span { first, last }) in self.rows.iter().enumerate() {
            if first <= last {
                let place = [row / self.height, row % self.height].map(|i| i as u64);
                sums.add(place, first as u64, last as u64 + 1);
            }
        }
        sums
    }

    /// Covers a whole box of this shape.
    pub(super) fn fill(&mut self, shape: Shape) {
        let last = shape[2] as i64 - 1;
        self.start(shape, Span { first: 0, last });
    }

    /// Covers the hull of points, sorted, in a box of this shape that lie in one plane.
    pub(super) fn cover_flat(&mut self, shape: Shape, points: &[Point], normal: Point) {
        self.start(shape, EMPTY);
        let Self {
            height,
            rows,
            outline,
        } = self;
        let mut set = |z: i64, y: i64, first, last| {
            rows[z as usize * *height + y as usize] = Span { first, last };
        };
        let origin = points[0];
        let [row, column] = seen_along(normal);
        outline.set(points.iter().map(|p| [p[row], p[column]]));
        // A place counts if the plane has an integer there along the axis that is not seen.
        let [nz, ny, nx] = normal;
        for (row, first, last) in outline.rows() {
            if (ny, nx) == (0, 0) {
                set(origin[0], row, first, last);
            } else if nx == 0 {
                if let Some(y) = whole(-product(nz, row - origin[0]), ny) {
                    set(row, origin[1] + y, first, last);
                }
            } else {
                for y in first..=last {
                    let fall = -product(nz, row - origin[0]) - product(ny, y - origin[1]);
                    if let Some(x) = whole(fall, nx) {
                        set(row, y, origin[2] + x, origin[2] + x);
                    }
                }
            }
        }
    }

    /// Covers the hull of points in a box of this shape.
    pub(super) fn cover_solid(&mut self, shape: Shape, points: &[Point], solid: &Solid) {
        self.start(shape, EMPTY);
        for facet in solid.facets().filter(|facet| facet.normal[2] != 0) {
            self.bound(points, facet);
        }
    }

    /// Sets the ends of the rows that pass through a facet.
    fn bound(&mut self, points: &[Point], facet: &Facet) {
        let mut corners = facet.corners.map(|corner| points[corner as usize]);
        let origin = corners[0];
        let [nz, ny, nx] = facet.normal;
        corners.sort_unstable();
        self.outline.set(corners.iter().map(|&[z, y, _]| [z, y]));
        for (z, first, last) in self.outline.rows() {
            for y in first..=last {
                let rise = floor(
                    -product(nz, z - origin[0]) - product(ny, y - origin[1]),
                    nx.abs(),
                );
                let row = &mut self.rows[z as usize * self.height + y as usize];
                if nx > 0 {
                    row.last = origin[2] + rise;
                } else {
                    row.first = origin[2] - rise;
                }
            }
        }
    }

    fn start(&mut self, shape: Shape, span: Span) {
        self.height = shape[1];
        self.rows.clear();
        self.rows.resize(shape[0] * shape[1], span);
    }
}

/// `a / b` if it is an integer.
fn whole(a: i128, b: i64) -> Option<i64> {
    (a % i128::from(b) == 0).then(|| floor(a * i128::from(b.signum()), b.abs()))
}

/// The largest integer that is not above `a / b`.
fn floor(a: i128, b: i64) -> i64 {
    // Nearly always 64 bit are enough, and much faster.
    i64::try_from(a).map_or_else(|_| a.div_euclid(i128::from(b)) as i64, |a| a.div_euclid(b))
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}
