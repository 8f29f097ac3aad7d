//! From each pixel of an object to the nearest pixel that is not the object's, exactly, in time proportional to the box.
//!
//! Beyond the image there are no pixels. Of pixels equally far, the one with the largest y counts, then the largest x.

use super::grid::{Grid, Kind};
use crate::error::Result;
use crate::task::Task;

/// In place of a row's vector: the row has no other pixel.
const FAR: i32 = i32::MAX;

/// Columns between two looks at whether to go on.
const COLUMNS: usize = 64;

/// The nearest pixel in some row of a column, and where it begins to be nearest of all.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    y: i64,
    dx: i32,
    from: i64,
}

impl Candidate {
    fn squared(&self, y: i64) -> i64 {
        (y - self.y).pow(2) + i64::from(self.dx).pow(2)
    }
}

/// Finds the nearest pixels.
#[derive(Debug, Default)]
pub(super) struct Distance {
    /// Lower envelope of the parabolas of one column run, from top to bottom.
    envelope: Vec<Candidate>,
}

impl Distance {
    /// Sets the vectors of all pixels of the object; all are 0 if the image has no other pixel.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub(super) fn find(&mut self, grid: &mut Grid, task: &Task) -> Result<()> {
        within_rows(grid);
        for x in 1..grid.width - 1 {
            if x % COLUMNS == 0 {
                task.check()?;
            }
            self.find_column(grid, x);
        }
        Ok(())
    }

    fn find_column(&mut self, grid: &mut Grid, x: usize) {
        let mut y = 1;
        while y < grid.height - 1 {
            let first = y;
            while grid.kinds[y * grid.width + x] == Kind::Object {
                y += 1;
            }
            if first < y {
                self.find_run(grid, x, first, y);
            }
            y += 1;
        }
    }

    /// Sets the vectors of the rows `first..stop` of column `x`, all of them the object's.
    fn find_run(&mut self, grid: &mut Grid, x: usize, first: usize, stop: usize) {
        self.envelope.clear();
        let column = grid.vectors[first * grid.width + x..]
            .iter()
            .step_by(grid.width);
        let [top, bottom] = [first - 1, stop].map(|y| grid.kinds[y * grid.width + x]);
        let (first, stop) = (first as i64, stop as i64);
        if top == Kind::Background {
            self.add(first - 1, 0, first, stop);
        }
        for (y, &[dx, _]) in (first..stop).zip(column) {
            if dx != FAR {
                self.add(y, dx, first, stop);
            }
        }
        if bottom == Kind::Background {
            self.add(stop, 0, first, stop);
        }
        let mut rest = self.envelope.iter().peekable();
        let mut nearest = Candidate {
            y: 0,
            dx: 0,
            from: 0,
        };
        let any = !self.envelope.is_empty();
        let column = grid.vectors[first as usize * grid.width + x..]
            .iter_mut()
            .step_by(grid.width);
        for (y, vector) in (first..stop).zip(column) {
            while let Some(next) = rest.next_if(|next| next.from <= y) {
                nearest = *next;
            }
            *vector = if any {
                [nearest.dx, (nearest.y - y) as i32]
            } else {
                [0; 2]
            };
        }
    }

    /// Adds a candidate below all others; it counts wherever it is no farther than they are.
    fn add(&mut self, y: i64, dx: i32, first: i64, stop: i64) {
        let mut added = Candidate { y, dx, from: first };
        while self
            .envelope
            .last()
            .is_some_and(|last| added.squared(last.from) <= last.squared(last.from))
        {
            self.envelope.pop();
        }
        if let Some(last) = self.envelope.last() {
            let difference =
                y * y - last.y * last.y + i64::from(dx).pow(2) - i64::from(last.dx).pow(2);
            let twice = 2 * (y - last.y);
            // A quotient of floats is several times faster, and exact enough: the fraction is far from rounding up.
            let whole = (difference as f64 / twice as f64) as i64;
            added.from = whole + i64::from(whole * twice < difference);
        }
        if added.from < stop {
            self.envelope.push(added);
        }
    }
}

/// Sets the x of all vectors to the nearest pixel of the row that is not the object's.
fn within_rows(grid: &mut Grid) {
    for &(first, length) in &grid.runs {
        let is_end = |pixel: usize| grid.kinds[pixel] == Kind::Background;
        let to_left = match (is_end(first - 1), is_end(first + length)) {
            (true, true) => length / 2,
            (true, false) => length,
            (false, true) => 0,
            (false, false) => {
                grid.vectors[first..][..length].fill([FAR, 0]);
                continue;
            }
        };
        let (left, right) = grid.vectors[first..][..length].split_at_mut(to_left);
        for (i, vector) in left.iter_mut().enumerate() {
            vector[0] = -(i as i32 + 1);
        }
        for (i, vector) in right.iter_mut().rev().enumerate() {
            vector[0] = i as i32 + 1;
        }
    }
}
