//! A binary heap of numbered entries whose layout decides which of two equal ones comes first.
//!
//! Equally long paths through a skeleton are chosen by that layout, so it is part of the definition of the features.

/// In place of a priority: not in the heap, since it never was, or no longer is.
const NEVER: f64 = f64::INFINITY;
const POPPED: f64 = f64::NEG_INFINITY;

/// No number.
pub const NONE: u32 = u32::MAX;

/// What is known of a number.
#[derive(Clone, Copy, Debug)]
struct Known {
    priority: f64,
    /// Where it is in the heap.
    place: u32,
}

const UNKNOWN: Known = Known {
    priority: NEVER,
    place: 0,
};

/// Smallest priority first; priorities are finite.
#[derive(Debug)]
pub struct Heap {
    /// Priorities and numbers, from place 1 on.
    entries: Vec<(f64, u32)>,
    /// By number, after the one of `NONE`.
    known: Vec<Known>,
}

impl Default for Heap {
    fn default() -> Self {
        Self {
            entries: vec![(0.0, 0)],
            known: vec![Known {
                priority: POPPED,
                place: 0,
            }],
        }
    }
}

impl Heap {
    /// Makes room for the numbers below `n`.
    pub fn reserve(&mut self, n: usize) {
        self.known.resize((n + 1).max(self.known.len()), UNKNOWN);
    }

    /// The first entry: its priority and number.
    #[must_use]
    pub fn first(&self) -> Option<(f64, u32)> {
        self.entries.get(1).copied()
    }

    /// Whether a number can get this priority: it was never in it, or is with a higher one. [`NONE`] never can.
    #[inline]
    #[must_use]
    pub fn is_lower(&self, number: u32, priority: f64) -> bool {
        priority < self.known[slot(number)].priority
    }

    /// Adds a number that was never in it, or lowers the priority of one that is; false if neither can be.
    #[inline]
    pub fn lower(&mut self, number: u32, priority: f64) -> bool {
        if !self.is_lower(number, priority) {
            return false;
        }
        let known = &mut self.known[slot(number)];
        let before = std::mem::replace(&mut known.priority, priority);
        let place = known.place;
        let entry = (priority, number);
        if before == NEVER {
            self.entries.push(entry);
            self.rise(self.entries.len() - 1, entry);
        } else {
            self.rise(place as usize, entry);
        }
        true
    }

    /// Removes the first entry.
    pub fn pop(&mut self) {
        let Some((_, first)) = self.first() else {
            return;
        };
        self.known[slot(first)].priority = POPPED;
        let moved = self.entries.pop();
        if let (Some(last), true) = (moved, self.entries.len() > 1) {
            self.sink(last);
        }
    }

    /// Forgets everything, given the numbers that were popped.
    pub fn clear(&mut self, popped: &[u32]) {
        let left = self.entries[1..].iter().map(|(_, number)| number);
        for &number in popped.iter().chain(left) {
            self.known[slot(number)] = UNKNOWN;
        }
        self.entries.truncate(1);
    }

    #[inline]
    fn put(&mut self, place: usize, entry: (f64, u32)) {
        self.entries[place] = entry;
        self.known[slot(entry.1)].place = place as u32;
    }

    /// Puts an entry in a place, or nearer to the first one.
    #[inline]
    fn rise(&mut self, mut place: usize, entry: (f64, u32)) {
        while place > 1 {
            let parent = self.entries[place / 2];
            if parent.0 <= entry.0 {
                break;
            }
            self.put(place, parent);
            place /= 2;
        }
        self.put(place, entry);
    }

    /// Puts an entry in the place of the first one, and from there down.
    #[inline]
    fn sink(&mut self, entry: (f64, u32)) {
        let (mut place, last) = (1, self.entries.len() - 1);
        while 2 * place <= last {
            let left = 2 * place;
            let right = (left + 1).min(last);
            // No branch: nobody could foresee which of the two it is.
            let child = left + usize::from(self.entries[left].0 > self.entries[right].0);
            let next = self.entries[child];
            if entry.0 <= next.0 {
                break;
            }
            self.put(place, next);
            place = child;
        }
        self.put(place, entry);
    }
}

/// Place of what is known of a number.
#[inline]
fn slot(number: u32) -> usize {
    number.wrapping_add(1) as usize
}
