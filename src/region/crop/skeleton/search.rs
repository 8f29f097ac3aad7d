//! Shortest paths through a skeleton from one of its pixels.

use std::f64::consts::SQRT_2;

use super::graph::{Graph, NONE};
use super::grid::bit;
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
    /// Finds the shortest paths from `source` to all nodes that are no farther than `target`.
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
    ) -> Result<()> {
        self.heap.clear(&self.order);
        self.order.clear();
        self.make_room(graph.len());
        self.before[source as usize] = source;
        self.heap.lower(source, 0.0);
        while let Some((distance, node)) = self.heap.first().filter(|first| first.0 < HUGE) {
            if self.order.len() % NODES == 0 {
                task.check()?;
            }
            self.heap.pop();
            self.order.push(node);
            if node == target {
                break;
            }
            let lengths = match meets {
                Meets::Edges => LENGTHS,
                Meets::Everything => {
                    graph.surround(node);
                    self.make_room(graph.len());
                    let edges = graph.nodes[node as usize].edges;
                    std::array::from_fn(|k| {
                        if edges & bit(k) != 0 {
                            LENGTHS[k]
                        } else {
                            HUGE
                        }
                    })
                }
            };
            self.go_on(node, &graph.nodes[node as usize].near, &lengths, distance);
        }
        Ok(())
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
        if self.before.len() < n {
            self.before.resize(n, NONE);
            self.heap.reserve(n);
        }
    }

    /// Meets the neighbours of a node that was reached.
    #[inline]
    fn go_on(&mut self, node: u32, near: &[u32; 8], lengths: &[f64; 8], distance: f64) {
        // First without branches, since nobody could foresee which neighbours were reached on a shorter way.
        let mut nearer = [(NONE, HUGE); 8];
        let mut n_nearer = 0;
        for (&neighbour, length) in near.iter().zip(lengths) {
            nearer[n_nearer % 8] = (neighbour, distance + length);
            n_nearer += usize::from(self.heap.is_lower(neighbour, distance + length));
        }
        for &(neighbour, distance) in &nearer[..n_nearer] {
            self.heap.lower(neighbour, distance);
            self.before[neighbour as usize] = node;
        }
    }
}
