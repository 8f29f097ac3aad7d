//! A queue that serves the lowest level first and, within a level, first come first served.
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, 1990): no level may be below the one served last, so items wait
//! in a bucket by the highest bit in which their level differs from it, and move down a few times at most.
//! Items of one level are always in one bucket, in the order in which they came, and move in that order.

/// Items by level, a number of 32 bits.
pub(super) struct RadixQueue<T> {
    buckets: [Vec<(u32, T)>; 33],
    /// The level served last: that of all of bucket 0.
    level: u32,
    /// How many of bucket 0 were served.
    served: usize,
}

impl<T: Copy> RadixQueue<T> {
    pub(super) fn new() -> Self {
        Self {
            buckets: [const { Vec::new() }; 33],
            level: 0,
            served: 0,
        }
    }

    /// Adds an item; a `level` below the one served last counts as that one.
    pub(super) fn push(&mut self, level: u32, item: T) {
        let level = level.max(self.level);
        let differing = u32::BITS - (level ^ self.level).leading_zeros();
        self.buckets[differing as usize].push((level, item));
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        if self.served == self.buckets[0].len() {
            self.rise()?;
        }
        let (_, item) = self.buckets[0][self.served];
        self.served += 1;
        Some(item)
    }

    /// Goes on to the lowest level that waits.
    fn rise(&mut self) -> Option<()> {
        self.buckets[0].clear();
        self.served = 0;
        let lowest = self.buckets.iter().position(|items| !items.is_empty())?;
        let mut items = std::mem::take(&mut self.buckets[lowest]);
        self.level = items.iter().map(|&(level, _)| level).min()?;
        for (level, item) in items.drain(..) {
            self.push(level, item);
        }
        self.buckets[lowest] = items;
        Some(())
    }
}
