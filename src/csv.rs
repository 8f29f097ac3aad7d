//! Rows of a table as the text of a CSV file: numbers as Python prints them, text quoted only where it has to be.

use ndarray::ArrayView1;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::task::Task;

/// Cells that one thread turns into text at a time: enough to hide the cost of handing them out.
const CELLS_AT_ONCE: usize = 1 << 14;

/// Bytes that most cells need, with their comma.
const USUAL_CELL: usize = 10;

/// Values of a column, one a row.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// In as many digits as tell a float32 from its neighbours.
    F32(ArrayView1<'a, f32>),
    /// In as many digits as tell a float64 from its neighbours.
    F64(ArrayView1<'a, f64>),
    /// Whole numbers.
    I64(ArrayView1<'a, i64>),
    /// Whole numbers.
    U64(ArrayView1<'a, u64>),
    /// Any text.
    Text(&'a [String]),
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::F32(values) => float32(values[row], out),
            Self::F64(values) => float64(values[row], out),
            Self::I64(values) => out.extend(itoa::Buffer::new().format(values[row]).as_bytes()),
            Self::U64(values) => out.extend(itoa::Buffer::new().format(values[row]).as_bytes()),
            Self::Text(values) => text(&values[row], out),
        }
    }
}

/// The rows of `columns` as UTF-8 in pieces, to be written one after another: commas between cells, `\n` after rows.
///
/// Floats are what `str` makes of them in Python: `3949.0`, `0.0001`, `1e-05`, `1e+16`, `nan`, `-inf`. Text with a
/// comma, a quote or the end of a line is quoted, quotes doubled; so is the empty cell of a table of one column.
///
/// # Errors
/// [`Error::Shape`] when the columns differ in length, [`Error::Cancelled`].
pub fn rows(columns: &[Column<'_>], task: &Task) -> Result<Vec<Vec<u8>>> {
    let n_rows = columns.first().map_or(0, Column::len);
    if columns.iter().any(|column| column.len() != n_rows) {
        return Err(Error::Shape(
            "the columns of a table must be of one length".into(),
        ));
    }
    let at_once = (CELLS_AT_ONCE / columns.len().max(1)).max(1);
    let starts: Vec<_> = (0..n_rows).step_by(at_once).collect();
    let piece = |start: usize| {
        task.check()?;
        let stop = n_rows.min(start + at_once);
        let mut out = Vec::with_capacity((stop - start) * columns.len() * USUAL_CELL);
        (start..stop).for_each(|row| line(columns, row, &mut out));
        Ok(out)
    };
    starts.into_par_iter().map(piece).collect()
}

fn line(columns: &[Column<'_>], row: usize, out: &mut Vec<u8>) {
    let start = out.len();
    for column in columns {
        column.write(row, out);
        out.push(b',');
    }
    out.pop();
    if out.len() == start {
        out.extend(b"\"\""); // an empty line would be no row
    }
    out.push(b'\n');
}

/// As the double with the same shortest digits is written: Python knows no other form.
fn float32(value: f32, out: &mut Vec<u8>) {
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format(value);
    if value == 0.0 || (1e-3..1e12).contains(&value.abs()) {
        out.extend(shortest.as_bytes());
    } else {
        float64(shortest.parse().unwrap_or(f64::NAN), out);
    }
}

/// Without exponent from 1e-4 to 1e16.
fn float64(value: f64, out: &mut Vec<u8>) {
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format(value);
    if value.is_nan() {
        out.extend(b"nan");
    } else if let Some((digits, exponent)) = shortest.split_once('e') {
        let (sign, exponent) = exponent.split_at(1);
        out.extend(format!("{digits}e{sign}{exponent:0>2}").as_bytes());
    } else if let Some(digits) = shortest.trim_start_matches('-').strip_prefix("0.0000") {
        let sign = if value < 0.0 { "-" } else { "" };
        let (first, others) = digits.split_at(1);
        let point = if others.is_empty() { "" } else { "." };
        out.extend(format!("{sign}{first}{point}{others}e-05").as_bytes());
    } else {
        out.extend(shortest.as_bytes());
    }
}

fn text(cell: &str, out: &mut Vec<u8>) {
    if cell.contains([',', '"', '\n', '\r']) {
        out.push(b'"');
        out.extend(cell.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend(cell.as_bytes());
    }
}
