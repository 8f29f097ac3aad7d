//! Rows of features as columns of float32 with missing values settled, and as the ranks that training sorts by.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::task::Task;

/// Where NaN and ±inf go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Behind every number: a split sends them right, and may separate them from all numbers.
    #[default]
    Last,
    /// They count as 0, as in ilastik.
    Zero,
}

impl Missing {
    /// `value` as float32, rounded once; what is not finite then is missing.
    fn settle(self, value: f64) -> f32 {
        let value = value as f32;
        match self {
            _ if value.is_finite() => value,
            Self::Last => f32::INFINITY,
            Self::Zero => 0.0,
        }
    }
}

/// Some rows of a feature matrix, one column after the other; free of NaN.
#[derive(Debug)]
pub(super) struct Columns {
    n_rows: usize,
    values: Vec<f32>,
}

impl Columns {
    pub(super) fn new<T: Copy + Into<f64>>(rows: ArrayView2<'_, T>, missing: Missing) -> Self {
        let n_rows = rows.nrows();
        let mut values = vec![0.0; rows.len()];
        for (i, row) in rows.outer_iter().enumerate() {
            for (j, &value) in row.iter().enumerate() {
                values[j * n_rows + i] = missing.settle(value.into());
            }
        }
        Self { n_rows, values }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn column(&self, column: u32) -> &[f32] {
        &self.values[column as usize * self.n_rows..][..self.n_rows]
    }
}

/// The rows that a forest learns from.
#[derive(Debug)]
pub struct Samples {
    pub(super) columns: Columns,
    pub(super) classes: Vec<u32>,
    pub(super) n_classes: usize,
    pub(super) n_columns: usize,
    pub(super) missing: Missing,
    ranks: Vec<u32>,
}

impl Samples {
    /// Ranks the columns of `x`; row `i` is of class `y[i]`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are no rows or columns, too many to number, or not one class per row;
    /// [`Error::Value`] when a class is not below `n_classes`; [`Error::Cancelled`] when the task is stopped.
    pub fn new<T: Copy + Into<f64>>(
        x: ArrayView2<'_, T>,
        y: &[usize],
        n_classes: usize,
        missing: Missing,
        task: &Task,
    ) -> Result<Self> {
        let (n_rows, n_columns) = x.dim();
        check_shape(n_rows, n_columns, y.len())?;
        if let Some(class) = y.iter().find(|&&class| class >= n_classes) {
            return Err(Error::Value(format!(
                "class number {class} is outside the {n_classes} classes given; list every class that occurs"
            )));
        }
        let columns = Columns::new(x, missing);
        let ranked = columns.values.par_chunks(n_rows).map(|column| {
            task.check()?;
            Ok(rank(column))
        });
        let ranks: Result<Vec<Vec<u32>>> = ranked.collect();
        Ok(Self {
            ranks: ranks?.concat(),
            classes: y.iter().map(|&class| class as u32).collect(),
            columns,
            n_classes,
            n_columns,
            missing,
        })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.classes.len()
    }

    /// Position of each row among the distinct values of a column.
    pub(super) fn ranks(&self, column: u32) -> &[u32] {
        let n_rows = self.n_rows();
        &self.ranks[column as usize * n_rows..][..n_rows]
    }
}

fn check_shape(n_rows: usize, n_columns: usize, n_labels: usize) -> Result<()> {
    let limit = i32::MAX as usize;
    let complaint = if n_rows == 0 || n_columns == 0 {
        "there is nothing to learn from; give at least one row and one column"
    } else if n_labels != n_rows {
        "every row needs exactly one class"
    } else if n_rows > limit / 2 || n_columns > limit {
        "that is too large; train on a sample of the rows"
    } else {
        return Ok(());
    };
    Err(Error::Shape(format!(
        "X has {n_rows} rows and {n_columns} columns, y has {n_labels} classes: {complaint}"
    )))
}

/// Rank of each value among the distinct values; equal values share one.
fn rank(values: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    let mut ranks = vec![0; values.len()];
    for pair in order.windows(2) {
        let (lower, upper) = (pair[0] as usize, pair[1] as usize);
        ranks[upper] = ranks[lower] + u32::from(values[lower] != values[upper]);
    }
    ranks
}
