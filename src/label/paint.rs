//! From values per object to an image: every object filled with its value, background 0.

use ndarray::ArrayView3;
use rustc_hash::FxHashMap;

use super::rows::{for_rows_mut, with_row};
use super::runs::{find_runs, Label, Run};
use crate::error::{Error, Result};
use crate::task::Task;

/// Ids up to this many times the number of objects are looked up in an array, others in a hash table.
const DENSE_FACTOR: u64 = 16;
/// Ids below this always fit in an array: 4 MB of 32-bit values.
const DENSE_ALWAYS: u64 = 1 << 20;

/// Writes `values[i]` where `labels` is `ids[i]`, in `out`: the frame's pixels in C order, all 0.
///
/// Objects without a row stay 0.
///
/// # Errors
/// [`Error::Shape`] when `ids` and `values` differ in length; [`Error::Cancelled`].
pub fn paint<T: Label, V: Copy + Default + Send + Sync>(
    labels: ArrayView3<'_, T>,
    ids: &[u64],
    values: &[V],
    out: &mut [V],
    task: &Task,
) -> Result<()> {
    if ids.len() != values.len() {
        let (n, m) = (ids.len(), values.len());
        return Err(Error::Shape(format!(
            "{n} ids but {m} values to paint; pass one value per id"
        )));
    }
    let table = Table::new(ids, values);
    let write = |row, pixels: &mut [V], (copy, runs): &mut (Vec<T>, Vec<Run>)| {
        with_row(labels, row, copy, |line| {
            for run in find_runs(line, runs) {
                pixels[run.pixels()].fill(table.value(run.label));
            }
        });
    };
    for_rows_mut(out, labels.dim().2, task, write)
}

/// Value of an id.
enum Table<V> {
    Dense(Vec<V>),
    Sparse(FxHashMap<u64, V>),
}

impl<V: Copy + Default> Table<V> {
    fn new(ids: &[u64], values: &[V]) -> Self {
        let largest = ids.iter().copied().max().unwrap_or(0);
        if largest < DENSE_ALWAYS.max(DENSE_FACTOR.saturating_mul(ids.len() as u64)) {
            let mut dense = vec![V::default(); largest as usize + 1];
            for (&id, &value) in ids.iter().zip(values) {
                dense[id as usize] = value;
            }
            Self::Dense(dense)
        } else {
            Self::Sparse(ids.iter().copied().zip(values.iter().copied()).collect())
        }
    }

    fn value(&self, id: u64) -> V {
        match self {
            Self::Dense(values) => usize::try_from(id).ok().and_then(|id| values.get(id)),
            Self::Sparse(values) => values.get(&id),
        }
        .copied()
        .unwrap_or_default()
    }
}
