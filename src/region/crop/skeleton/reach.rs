//! Whether two nodes of a graph are connected, found from both sides at once.
//!
//! Most parts that were cut off are small: looking from both sides, the smaller one is all that is looked at.

use super::graph::{Graph, NONE};
use super::grid::each;

/// Finds connections.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The side from which each node was reached; `NONE` where it was not.
    sides: Vec<u32>,
    /// Nodes reached from each side.
    reached: [Vec<u32>; 2],
}

impl Reach {
    /// Whether there is a way between two different nodes.
    pub(super) fn connects(&mut self, graph: &Graph, ends: [u32; 2]) -> bool {
        self.sides
            .resize(graph.nodes.len().max(self.sides.len()), NONE);
        for (side, end) in (0..).zip(ends) {
            self.sides[end as usize] = side;
            self.reached[side as usize].push(end);
        }
        let found = self.meet(graph);
        for node in self.reached.iter_mut().flat_map(|nodes| nodes.drain(..)) {
            self.sides[node as usize] = NONE;
        }
        found
    }

    /// Goes on in turns until the sides meet, or one has seen all there is.
    fn meet(&mut self, graph: &Graph) -> bool {
        for i in 0.. {
            for side in 0..2 {
                let Some(&node) = self.reached[side as usize].get(i) else {
                    return false;
                };
                for k in each(graph.nodes[node as usize].edges) {
                    let neighbour = graph.neighbour(node, k);
                    let reached = &mut self.sides[neighbour as usize];
                    if *reached == NONE {
                        *reached = side;
                        self.reached[side as usize].push(neighbour);
                    } else if *reached != side {
                        return true;
                    }
                }
            }
        }
        false
    }
}
