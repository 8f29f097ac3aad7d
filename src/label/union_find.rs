//! Disjoint sets that many threads may join at once; the representative is always the smallest member.
//!
//! Linking the larger root below the smaller one makes the outcome independent of the order of the joins
//! (wait-free linking after Anderson and Woll, 1991; path halving).

use std::sync::atomic::{AtomicU32, Ordering};

/// Disjoint sets over `0..n`.
#[derive(Debug)]
pub struct UnionFind {
    parent: Vec<AtomicU32>,
}

impl UnionFind {
    /// `n` sets of one member each.
    #[must_use]
    pub fn new(n: u32) -> Self {
        Self {
            parent: (0..n).map(AtomicU32::new).collect(),
        }
    }

    /// For every member a smaller one of its set, or itself if there is none.
    pub(crate) fn into_parents(self) -> Vec<u32> {
        self.parent.into_iter().map(AtomicU32::into_inner).collect()
    }

    /// The smallest member of the set of `i`, which is less than `n`.
    #[must_use]
    pub fn find(&self, mut i: u32) -> u32 {
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

    /// Joins the sets of `a` and the larger `b`, which no other thread joins meanwhile.
    pub(crate) fn join_own(&self, a: u32, b: u32) {
        if self.load(b) == b {
            self.parent[b as usize].store(self.load(a), Ordering::Relaxed);
        } else {
            self.join(a, b);
        }
    }

    /// Joins the sets of `a` and `b`, which are less than `n`.
    pub fn join(&self, mut a: u32, mut b: u32) {
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
