//! Shortest paths through a skeleton from one of its pixels.

use std::f64::consts::SQRT_2;

use super::graph::{Graph, NONE};
use super::grid::{bit, each};
use super::heap::Heap;
use crate::error::Result;
use crate::task::Task;

/// Length of an edge that does not exist: nothing finite added to it changes it.
const HUGE: f64 = f64::MAX / 2.0;

/// Lengths of the steps to the eight neighbours.
const LENGTHS: [f64; 8] = [SQRT_2, 1.0, SQRT_2, 1.0, 1.0, SQRT_2, 1.0, SQRT_2];

/// Nodes between two looks at whether to go on.
const NODES: usize = 1 << 12;

/// Which neighbours a search meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meets {
    /// Those there are edges to.
    Edges,
    /// All, of which those without an edge only take part in the order of the others.
    Everything,
}

/// The last search, in memory that is kept.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Nodes reached, nearest first.
    pub(super) order: Vec<u32>,
    /// The node each was reached from; the first, from itself.
    pub(super) before: Vec<u32>,
    heap: Heap,
}

impl Search {
    /// Finds the shortest paths from `source` to all nodes that are no farther than `target`; true if that is one.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn run(
        &mut self,
        graph: &mut Graph,
        source: u32,
        target: u32,
        meets: Meets,
        task: &Task,
    ) -> Result<bool> {
        self.heap.clear(&self.order);
        self.order.clear();
        self.make_room(graph.len());
        self.before[source as usize] = source;
        self.heap.insert(source, 0.0);
        while let Some((distance, node)) = self.heap.first().filter(|first| first.0 < HUGE) {
            if self.order.len() % NODES == 0 {
                task.check()?;
            }
            self.heap.pop();
            self.order.push(node);
            if node == target {
                return Ok(true);
            }
            let edges = graph.nodes[node as usize].edges;
            if meets == Meets::Edges {
                for k in each(edges) {
                    self.meet(graph.neighbour(node, k), node, distance + LENGTHS[k]);
                }
            } else {
                for k in each(graph.within(node)) {
                    let is_edge = edges & bit(k) != 0;
                    let neighbour = graph.any_neighbour(node, k);
                    self.make_room(graph.len());
                    self.meet(
                        neighbour,
                        node,
                        if is_edge { distance + LENGTHS[k] } else { HUGE },
                    );
                }
            }
        }
        Ok(false)
    }

    /// Like [`Search::run`], to all nodes that can be reached. The last of them is the farthest.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn run_through(
        &mut self,
        graph: &mut Graph,
        source: u32,
        task: &Task,
    ) -> Result<u32> {
        self.run(graph, source, NONE, Meets::Edges, task)?;
        Ok(self.order.last().copied().unwrap_or(source))
    }

    /// The way from `target`, which was reached, back to the source, both included.
    pub(super) fn way_back(&self, target: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(target), |&node| {
            let before = self.before[node as usize];
            (before != node).then_some(before)
        })
    }

    fn make_room(&mut self, n: usize) {
        self.before.resize(n.max(self.before.len()), NONE);
        self.heap.reserve(n);
    }

    fn meet(&mut self, neighbour: u32, node: u32, distance: f64) {
        if self.heap.lower(neighbour, distance) {
            self.before[neighbour as usize] = node;
        }
    }
}
