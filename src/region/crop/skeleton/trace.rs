//! The raw skeleton: pixels between neighbours whose nearest outer pixels are not themselves neighbours.

use super::grid::{dot, each, Grid, Kind, STEPS};

/// Finds the raw skeleton.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Pixels two steps from the outside that were marked, in order.
    ends: Vec<usize>,
}

impl Trace {
    /// Marks the raw skeleton of an object whose vectors are known.
    pub(super) fn mark(&mut self, grid: &mut Grid) {
        self.ends.clear();
        let runs = std::mem::take(&mut grid.runs);
        for &(first, length) in &runs {
            for pixel in first..first + length {
                let above = pixel - grid.width;
                if grid.kinds[above] == Kind::Object {
                    self.compare(grid, pixel, above, [0, -1]);
                }
                if pixel > first {
                    self.compare(grid, pixel, pixel - 1, [-1, 0]);
                }
                mark_thin(grid, pixel);
            }
        }
        grid.runs = runs;
        self.complete(grid);
    }

    /// Marks the one of two adjacent pixels of the object that is nearer to the ridge between them, if there is one.
    fn compare(&mut self, grid: &mut Grid, pixel: usize, neighbour: usize, step: [i32; 2]) {
        let (a, b) = (grid.vectors[pixel], grid.vectors[neighbour]);
        let apart = [b[0] - a[0] + step[0], b[1] - a[1] + step[1]];
        if apart[0].abs().max(apart[1].abs()) <= 1 {
            return;
        }
        let middle = [a[0] + b[0], a[1] + b[1]];
        let first = dot(apart, step).signum() * dot(apart, middle).signum() <= 0;
        let nearer = if first { pixel } else { neighbour };
        grid.mark(nearer);
        if grid.squared(nearer) == 4 {
            self.ends.push(nearer);
        }
    }

    /// Leads branches that end two steps from the outside one step further.
    fn complete(&self, grid: &mut Grid) {
        for &end in &self.ends {
            let is_near = |k| grid.squared(grid.next(end, STEPS[k])) < 4;
            if !each(grid.around[end]).any(is_near) {
                let [x, y] = grid.vectors[end];
                grid.mark(grid.next(end, [x / 2, y / 2]));
            }
        }
    }
}

/// Marks a pixel of the object between two adjacent pixels of the image that are not, the nearest one and its opposite.
fn mark_thin(grid: &mut Grid, pixel: usize) {
    let [x, y] = grid.vectors[pixel];
    let is_next = x * x + y * y == 1;
    if is_next && grid.kinds[grid.next(pixel, [-x, -y])] == Kind::Background {
        grid.mark(pixel);
    }
}
