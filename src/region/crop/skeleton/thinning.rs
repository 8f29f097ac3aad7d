//! Thinning: skeletons lose pixels that are not needed to hold them together, those nearest to the outside first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::grid::{each, Grid, Kind, STEPS};

/// Whether a pixel of a skeleton can be removed, by the set of its neighbours in the skeleton: a bit for each, the
/// upper left one first, row by row.
///
/// It can if the others stay connected, the gaps beside them, too, and it is no end: two of its direct neighbours are
/// in the skeleton, or one and both beside that one.
pub const REMOVABLE: [bool; 256] = removable();

/// The neighbours clockwise, from the upper left one; direct ones at odd places.
const RING: [usize; 8] = [0, 1, 2, 4, 7, 6, 5, 3];

const fn removable() -> [bool; 256] {
    let mut table = [false; 256];
    let mut set = 0;
    while set < 256 {
        table[set] = is_removable(set);
        set += 1;
    }
    table
}

const fn is_removable(set: usize) -> bool {
    let (mut gaps, mut direct, mut all, mut place) = (0, 0, 0, 0);
    while place < 8 {
        let here = has(set, place);
        all += here as u32;
        if place % 2 == 1 {
            direct += here as u32;
            gaps += (!here && (has(set, place + 1) || has(set, place + 2))) as u32;
        }
        place += 1;
    }
    gaps == 1 && (direct == 2 || (direct == 1 && all == 3))
}

const fn has(set: usize, place: usize) -> bool {
    set & (0x80 >> RING[place % 8]) != 0
}

/// A pixel to look at; the smallest squared distance comes first, then the earliest turn.
type Turn = Reverse<(i64, u32, u32)>;

/// Thins skeletons.
#[derive(Debug, Default)]
pub(super) struct Thinning {
    turns: BinaryHeap<Turn>,
    n_turns: u32,
}

impl Thinning {
    /// Unmarks what can be removed, one pixel after the other; pixels at the border of the image stay.
    pub(super) fn thin(&mut self, grid: &mut Grid) {
        self.n_turns = 0;
        for &(first, length) in &grid.runs {
            for pixel in first..first + length {
                self.push(grid, pixel);
            }
        }
        while let Some(Reverse((_, _, pixel))) = self.turns.pop() {
            let pixel = pixel as usize;
            if !can_go(grid, pixel) {
                continue;
            }
            grid.toggle(pixel);
            for k in each(grid.around[pixel]) {
                self.push(grid, grid.next(pixel, STEPS[k]));
            }
        }
    }

    fn push(&mut self, grid: &Grid, pixel: usize) {
        if can_go(grid, pixel) {
            let turn = (grid.squared(pixel), self.n_turns, pixel as u32);
            self.turns.push(Reverse(turn));
            self.n_turns += 1;
        }
    }
}

fn can_go(grid: &Grid, pixel: usize) -> bool {
    grid.marked[pixel] && REMOVABLE[grid.around[pixel] as usize] && !is_at_border(grid, pixel)
}

fn is_at_border(grid: &Grid, pixel: usize) -> bool {
    let width = grid.width;
    let direct = [pixel - width, pixel - 1, pixel + 1, pixel + width];
    direct
        .into_iter()
        .any(|next| grid.kinds[next] == Kind::Outside)
}
