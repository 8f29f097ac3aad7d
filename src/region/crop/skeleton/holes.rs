//! Loops of a skeleton: those around holes of the object count, and branches that end within the object go.

use super::graph::{cross, Graph, NONE};
use super::grid::{each, Grid};
use super::polygon::Polygon;
use super::reach::Reach;
use super::rings::Rings;
use super::search::{Meets, Search};
use super::tree::Tree;
use crate::error::Result;
use crate::task::Task;

/// Loops of at most this, twice their area, are too small for a hole.
const SMALL: i64 = 3;

/// Branches that end this far from the outside, squared, end within the object.
const WITHIN: f64 = 4.0;

/// Holes that were found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes {
    /// How many.
    pub(super) count: u32,
    /// Summed lengths of the two branches that meet around each.
    pub(super) length: f64,
}

/// Finds holes.
#[derive(Debug, Default)]
pub(super) struct Loops {
    rings: Rings,
    reach: Reach,
    polygon: Polygon,
}

impl Loops {
    /// Closes every loop between two branches once, outermost leaves first.
    ///
    /// Takes, at worst and only if the object has holes, a search through the whole skeleton for every loop.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn close(
        &mut self,
        tree: &mut Tree,
        graph: &mut Graph,
        search: &mut Search,
        grid: &Grid,
        task: &Task,
    ) -> Result<Holes> {
        let mut holes = Holes::default();
        let has_holes = self.rings.any(grid);
        for i in (0..tree.order.len()).rev() {
            let node = tree.order[i];
            if tree.at(node).main == NONE {
                for k in each(graph.nodes[node as usize].edges) {
                    if !encloses(tree, graph, node, k) {
                        continue;
                    }
                    let other = graph.neighbour(node, k);
                    graph.cut(node, k);
                    if has_holes && self.find(graph, search, [node, other], grid, task)? {
                        holes.count += 1;
                        holes.length += self.join(tree);
                    }
                }
                if !tree.at(node).is_loop && graph.nodes[node as usize].squared >= WITHIN {
                    tree.remove(graph, node);
                }
            }
            let twig = *tree.at(node);
            if twig.is_loop {
                tree.at_mut(twig.parent).is_loop = true;
            }
        }
        Ok(holes)
    }

    /// Whether the way between the ends of an edge that was cut is one around a hole.
    fn find(
        &mut self,
        graph: &mut Graph,
        search: &mut Search,
        [leaf, other]: [u32; 2],
        grid: &Grid,
        task: &Task,
    ) -> Result<bool> {
        task.check()?;
        if !self.reach.connects(graph, [leaf, other]) {
            return Ok(false);
        }
        search.run(graph, leaf, other, Meets::Everything, task)?;
        self.polygon.close(search.way_back(other), leaf, graph);
        Ok(self.polygon.holds_other(grid))
    }

    /// Makes a loop of the polygon's nodes; the summed length of the two branches.
    fn join(&self, tree: &mut Tree) -> f64 {
        let [first, second] = [0, 1].map(|i| *tree.at(self.polygon.nodes[i]));
        let salience = first.salience.max(second.salience);
        for &node in &self.polygon.nodes {
            let twig = tree.at_mut(node);
            twig.is_loop = true;
            twig.salience = twig.salience.max(salience);
        }
        first.length + second.length
    }
}

/// Whether the edge from a leaf to its neighbour `k` closes a loop large enough for a hole.
fn encloses(tree: &Tree, graph: &Graph, leaf: u32, k: usize) -> bool {
    let other = graph.neighbour(leaf, k);
    let swept = tree.at(leaf).area - cross(graph.at(leaf), graph.at(other)) - tree.at(other).area;
    other != tree.at(leaf).parent && swept.abs() > SMALL
}
