//! The convex hull of points in space, in exact arithmetic: quickhull.
//!
//! Start with four of the points. While a facet has points above it, take the furthest: the facets it sees are
//! replaced by a cone from their border to it. A point in the plane of a facet does not see it, so no facet is ever
//! without area, and several may share a plane.

use crate::error::Result;
use crate::task::Task;

/// A place z, y, x; less than 2²⁴ from any other along each axis.
pub(super) type Point = [i64; 3];

/// No point.
const NONE: u32 = u32::MAX;

/// Points added between two looks at the task.
const CHECK: usize = 1024;

/// How many dimensions points take up.
pub(super) enum Extent {
    /// Two or fewer: all of them lie in the plane of this normal.
    Flat(Point),
    /// Three: these four do not lie in one plane.
    Solid([u32; 4]),
}

/// A triangle of the hull.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facet {
    /// Points, counterclockwise seen from outside.
    pub(super) corners: [u32; 3],
    /// Points outwards.
    pub(super) normal: Point,
    /// The facet across the edge from each corner to the next.
    neighbours: [u32; 3],
    /// First of a list of points above it, the furthest.
    outside: u32,
    /// How far that point is, times the length of the normal.
    height: i128,
    alive: bool,
}

/// An edge between facets that a point sees and one that it does not see.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: u32,
    to: u32,
    beyond: u32,
}

/// Convex hulls of one set of points after the other.
#[derive(Debug, Default)]
pub(super) struct Solid {
    facets: Vec<Facet>,
    free: Vec<u32>,
    /// For each point the next one above the same facet.
    next: Vec<u32>,
    /// For each point the new facet whose outer edge starts there.
    starts: Vec<u32>,
    pending: Vec<u32>,
    visible: Vec<u32>,
    border: Vec<Edge>,
    new: Vec<u32>,
    orphans: Vec<u32>,
}

/// Finds out how many dimensions `points`, at least one, take up.
pub(super) fn extent(points: &[Point]) -> Extent {
    let origin = points[0];
    let from_origin = |point: Point| minus(point, origin);
    let (b, length) = largest(points, |p| square(from_origin(p)));
    let along = from_origin(points[b as usize]);
    let (c, area) = largest(points, |p| square(cross(along, from_origin(p))));
    if area == 0 {
        return Extent::Flat(match along {
            _ if length == 0 => [1, 0, 0],
            [0, 0, _] => [1, 0, 0],
            [z, y, _] => [y, -z, 0],
        });
    }
    let normal = cross(along, from_origin(points[c as usize]));
    match largest(points, |p| dot(normal, from_origin(p)).abs()) {
        (_, 0) => Extent::Flat(normal),
        (d, _) => Extent::Solid([0, b, c, d]),
    }
}

fn largest(points: &[Point], size: impl Fn(Point) -> i128) -> (u32, i128) {
    let sizes = (0..).zip(points).map(|(i, &point)| (i, size(point)));
    sizes
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .unwrap_or((0, 0))
}

