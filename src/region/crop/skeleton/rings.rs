//! Whether an object surrounds pixels that are not its own: whether its runs, joined where they touch, form a ring.

use super::grid::Grid;

/// Finds rings.
#[derive(Debug, Default)]
pub(super) struct Rings {
    /// Another run of the same piece for each run; itself for the first found.
    joined: Vec<usize>,
}

impl Rings {
    /// Whether there is one.
    pub(super) fn any(&mut self, grid: &Grid) -> bool {
        self.joined.clear();
        self.joined.extend(0..grid.runs.len());
        let below = |run: usize| grid.runs[run].0 + grid.width;
        let mut above = 0;
        for (run, &(first, length)) in grid.runs.iter().enumerate() {
            while below(above) + grid.runs[above].1 < first {
                above += 1;
            }
            for other in (above..run).take_while(|&other| below(other) <= first + length) {
                let [own, others] = [run, other].map(|run| self.piece(run));
                if own == others {
                    return true;
                }
                self.joined[own] = others;
            }
        }
        false
    }

    /// The run that stands for a run's piece.
    fn piece(&mut self, mut run: usize) -> usize {
        while self.joined[run] != run {
            self.joined[run] = self.joined[self.joined[run]];
            run = self.joined[run];
        }
        run
    }
}
