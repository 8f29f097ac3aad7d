//! The corners of a hull: all that is needed to find the hull of hulls.

use std::collections::BTreeSet;

use super::plane::{seen_along, Outline};
use super::solid::{extent, Extent, Point, Solid};
use super::Hull;
use crate::error::Result;
use crate::region::crop::Crop;
use crate::task::Task;

/// The vertices of the convex hull of an object or a part of one: those of its points that are not between others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vertices {
    /// Places z, y, x in the image, in raster order.
    pub points: Vec<[u32; 3]>,
}

impl Vertices {
    /// The vertices of the hull of the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn of(crop: &Crop<'_>, task: &Task) -> Result<Self> {
        let mut hull = Hull::default();
        hull.find_corners(crop.runs);
        let start = crop.inner.start.map(|first| first as i64);
        let place = |p: &Point| std::array::from_fn(|axis| p[axis] + start[axis]);
        Self::of_points(hull.points.iter().map(place).collect(), task)
    }

    /// Adds another part: the vertices of a whole are the same whatever its parts are.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn merge(&mut self, other: &Self, task: &Task) -> Result<()> {
        let all = self.points.iter().chain(&other.points);
        *self = Self::of_points(all.map(|p| p.map(i64::from)).collect(), task)?;
        Ok(())
    }

    fn of_points(mut points: Vec<Point>, task: &Task) -> Result<Self> {
        points.sort_unstable();
        points.dedup();
        if !points.is_empty() {
            let corners = match extent(&points) {
                Extent::Flat(normal) => flat_corners(&points, normal),
                Extent::Solid(start) => solid_corners(&points, start, task)?,
            };
            points.retain(|point| corners.contains(point));
        }
        Ok(Self {
            points: points.iter().map(|p| p.map(|place| place as u32)).collect(),
        })
    }
}

fn flat_corners(points: &[Point], normal: Point) -> BTreeSet<Point> {
    let [row, column] = seen_along(normal);
    let mut outline = Outline::default();
    outline.set(points.iter().map(|p| [p[row], p[column]]));
    let corners: BTreeSet<[i64; 2]> = outline.corners().collect();
    let is_corner = |p: &&Point| corners.contains(&[p[row], p[column]]);
    points.iter().filter(is_corner).copied().collect()
}

/// Within a face of the hull a point has facets of one plane around it, within an edge of two.
fn solid_corners(points: &[Point], start: [u32; 4], task: &Task) -> Result<BTreeSet<Point>> {
    let mut solid = Solid::default();
    solid.update(points, start, task)?;
    let planes = solid.facets().flat_map(|facet| {
        let plane = primitive(facet.normal);
        facet.corners.map(|corner| (corner, plane))
    });
    let planes: Vec<(u32, Point)> = planes.collect::<BTreeSet<_>>().into_iter().collect();
    let of_corners = planes.chunk_by(|a, b| a.0 == b.0);
    let corners = of_corners.filter(|planes| planes.len() > 2);
    Ok(corners.map(|planes| points[planes[0].0 as usize]).collect())
}

/// The shortest vector of integers in the same direction.
fn primitive(normal: Point) -> Point {
    let divisor = normal.into_iter().fold(0, common_divisor);
    normal.map(|part| part / divisor)
}

fn common_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