impl Solid {
    /// Finds the hull of `points`, of which the four of `start` do not lie in one plane.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn update(&mut self, points: &[Point], start: [u32; 4], task: &Task) -> Result<()> {
        self.begin(points, start);
        let mut added = 0;
        while let Some(facet) = self.pending.pop() {
            let Facet { outside, alive, .. } = self.facets[facet as usize];
            if alive && outside != NONE {
                self.add(points, facet, outside);
                added += 1;
                if added % CHECK == 0 {
                    task.check()?;
                }
            }
        }
        Ok(())
    }

    /// The facets of the hull.
    pub(super) fn facets(&self) -> impl Iterator<Item = &Facet> {
        self.facets.iter().filter(|facet| facet.alive)
    }

    fn begin(&mut self, points: &[Point], [a, mut b, mut c, d]: [u32; 4]) {
        self.facets.clear();
        self.free.clear();
        self.pending.clear();
        self.next.clear();
        self.next.resize(points.len(), NONE);
        self.starts.resize(points.len(), NONE);
        if above(&facet(points, [a, b, c], [0; 3]), points, d) > 0 {
            (b, c) = (c, b);
        }
        self.facets.extend([
            facet(points, [a, b, c], [1, 2, 3]),
            facet(points, [a, d, b], [3, 2, 0]),
            facet(points, [b, d, c], [1, 3, 0]),
            facet(points, [c, d, a], [2, 1, 0]),
        ]);
        self.new.clear();
        self.new.extend(0..4);
        self.orphans.clear();
        self.orphans.extend(0..points.len() as u32);
        self.assign(points);
    }

    /// Adds the point `top`, which is above `facet`.
    fn add(&mut self, points: &[Point], facet: u32, top: u32) {
        self.look(points, facet, top);
        self.orphans.clear();
        for &facet in &self.visible {
            let mut point = self.facets[facet as usize].outside;
            while point != NONE {
                if point != top {
                    self.orphans.push(point);
                }
                point = self.next[point as usize];
            }
        }
        self.free.append(&mut self.visible);
        self.build(points, top);
        self.assign(points);
    }

    /// Takes away the facets that `top` sees, of which `facet` is one, and finds their border.
    fn look(&mut self, points: &[Point], facet: u32, top: u32) {
        self.border.clear();
        self.visible.clear();
        self.visible.push(facet);
        self.facets[facet as usize].alive = false;
        let mut looked = 0;
        while let Some(&facet) = self.visible.get(looked) {
            looked += 1;
            let Facet {
                corners,
                neighbours,
                ..
            } = self.facets[facet as usize];
            for (edge, beyond) in neighbours.into_iter().enumerate() {
                let near = &mut self.facets[beyond as usize];
                if !near.alive {
                    continue;
                }
                if above(near, points, top) > 0 {
                    near.alive = false;
                    self.visible.push(beyond);
                } else {
                    let (from, to) = (corners[edge], corners[(edge + 1) % 3]);
                    self.border.push(Edge { from, to, beyond });
                }
            }
        }
    }

    /// Builds the cone from the border to `top`.
    fn build(&mut self, points: &[Point], top: u32) {
        self.new.clear();
        for &Edge { from, to, beyond } in &self.border {
            let new = facet(points, [from, to, top], [beyond, NONE, NONE]);
            let number = if let Some(number) = self.free.pop() {
                self.facets[number as usize] = new;
                number
            } else {
                self.facets.push(new);
                self.facets.len() as u32 - 1
            };
            let beyond = &mut self.facets[beyond as usize];
            for (neighbour, corner) in beyond.neighbours.iter_mut().zip(beyond.corners) {
                if corner == to {
                    *neighbour = number;
                }
            }
            self.starts[from as usize] = number;
            self.new.push(number);
        }
        for &number in &self.new {
            let to = self.facets[number as usize].corners[1];
            let after = self.starts[to as usize];
            self.facets[number as usize].neighbours[1] = after;
            self.facets[after as usize].neighbours[2] = number;
        }
    }

    /// Assigns every orphan to a new facet that it is above; those above none are within the hull.
    fn assign(&mut self, points: &[Point]) {
        for &point in &self.orphans {
            for &number in &self.new {
                let facet = &mut self.facets[number as usize];
                let height = above(facet, points, point);
                if height <= 0 {
                    continue;
                }
                if height > facet.height {
                    self.next[point as usize] = facet.outside;
                    facet.outside = point;
                    facet.height = height;
                } else {
                    let first = facet.outside as usize;
                    self.next[point as usize] = self.next[first];
                    self.next[first] = point;
                }
                break;
            }
        }
        let facets = &self.facets;
        let open = |number: &u32| facets[*number as usize].outside != NONE;
        self.pending.extend(self.new.iter().copied().filter(open));
    }
}

fn facet(points: &[Point], corners: [u32; 3], neighbours: [u32; 3]) -> Facet {
    let [a, b, c] = corners.map(|corner| points[corner as usize]);
    Facet {
        corners,
        normal: cross(minus(b, a), minus(c, a)),
        neighbours,
        outside: NONE,
        height: 0,
        alive: true,
    }
}

/// How far a point is above the plane of a facet, times the length of the normal.
fn above(facet: &Facet, points: &[Point], point: u32) -> i128 {
    let [corner, point] = [facet.corners[0], point].map(|i| points[i as usize]);
    dot(facet.normal, minus(point, corner))
}

fn minus(a: Point, b: Point) -> Point {
    std::array::from_fn(|axis| a[axis] - b[axis])
}

fn cross(a: Point, b: Point) -> Point {
    // In the order z, y, x the product changes sign, which an even number of swaps takes back.
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn dot(a: Point, b: Point) -> i128 {
    let part = |axis: usize| i128::from(a[axis]) * i128::from(b[axis]);
    part(0) + part(1) + part(2)
}

fn square(a: Point) -> i128 {
    dot(a, a)
}
