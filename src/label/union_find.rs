//! Disjoint sets that many threads may join at once; the representative is always the smallest member.
//!
//! Linking the larger root below the smaller one makes the outcome independent of the order of the joins
//! (wait-free linking after Anderson and Woll, 1991; path halving).

use std::sync::atomic::{AtomicU32, Ordering};

/// Disjoint sets over `0..n`.
pub(crate) struct UnionFind {
    parent: Vec<AtomicU32>,
}

impl UnionFind {
    /// `n` sets of one member each.
    pub(crate) fn new(n: u32) -> Self {
        Self {
            parent: (0..n).map(AtomicU32::new).collect(),
        }
    }

    /// Puts `b`, which is alone and which no other thread asks for meanwhile, into the set of `a`, less than `b`.
    pub(crate) fn adopt(&self, a: u32, b: u32) {
        self.parent[b as usize].store(self.load(a), Ordering::Relaxed);
    }

    /// Whether no smaller member is in the set of `i`.
    pub(crate) fn is_first(&self, i: u32) -> bool {
        self.load(i) == i
    }

    /// For every member the number of its set: 1, 2, … by the smallest members.
    pub(crate) fn into_numbers(self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.parent.into_iter().map(AtomicU32::into_inner).collect();
        let mut last = 0;
        for i in 0..numbers.len() {
            // The parent is smaller, hence numbered already.
            let parent = numbers[i] as usize;
            numbers[i] = if parent == i {
                last += 1;
                last
            } else {
                numbers[parent]
            };
        }
        numbers
    }

    /// The smallest member of the set of `i`.
    fn find(&self, mut i: u32) -> u32 {
        loop {
            let parent = self.load(i);
            if parent == i {
                return i;
            }
            let grandparent = self.load(parent);
            // Lost updates only leave a longer path: a parent never becomes larger.
            if grandparent != parent {
                self.parent[i as usize].store(grandparent, Ordering::Relaxed);
            }
            i = grandparent;
        }
    }

    /// Joins the sets of `a` and `b`.
    pub(crate) fn join(&self, mut a: u32, mut b: u32) {
        if self.load(a) == self.load(b) {
            return;
        }
        loop {
            a = self.find(a);
            b = self.find(b);
            if a == b {
                return;
            }
            let (low, high) = (a.min(b), a.max(b));
            let slot = &self.parent[high as usize];
            if slot
                .compare_exchange(high, low, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }

    fn load(&self, i: u32) -> u32 {
        self.parent[i as usize].load(Ordering::Relaxed)
    }
}
