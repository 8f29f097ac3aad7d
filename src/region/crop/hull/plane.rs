//! The convex hull of points in a plane: what it covers of each row.

/// Corners of a convex curve, by rising rows: of all points added, those that no line between two others lies below.
#[derive(Debug, Default)]
struct Chain {
    corners: Vec<[i64; 2]>,
}

impl Chain {
    /// Adds a point (row, column) beyond all rows so far.
    fn add(&mut self, point: [i64; 2]) {
        while let [.., a, b] = self.corners[..] {
            if is_below(b, a, point) {
                break;
            }
            self.corners.pop();
        }
        self.corners.push(point);
    }

    /// For each row the smallest column that is not below the curve.
    fn columns(&self) -> impl Iterator<Item = i64> + '_ {
        let sides = self.corners.windows(2).flat_map(|side| {
            let [[row, column], [next_row, next_column]] = [side[0], side[1]];
            let (rows, columns) = (next_row - row, next_column - column);
            (0..rows).map(move |i| column - (-columns * i).div_euclid(rows))
        });
        sides.chain(self.corners.last().map(|corner| corner[1]))
    }
}

/// Whether `b` has a smaller column than the line from `a` to `c` has in its row.
fn is_below(b: [i64; 2], a: [i64; 2], c: [i64; 2]) -> bool {
    let part = |p: i64, q: i64| i128::from(p) * i128::from(q);
    part(b[1] - a[1], c[0] - a[0]) < part(c[1] - a[1], b[0] - a[0])
}

/// The axes of rows and columns in which the points of a plane in space, given its normal, are all apart.
///
/// Points in raster order are in the order of their rows and columns, too.
pub(super) fn seen_along(normal: [i64; 3]) -> [usize; 2] {
    match normal {
        [_, 0, 0] => [1, 2],
        [_, _, 0] => [0, 2],
        _ => [0, 1],
    }
}

/// The convex hull of points with integer rows and columns.
#[derive(Debug, Default)]
pub(super) struct Outline {
    first: Chain,
    /// Columns negated: the hull on this side is the mirror image of that on the other.
    last: Chain,
}

impl Outline {
    /// Takes all points away.
    pub(super) fn clear(&mut self) {
        self.first.corners.clear();
        self.last.corners.clear();
    }

    /// Adds all points of a row from column `first` to `last`, beyond all rows so far.
    pub(super) fn add(&mut self, row: i64, first: i64, last: i64) {
        self.first.add([row, first]);
        self.last.add([row, -last]);
    }

    /// Takes points (row, column), sorted, in place of those so far.
    pub(super) fn set(&mut self, points: impl Iterator<Item = [i64; 2]>) {
        self.clear();
        let mut points = points.peekable();
        while let Some([row, first]) = points.next() {
            let mut last = first;
            while let Some([_, column]) = points.next_if(|next| next[0] == row) {
                last = column;
            }
            self.add(row, first, last);
        }
    }

    /// Each row with the first and the last integer column within the hull; the last is smaller where there is none.
    pub(super) fn rows(&self) -> impl Iterator<Item = (i64, i64, i64)> + '_ {
        let start = self.first.corners.first().map_or(0, |corner| corner[0]);
        let columns = self.first.columns().zip(self.last.columns());
        (start..)
            .zip(columns)
            .map(|(row, (first, last))| (row, first, -last))
    }

    /// The corners (row, column); one that is the whole of the first or last row comes twice.
    pub(super) fn corners(&self) -> impl Iterator<Item = [i64; 2]> + '_ {
        let last = self
            .last
            .corners
            .iter()
            .map(|&[row, column]| [row, -column]);
        self.first.corners.iter().copied().chain(last)
    }
}
