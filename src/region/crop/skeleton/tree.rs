//! The tree of shortest paths from the centre of a skeleton, and its branches.

use super::graph::{cross, step, Graph, NONE};
use super::grid::each;
use super::search::Search;

/// The neighbours that come before a pixel.
const BACK: u8 = 0xF0;

/// Branches shorter than this have no salience of their own.
const SHORT: f64 = 4.0;

/// Leaves below this part of the centre's salience do not count.
const THRESHOLD: f64 = 0.2;

/// What a node is in the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twig {
    /// The next node towards the centre; the centre is its own.
    pub(super) parent: u32,
    /// The next node of the longest way outwards; `NONE` for leaves.
    pub(super) main: u32,
    /// Length of the branch it belongs to.
    pub(super) length: f64,
    /// Length of the branch in relation to its distance from the outside.
    pub(super) salience: f64,
    /// Twice the area swept on the way from the centre.
    pub(super) area: i64,
    /// Whether it lies on the way from the centre around a hole.
    pub(super) is_loop: bool,
}

/// Branches that count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branches {
    /// How many.
    pub(super) count: u32,
    /// Their mean length, 0 without any.
    pub(super) mean: f64,
    /// Their lengths, added one by one to a first summand.
    pub(super) total: f64,
}

/// The nodes that can be reached from the centre.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Nearest to the centre first.
    pub(super) order: Vec<u32>,
    /// By number of the node.
    pub(super) twigs: Vec<Twig>,
}

impl Tree {
    /// Builds the tree of the last search, and cuts the edges between branches that merely touch.
    pub(super) fn grow(&mut self, graph: &mut Graph, search: &Search) {
        self.order.clone_from(&search.order);
        self.twigs.clear();
        let parents = &search.before[..graph.nodes.len()];
        self.twigs.extend(parents.iter().map(|&parent| Twig {
            parent,
            main: NONE,
            length: 0.0,
            salience: 1.0,
            area: 0,
            is_loop: false,
        }));
        for i in (0..self.order.len()).rev() {
            let node = self.order[i];
            self.cut_touching(graph, node);
            self.measure_up(graph, node);
        }
        for i in 0..self.order.len() {
            self.hand_down(graph, self.order[i]);
        }
        self.at_mut(self.order[0]).is_loop = true;
    }

    pub(super) fn at(&self, node: u32) -> &Twig {
        &self.twigs[node as usize]
    }

    pub(super) fn at_mut(&mut self, node: u32) -> &mut Twig {
        &mut self.twigs[node as usize]
    }

    /// Cuts the edges to nodes of other branches before it, unless one of the two is a leaf so far.
    fn cut_touching(&self, graph: &mut Graph, node: u32) {
        if self.at(node).main == NONE {
            return;
        }
        for k in each(graph.nodes[node as usize].edges & BACK) {
            let other = graph.neighbour(node, k);
            let is_kin = other == self.at(node).parent || self.at(other).parent == node;
            if !is_kin && self.at(other).main != NONE {
                graph.cut(node, k);
            }
        }
    }

    /// Tells the parent of a node how long and how salient the branch is.
    fn measure_up(&mut self, graph: &Graph, node: u32) {
        let Twig {
            parent,
            length: own,
            ..
        } = *self.at(node);
        let longer = own + step(graph.at(node), graph.at(parent));
        if self.at(parent).length < longer {
            let above = self.at_mut(parent);
            above.length = longer;
            above.main = node;
        }
        let twig = self.at_mut(node);
        if twig.length >= SHORT {
            let salience = (twig.length + 0.5) / graph.nodes[node as usize].squared.sqrt();
            twig.salience = twig.salience.max(salience);
            let salience = twig.salience;
            let above = self.at_mut(parent);
            above.salience = above.salience.max(salience);
        }
    }

    /// Gives a node the length and salience of the branch it belongs to, and the area swept.
    fn hand_down(&mut self, graph: &Graph, node: u32) {
        let above = *self.at(self.at(node).parent);
        let (at, from) = (graph.at(node), graph.at(self.at(node).parent));
        let twig = self.at_mut(node);
        twig.area = above.area + cross(at, from);
        if above.main == node {
            twig.length = above.length;
            twig.salience = above.salience;
        } else {
            twig.length += step(at, from);
        }
    }

    /// Removes a branch from its leaf to where it leaves a longer one.
    pub(super) fn remove(&mut self, graph: &mut Graph, leaf: u32) {
        let mut node = leaf;
        loop {
            self.at_mut(node).salience = 0.0;
            graph.isolate(node);
            let parent = self.at(node).parent;
            if self.at(parent).main != node {
                return;
            }
            node = parent;
        }
    }

    /// Counts the leaves that are salient and not part of a loop.
    pub(super) fn branches(&self, first: f64) -> Branches {
        let threshold = THRESHOLD * self.at(self.order[0]).salience;
        let (mut count, mut sum, mut total) = (0_u32, 0.0, first);
        for twig in self.order.iter().map(|&node| self.at(node)) {
            if twig.main == NONE && !twig.is_loop && twig.salience >= threshold {
                count += 1;
                sum += twig.length;
                total += twig.length;
            }
        }
        let mean = if count > 0 {
            sum / f64::from(count)
        } else {
            0.0
        };
        Branches { count, mean, total }
    }
}
