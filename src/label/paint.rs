//! From values per object to an image: every object filled with its value, background 0.

use std::ops::Range;

use ndarray::{ArrayView3, ArrayView4};
use rustc_hash::FxHashMap;

use super::rows::{expect_passes, for_steps_mut, frames, Rows};
use super::runs::{find_runs, Label};
use crate::error::{Error, Result};
use crate::task::Task;

/// Ids up to this many times the number of objects are looked up in an array, others in a hash table.
const DENSE_FACTOR: u64 = 16;
/// Ids below this always fit in an array: 4 MB of 32-bit values.
const DENSE_ALWAYS: u64 = 1 << 20;

/// Writes `values[i]` where `labels` (tzyx) is `ids[i]`, in `out`: its pixels in C order, all 0.
///
/// The objects of frame t are `starts[t]..starts[t + 1]`; others stay 0.
///
/// # Errors
/// [`Error::Shape`] when there is not one value per id, or `starts` does not fit; [`Error::Cancelled`].
pub fn paint<T: Label, V: Copy + Default + Send + Sync>(
    labels: ArrayView4<'_, T>,
    starts: &[usize],
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
    expect_passes(1, labels, task);
    for (t, (frame, out)) in frames(labels, out).enumerate() {
        let objects = objects_of_frame(starts, t, ids.len())?;
        let table = Table::new(&ids[objects.clone()], &values[objects]);
        paint_frame(frame, &table, out, task)?;
    }
    Ok(())
}

fn objects_of_frame(starts: &[usize], t: usize, n: usize) -> Result<Range<usize>> {
    match starts.get(t..t + 2) {
        Some(&[start, end]) if start <= end && end <= n => Ok(start..end),
        _ => Err(Error::Shape(format!(
            "the objects of frame {t} are not among the {n} given"
        ))),
    }
}

fn paint_frame<T: Label, V: Copy + Default + Send + Sync>(
    labels: ArrayView3<'_, T>,
    table: &Table<V>,
    out: &mut [V],
    task: &Task,
) -> Result<()> {
    let nx = labels.dim().2;
    for_steps_mut(out, nx, task, |step, pixels| {
        let mut rest = pixels.chunks_exact_mut(nx);
        let mut memory = Vec::new();
        Rows::of_step(labels, step).for_each(|_, line| {
            let pixels = rest.next().unwrap_or_default();
            for run in find_runs(line, &mut memory) {
                pixels[run.pixels()].fill(table.value(run.label));
            }
        });
    })
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
