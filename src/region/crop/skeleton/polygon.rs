//! A closed way through a skeleton, filled.

use super::graph::Graph;
use super::grid::{Grid, Kind};

/// A closed polygon of adjacent nodes.
#[derive(Debug, Default)]
pub(super) struct Polygon {
    /// From the first node all the way around, to the first again.
    pub(super) nodes: Vec<u32>,
    /// Coordinates of the nodes, x and y.
    corners: Vec<[i32; 2]>,
    /// Where its outline crosses rows, y and x.
    crossings: Vec<[i32; 2]>,
}

impl Polygon {
    /// Takes `first` and a way that ends at `first` for the outline.
    pub(super) fn close(&mut self, way: impl Iterator<Item = u32>, first: u32, graph: &Graph) {
        self.nodes.clear();
        self.nodes.push(first);
        self.nodes.extend(way);
        self.corners.clear();
        self.corners
            .extend(self.nodes.iter().map(|&node| graph.at(node)));
    }

    /// Whether a pixel within or on the outline is not the object's.
    pub(super) fn holds_other(&mut self, grid: &Grid) -> bool {
        self.cross_rows();
        self.crossings.sort_unstable();
        self.crossings.chunks_exact(2).any(|pair| {
            let [[y, first], [_, last]] = [pair[0], pair[1]];
            let row = &grid.kinds[y as usize * grid.width..][..grid.width];
            row.get(first as usize..=last as usize)
                .is_some_and(|span| span.iter().any(|&kind| kind != Kind::Object))
        })
    }

    /// Finds where the outline crosses rows: twice at corners to the left, never where it merely goes along a row.
    fn cross_rows(&mut self) {
        let corners = &self.corners;
        let n = corners.len();
        self.crossings.clear();
        let mut is_done = false;
        for i in 0..n - 1 {
            let (a, b) = (corners[i], corners[i + 1]);
            let down = (b[1] - a[1]).signum();
            if down == 0 {
                continue;
            }
            if !std::mem::take(&mut is_done) {
                self.crossings.push([a[1], a[0]]);
            }
            let after = (i + 2) % n;
            let c = corners[after];
            let is_convex = (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0]);
            if is_convex {
                self.crossings.push([b[1], b[0]]);
            }
            // Where the outline leaves the row of b again, after going along it.
            let rest = (0..n - 1).map(|j| (after + j) % n);
            let leaves = rest
                .map(|j| down * (corners[j][1] - b[1]))
                .find(|&change| change != 0);
            is_done = leaves.is_some_and(|change| is_convex == (change > 0));
        }
        if is_done {
            self.crossings.remove(0);
        }
    }
}
