//! Flooding by one binary heap, which also says who is served first among equals.
//!
//! The order of equals in a heap depends on everything in it, in the whole frame: one thread has to do it.
//! It is that of `std::priority_queue` as C++ libraries implement it, so that plateaus come out as in VIGRA.

use super::neighbours::neighbours;
use super::relief::Relief;
use super::CHECK;
use crate::error::Result;
use crate::task::Task;

/// Floods from the seeds in `labels`, a part of a frame in C order with fewer than 2³² pixels: from those `pixels` that
/// are in a seed.
pub(super) fn flood_in_heap_order(
    relief: &Relief<'_>,
    labels: &mut [u32],
    shape: (usize, usize, usize),
    pixels: impl Iterator<Item = usize>,
    task: &Task,
) -> Result<()> {
    let mut heap = Heap::default();
    for pixel in pixels {
        if labels[pixel] != 0 && neighbours(shape, pixel).any(|near| labels[near] == 0) {
            heap.push((relief.level(pixel), pixel as u32));
        }
    }
    let mut n_flooded = 0;
    while let Some((level, pixel)) = heap.pop().filter(|&(level, _)| relief.reaches(level)) {
        let label = labels[pixel as usize];
        for near in neighbours(shape, pixel as usize) {
            if labels[near] == 0 {
                labels[near] = label;
                heap.push((level.max(relief.level(near)), near as u32));
            }
        }
        n_flooded += 1;
        if n_flooded % CHECK == 0 {
            task.check()?;
        }
    }
    Ok(())
}

/// A level and a pixel.
type Item = (u32, u32);

/// A binary heap with the lowest level on top.
#[derive(Default)]
struct Heap {
    items: Vec<Item>,
}

impl Heap {
    fn push(&mut self, item: Item) {
        self.items.push(item);
        self.rise(self.items.len() - 1, item);
    }

    /// Takes the top. The gap sinks to the bottom along the lower children, of equal ones the second; there the
    /// last item fills it and rises.
    fn pop(&mut self) -> Option<Item> {
        let last = self.items.pop()?;
        let Some(&top) = self.items.first() else {
            return Some(last);
        };
        let (mut gap, mut child) = (0, 2);
        while child < self.items.len() {
            child -= usize::from(self.items[child].0 > self.items[child - 1].0);
            self.items[gap] = self.items[child];
            gap = child;
            child = 2 * gap + 2;
        }
        if child == self.items.len() {
            self.items[gap] = self.items[child - 1];
            gap = child - 1;
        }
        self.rise(gap, last);
        Some(top)
    }

    /// Puts `item` into the gap, or where the gap comes to be once all higher levels above it moved down.
    fn rise(&mut self, mut gap: usize, item: Item) {
        while gap > 0 && self.items[(gap - 1) / 2].0 > item.0 {
            self.items[gap] = self.items[(gap - 1) / 2];
            gap = (gap - 1) / 2;
        }
        self.items[gap] = item;
    }
}
