//! The pixels of a skeleton as a graph: numbered nodes, and edges to their neighbours.

use std::f64::consts::SQRT_2;

use super::grid::{bit, each, Grid, STEPS};

pub(super) use super::heap::NONE;

/// Sets of neighbours on one side: left, right, above, below.
const SIDES: [u8; 4] = [0x94, 0x29, 0xE0, 0x07];

/// A pixel of the skeleton.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Index in the grid.
    pixel: u32,
    /// Which neighbours there are edges to.
    pub(super) edges: u8,
    /// Coordinates in the grid, x and y.
    pub(super) at: [i32; 2],
    /// Squared distance to the nearest pixel that is not the object's.
    pub(super) squared: f64,
    /// Numbers of the neighbours; `NONE` for those that have none yet.
    pub(super) near: [u32; 8],
    /// Whether all neighbours have numbers that ever get one.
    is_surrounded: bool,
}

/// Nodes in scan order. Neighbours of nodes get numbers too, once they are asked for.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Pixels that are no nodes but have numbers, counting on from those of the nodes.
    beside: Vec<u32>,
    /// Number of each pixel.
    numbers: Vec<u32>,
    /// Difference of index between a pixel and each of its neighbours.
    steps: [i32; 8],
    /// Smallest and largest coordinates of the nodes, x and y.
    low: [i32; 2],
    high: [i32; 2],
}

impl Graph {
    /// Takes the marked pixels for nodes, and for edges all that join two of them.
    pub(super) fn build(&mut self, grid: &Grid) {
        self.forget();
        let area = grid.width * grid.height;
        self.numbers.resize(area.max(self.numbers.len()), NONE);
        self.steps = STEPS.map(|[x, y]| x + y * grid.width as i32);
        for &(first, length) in &grid.runs {
            let marked = &grid.marked[first..][..length];
            let (row, y) = (first - first % grid.width, first / grid.width);
            for pixel in (first..)
                .zip(marked)
                .filter_map(|(pixel, &is)| is.then_some(pixel))
            {
                self.numbers[pixel] = self.nodes.len() as u32;
                self.nodes.push(Node {
                    pixel: pixel as u32,
                    edges: grid.around[pixel],
                    at: [pixel - row, y].map(|c| c as i32),
                    squared: grid.squared(pixel) as f64,
                    near: [NONE; 8],
                    is_surrounded: false,
                });
            }
        }
        for node in &mut self.nodes {
            let pixels = self.steps.map(|step| beside(node.pixel, step));
            node.near = pixels.map(|pixel| self.numbers[pixel]);
        }
        let places = || self.nodes.iter().map(|node| node.at);
        let fold =
            |of: fn(i32, i32) -> i32| places().reduce(|a, b| [of(a[0], b[0]), of(a[1], b[1])]);
        self.low = fold(i32::min).unwrap_or_default();
        self.high = fold(i32::max).unwrap_or_default();
    }

    fn forget(&mut self) {
        let nodes = self.nodes.iter().map(|node| node.pixel);
        for pixel in nodes.chain(self.beside.iter().copied()) {
            self.numbers[pixel as usize] = NONE;
        }
        self.nodes.clear();
        self.beside.clear();
    }

    /// How many pixels have numbers.
    pub(super) fn len(&self) -> usize {
        self.nodes.len() + self.beside.len()
    }

    /// The neighbour `k` of a node, if it has a number: there is an edge to it, or it was asked for.
    #[inline]
    pub(super) fn neighbour(&self, node: u32, k: usize) -> u32 {
        self.nodes[node as usize].near[k]
    }

    /// Gives numbers to all neighbours of a node that lie within the bounding box of all nodes.
    pub(super) fn surround(&mut self, node: u32) {
        let here = &self.nodes[node as usize];
        if here.is_surrounded {
            return;
        }
        let (first, within) = (here.pixel, self.within(here.at));
        for k in each(within) {
            let pixel = beside(first, self.steps[k]);
            if self.numbers[pixel] == NONE {
                self.numbers[pixel] = self.len() as u32;
                self.beside.push(pixel as u32);
            }
            self.nodes[node as usize].near[k] = self.numbers[pixel];
        }
        self.nodes[node as usize].is_surrounded = true;
    }

    /// Which neighbours of a place lie within the bounding box of all nodes.
    fn within(&self, at: [i32; 2]) -> u8 {
        let ends = [self.low[0], self.high[0], self.low[1], self.high[1]];
        let is_end = |side: usize| at[side / 2] == ends[side];
        (0..4)
            .filter(|&side| is_end(side))
            .fold(0xFF, |set, side| set & !SIDES[side])
    }

    /// Removes the edge from a node to its neighbour `k`, in both directions.
    pub(super) fn cut(&mut self, node: u32, k: usize) {
        let neighbour = self.neighbour(node, k) as usize;
        self.nodes[node as usize].edges &= !bit(k);
        self.nodes[neighbour].edges &= !bit(7 - k);
    }

    /// Removes all edges of a node.
    pub(super) fn isolate(&mut self, node: u32) {
        for k in each(self.nodes[node as usize].edges) {
            self.cut(node, k);
        }
    }

    /// Coordinates of a node.
    pub(super) fn at(&self, node: u32) -> [i32; 2] {
        self.nodes[node as usize].at
    }
}

/// The pixel one step further.
fn beside(pixel: u32, step: i32) -> usize {
    pixel.wrapping_add_signed(step) as usize
}

/// Distance between two pixels that are the same or neighbours.
pub(super) fn step(a: [i32; 2], b: [i32; 2]) -> f64 {
    let axes = usize::from(a[0] != b[0]) + usize::from(a[1] != b[1]);
    [0.0, 1.0, SQRT_2][axes]
}

/// Distance between two pixels.
pub(super) fn length(a: [i32; 2], b: [i32; 2]) -> f64 {
    let [x, y] = [a[0] - b[0], a[1] - b[1]].map(f64::from);
    (x * x + y * y).sqrt()
}

/// z of the cross product.
pub(super) fn cross(a: [i32; 2], b: [i32; 2]) -> i64 {
    i64::from(a[0]) * i64::from(b[1]) - i64::from(a[1]) * i64::from(b[0])
}
