//! The longest of the shortest paths through a skeleton.

use super::graph::{length, step, Graph};
use super::search::Search;
use crate::error::Result;
use crate::task::Task;

/// The longest path of the piece that comes last in scan order.
#[derive(Debug, Default)]
pub(super) struct LongestPath {
    /// Its two ends.
    pub(super) ends: [u32; 2],
    /// The node in the middle of its length.
    pub(super) center: u32,
    /// Its length.
    pub(super) length: f64,
    /// Distance between its ends.
    pub(super) distance: f64,
    nodes: Vec<u32>,
    /// Length of the way to each of the nodes.
    lengths: Vec<f64>,
}

impl LongestPath {
    /// Goes from the last node to the farthest one, and from there to the farthest again.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn find(
        &mut self,
        graph: &mut Graph,
        search: &mut Search,
        task: &Task,
    ) -> Result<()> {
        let last = graph.nodes.len() as u32 - 1;
        let second = search.run_through(graph, last, task)?;
        let first = search.run_through(graph, second, task)?;
        self.ends = [first, second];
        self.nodes.clear();
        self.nodes.extend(search.way_back(first));
        self.lengths.clear();
        self.lengths.push(0.0);
        self.length = 0.0;
        for pair in self.nodes.windows(2) {
            self.length += step(graph.at(pair[0]), graph.at(pair[1]));
            self.lengths.push(self.length);
        }
        self.distance = length(graph.at(first), graph.at(second));
        self.center = self.nodes[self.middle()];
        Ok(())
    }

    /// Place of the node nearest to half the length.
    fn middle(&self) -> usize {
        let half = 0.5 * self.length;
        let after = self.lengths.partition_point(|&length| length < half);
        let Some(before) = after.checked_sub(1) else {
            return 0;
        };
        let part = (half - self.lengths[before]) / (self.lengths[after] - self.lengths[before]);
        (before as f64 + part + 0.5) as usize
    }
}
