//! A binary heap of numbered entries whose layout decides which of two equal ones comes first.
//!
//! Equally long paths through a skeleton are chosen by that layout, so it is part of the definition of the features.

/// Not in the heap: never was, or no longer is.
const NEVER: u32 = 0;
const POPPED: u32 = u32::MAX;

/// Smallest priority first.
#[derive(Debug)]
pub struct Heap {
    /// Priorities and numbers, from place 1 on.
    entries: Vec<(f64, u32)>,
    /// Place of each number.
    places: Vec<u32>,
}

impl Default for Heap {
    fn default() -> Self {
        Self {
            entries: vec![(0.0, 0)],
            places: Vec::new(),
        }
    }
}

impl Heap {
    /// Makes room for the numbers below `n`.
    pub fn reserve(&mut self, n: usize) {
        self.places.resize(n.max(self.places.len()), NEVER);
    }

    /// The first entry: its priority and number.
    #[must_use]
    pub fn first(&self) -> Option<(f64, u32)> {
        self.entries.get(1).copied()
    }

    /// Adds a number that was never in it.
    pub fn insert(&mut self, number: u32, priority: f64) {
        self.entries.push((priority, number));
        self.rise(self.entries.len() - 1);
    }

    /// Adds a number that was never in it, or lowers the priority of one that is; false if neither can be.
    pub fn lower(&mut self, number: u32, priority: f64) -> bool {
        match self.places[number as usize] {
            POPPED => return false,
            NEVER => self.insert(number, priority),
            place => {
                let place = place as usize;
                if priority >= self.entries[place].0 {
                    return false;
                }
                self.entries[place].0 = priority;
                self.rise(place);
            }
        }
        true
    }

    /// Removes the first entry.
    pub fn pop(&mut self) {
        let Some((_, first)) = self.first() else {
            return;
        };
        self.places[first as usize] = POPPED;
        let moved = self.entries.pop();
        if let (Some(last), true) = (moved, self.entries.len() > 1) {
            self.sink(last);
        }
    }

    /// Forgets everything, given the numbers that were popped.
    pub fn clear(&mut self, popped: &[u32]) {
        for number in popped
            .iter()
            .chain(self.entries[1..].iter().map(|(_, number)| number))
        {
            self.places[*number as usize] = NEVER;
        }
        self.entries.truncate(1);
    }

    fn put(&mut self, place: usize, entry: (f64, u32)) {
        self.entries[place] = entry;
        self.places[entry.1 as usize] = place as u32;
    }

    fn rise(&mut self, mut place: usize) {
        let entry = self.entries[place];
        while place > 1 && self.entries[place / 2].0 > entry.0 {
            self.put(place, self.entries[place / 2]);
            place /= 2;
        }
        self.put(place, entry);
    }

    /// Puts an entry in the place of the first one, and from there down.
    fn sink(&mut self, entry: (f64, u32)) {
        let (mut place, end) = (1, self.entries.len());
        while 2 * place < end {
            let left = 2 * place;
            let right = left + 1;
            let is_right = right < end && self.entries[left].0 > self.entries[right].0;
            let child = if is_right { right } else { left };
            if entry.0 <= self.entries[child].0 {
                break;
            }
            self.put(place, self.entries[child]);
            place = child;
        }
        self.put(place, entry);
    }
}
