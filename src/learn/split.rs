//! The best question at a node: the split of some randomly drawn columns that leaves the classes purest.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::samples::Samples;

/// A split of the rows of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) column: u32,
    /// Rows up to and including this rank go left.
    pub(super) rank: u32,
    /// Values up to and including this one go left.
    pub(super) threshold: f32,
    /// Sum over both sides of (Σ squared class weights) / weight: the larger, the purer (Gini).
    pub(super) purity: f64,
}

/// Finds splits of one tree's nodes.
pub(super) struct SplitFinder<'a> {
    samples: &'a Samples,
    weights: &'a [u32],
    n_tries: usize,
    shuffled: Vec<u32>,
    sorted: Vec<u64>,
    left: Vec<u64>,
    right: Vec<u64>,
}

impl<'a> SplitFinder<'a> {
    /// Splits of rows weighted by `weights`, each the best of `n_tries` columns.
    pub(super) fn new(samples: &'a Samples, weights: &'a [u32], n_tries: usize) -> Self {
        Self {
            samples,
            weights,
            n_tries,
            shuffled: (0..samples.n_columns as u32).collect(),
            sorted: Vec::with_capacity(samples.n_rows()),
            left: vec![0; samples.n_classes],
            right: vec![0; samples.n_classes],
        }
    }

    /// The best split of `rows`, whose class weights are `counts`; none when all columns are constant.
    ///
    /// Columns are drawn without replacement; the draw goes on while all of them are constant here.
    /// Among equally good splits the first one found stays.
    pub(super) fn best(
        &mut self,
        rows: &[u32],
        counts: &[u64],
        random: &mut Xoshiro256PlusPlus,
    ) -> Option<Split> {
        let mut best: Option<Split> = None;
        for drawn in 0..self.shuffled.len() {
            if drawn >= self.n_tries && best.is_some() {
                break;
            }
            let pick = random.gen_range(drawn..self.shuffled.len());
            self.shuffled.swap(drawn, pick);
            let split = self.best_of_column(self.shuffled[drawn], rows, counts);
            let is_better = |split: &Split| best.is_none_or(|best| split.purity > best.purity);
            best = split.filter(is_better).or(best);
        }
        best
    }

    fn best_of_column(&mut self, column: u32, rows: &[u32], counts: &[u64]) -> Option<Split> {
        if !self.sort(column, rows) {
            return None;
        }
        self.left.fill(0);
        self.right.copy_from_slice(counts);
        let total: u64 = counts.iter().sum();
        let (mut left_weight, mut left_squares) = (0, 0);
        let mut right_squares: u64 = counts.iter().map(|n| n * n).sum();
        let (mut purity, mut place) = (f64::NEG_INFINITY, 0);
        for (i, pair) in self.sorted.windows(2).enumerate() {
            let row = row_of(pair[0]);
            let class = self.samples.classes[row] as usize;
            let weight = u64::from(self.weights[row]);
            left_squares += weight * (2 * self.left[class] + weight);
            right_squares -= weight * (2 * self.right[class] - weight);
            self.left[class] += weight;
            self.right[class] -= weight;
            left_weight += weight;
            if rank_of(pair[0]) == rank_of(pair[1]) {
                continue;
            }
            let right_weight = total - left_weight;
            let here = left_squares as f64 / left_weight as f64
                + right_squares as f64 / right_weight as f64;
            if here > purity {
                (purity, place) = (here, i);
            }
        }
        let values = self.samples.columns.column(column);
        let (lower, upper) = (self.sorted[place], self.sorted[place + 1]);
        Some(Split {
            column,
            rank: rank_of(lower),
            threshold: between(values[row_of(lower)], values[row_of(upper)]),
            purity,
        })
    }

    /// Fills `sorted` with `rows` in the order of their ranks; false when they all have the same.
    fn sort(&mut self, column: u32, rows: &[u32]) -> bool {
        let ranks = self.samples.ranks(column);
        let keys = rows
            .iter()
            .map(|&row| u64::from(ranks[row as usize]) << 32 | u64::from(row));
        self.sorted.clear();
        self.sorted.extend(keys);
        let first = rank_of(self.sorted[0]);
        if self.sorted.iter().all(|&key| rank_of(key) == first) {
            return false;
        }
        self.sorted.sort_unstable();
        true
    }
}

fn rank_of(key: u64) -> u32 {
    (key >> 32) as u32
}

fn row_of(key: u64) -> usize {
    (key & u64::from(u32::MAX)) as usize
}

/// Where values between two training values part: at their mean, rounded to float32 but always below `upper`.
///
/// Against missing values, which sort as +inf, every number goes left.
fn between(lower: f32, upper: f32) -> f32 {
    if upper.is_infinite() {
        return f32::MAX;
    }
    let mean = ((f64::from(lower) + f64::from(upper)) / 2.0) as f32;
    if mean < upper {
        mean
    } else {
        lower
    }
}
