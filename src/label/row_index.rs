//! Which row of a table an id has: dense numbering of ids that may be anything.

use rustc_hash::FxHashMap;

/// Ids below this are looked up in an array (at most 64 MB per thread, touched only where ids occur), others are hashed.
const DENSE: u64 = 1 << 24;

/// Maps ids to rows 0, 1, 2, … in the order of first meeting.
#[derive(Debug, Default)]
pub struct RowIndex {
    /// Row + 1 of each small id; 0 = not met.
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
}

impl RowIndex {
    /// The row of `id`; an id not met before is appended to `ids` and gets the next row.
    #[inline(always)]
    pub fn row(&mut self, id: u64, ids: &mut Vec<u64>) -> usize {
        match self.dense.get(id as usize) {
            Some(&row) if row != 0 => row as usize - 1,
            _ => self.look_further(id, ids),
        }
    }

    /// The row of `id`, if it was met.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<usize> {
        let row = match self.dense.get(id as usize) {
            Some(&row) => row.checked_sub(1),
            None => self.sparse.get(&id).copied(),
        };
        row.map(|row| row as usize)
    }

    /// Forgets `ids`, all that were met, and keeps the memory.
    pub fn clear(&mut self, ids: &[u64]) {
        for &id in ids {
            if let Some(row) = self.dense.get_mut(id as usize) {
                *row = 0;
            }
        }
        self.sparse.clear();
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.dense.len() * size_of::<u32>() + self.sparse.capacity() * size_of::<(u64, u32)>()
    }

    #[cold]
    #[inline(never)]
    fn look_further(&mut self, id: u64, ids: &mut Vec<u64>) -> usize {
        let next = ids.len() as u32;
        if id < DENSE {
            let place = id as usize;
            if place >= self.dense.len() {
                self.grow(place + 1);
            }
            self.dense[place] = next + 1;
        } else {
            let row = *self.sparse.entry(id).or_insert(next);
            if row != next {
                return row as usize;
            }
        }
        ids.push(id);
        next as usize
    }

    /// Zeroed pages come from the system untouched, hence a new array instead of `resize`.
    fn grow(&mut self, length: usize) {
        let mut dense = vec![0; length.next_power_of_two()];
        dense[..self.dense.len()].copy_from_slice(&self.dense);
        self.dense = dense;
    }
}
