//! A queue that serves the lowest level first, for levels that never fall.
//!
//! Items wait in buckets, each for a part of the range of levels; only the bucket that is served is kept in order, and
//! it is small enough to stay in the cache.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Pixels by the bits of their level, a float that is not negative.
pub(super) struct LevelQueue {
    buckets: Vec<Vec<(u32, u32)>>,
    /// Buckets per unit of level.
    scale: f32,
    /// Which bucket is served.
    current: usize,
    served: BinaryHeap<Reverse<(u32, u32)>>,
    /// The level served last.
    level: u32,
}

impl LevelQueue {
    /// A queue of `n_buckets`, at least 1, for levels up to `highest`.
    pub(super) fn new(highest: f32, n_buckets: usize) -> Self {
        Self {
            buckets: vec![Vec::new(); n_buckets],
            scale: n_buckets as f32 / highest.max(f32::MIN_POSITIVE),
            current: 0,
            served: BinaryHeap::new(),
            level: 0,
        }
    }

    /// Adds a pixel; a `level` below the one served last counts as that one.
    pub(super) fn push(&mut self, level: u32, pixel: u32) {
        let level = level.max(self.level);
        let bucket = (f32::from_bits(level) * self.scale) as usize;
        let bucket = bucket.min(self.buckets.len() - 1);
        if bucket <= self.current {
            self.served.push(Reverse((level, pixel)));
        } else {
            self.buckets[bucket].push((level, pixel));
        }
    }

    /// Takes the first pixel, with its level.
    pub(super) fn pop(&mut self) -> Option<(u32, u32)> {
        while self.served.is_empty() {
            self.current += 1;
            let next = std::mem::take(self.buckets.get_mut(self.current)?);
            self.served = next.into_iter().map(Reverse).collect();
        }
        let Reverse((level, pixel)) = self.served.pop()?;
        self.level = level;
        Some((level, pixel))
    }
}
