//! The box of one object with one pixel around it, and what its pixels are.

use crate::error::{Error, Result};
use crate::region::crop::Crop;

/// What a pixel of the box is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pixel of the image that is not the object's.
    #[default]
    Background,
    /// A pixel of the object.
    Object,
    /// Beyond the image.
    Outside,
}

/// Steps to the eight neighbours, (x, y), in the order that ties depend on.
///
/// A set of neighbours is a byte; the first neighbour is its most significant bit.
pub(super) const STEPS: [[i32; 2]; 8] = [
    [-1, -1],
    [0, -1],
    [1, -1],
    [-1, 0],
    [1, 0],
    [-1, 1],
    [0, 1],
    [1, 1],
];

/// The bit of neighbour `k` in a set of neighbours.
pub(super) fn bit(k: usize) -> u8 {
    0x80 >> k
}

/// The numbers of the neighbours in a set, in order.
pub(super) fn each(mut set: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let k = set.leading_zeros() as usize;
        (k < STEPS.len()).then(|| {
            set ^= bit(k);
            k
        })
    })
}

/// Pixels in rows, 15 bytes each with the number they have in the graph; indices count row by row.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// Length of a row.
    pub(super) width: usize,
    /// Number of rows.
    pub(super) height: usize,
    /// Coordinates of the first pixel in the image, x and y.
    pub(super) origin: [i32; 2],
    /// Pixels of the object in scan order: first index and length of each run.
    pub(super) runs: Vec<(usize, usize)>,
    /// What each pixel is.
    pub(super) kinds: Vec<Kind>,
    /// From each pixel of the object to the nearest one that is not, x and y.
    pub(super) vectors: Vec<[i32; 2]>,
    /// Whether a pixel belongs to the skeleton.
    pub(super) marked: Vec<bool>,
    /// Which neighbours belong to the skeleton.
    pub(super) around: Vec<u8>,
}

impl Grid {
    /// Paints the object of `crop`; nothing is marked.
    ///
    /// # Errors
    /// [`Error::Value`] for a box of 2³² pixels or more.
    pub(super) fn paint(&mut self, crop: &Crop<'_>) -> Result<()> {
        let [_, y, x] = crop.inner.start;
        let [_, height, width] = crop.inner.shape().map(|length| length + 2);
        let area = width * height;
        if u32::try_from(area).is_err() {
            return Err(Error::Value(format!(
                "the box of the object at y={y}, x={x} has {area} pixels, more than skeletons are found in; \
                 choose features without the skeleton"
            )));
        }
        (self.width, self.height) = (width, height);
        self.origin = [x as i32 - 1, y as i32 - 1];
        self.vectors.resize(area.max(self.vectors.len()), [0; 2]);
        clear(&mut self.marked, area);
        clear(&mut self.around, area);
        clear(&mut self.kinds, area);
        self.runs.clear();
        for run in crop.runs {
            let first = (run.y as usize + 1) * width + run.start as usize + 1;
            self.runs.push((first, run.length as usize));
            self.kinds[first..][..run.length as usize].fill(Kind::Object);
        }
        self.paint_outside(crop);
        Ok(())
    }

    fn paint_outside(&mut self, crop: &Crop<'_>) {
        let [_, top, left] = crop.inner.start.map(|start| start == 0);
        let [_, bottom, right] =
            std::array::from_fn(|axis| crop.inner.stop[axis] == crop.image[axis]);
        let (width, area) = (self.width, self.width * self.height);
        let columns = [(left, 0), (right, width - 1)];
        for first in columns.into_iter().filter_map(|(is, x)| is.then_some(x)) {
            let column = self.kinds[first..area].iter_mut().step_by(width);
            column.for_each(|kind| *kind = Kind::Outside);
        }
        if top {
            self.kinds[..width].fill(Kind::Outside);
        }
        if bottom {
            self.kinds[area - width..area].fill(Kind::Outside);
        }
    }

    /// The pixel one `step` further.
    pub(super) fn next(&self, pixel: usize, [x, y]: [i32; 2]) -> usize {
        pixel.wrapping_add_signed(x as isize + y as isize * self.width as isize)
    }

    /// Adds a pixel to the skeleton.
    pub(super) fn mark(&mut self, pixel: usize) {
        if !self.marked[pixel] {
            self.toggle(pixel);
        }
    }

    /// Adds a pixel to the skeleton, or takes it away.
    pub(super) fn toggle(&mut self, pixel: usize) {
        self.marked[pixel] = !self.marked[pixel];
        for (k, &step) in STEPS.iter().enumerate() {
            let neighbour = self.next(pixel, step);
            self.around[neighbour] ^= bit(7 - k);
        }
    }

    /// Squared distance of an object's pixel to the nearest one that is not.
    pub(super) fn squared(&self, pixel: usize) -> i64 {
        dot(self.vectors[pixel], self.vectors[pixel])
    }
}

/// The scalar product.
pub(super) fn dot(a: [i32; 2], b: [i32; 2]) -> i64 {
    i64::from(a[0]) * i64::from(b[0]) + i64::from(a[1]) * i64::from(b[1])
}

/// Sets the first `n` elements to their default; memory only ever grows.
fn clear<T: Clone + Default>(memory: &mut Vec<T>, n: usize) {
    let kept = n.min(memory.len());
    memory[..kept].fill(T::default());
    memory.resize(n.max(memory.len()), T::default());
}
