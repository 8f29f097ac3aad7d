//! Raw of a part of a frame in place of all of it.

use super::raw::{RawImage, RawKind, RawPart};
use crate::block::{Block, Shape};
use crate::error::{Error, Result};

/// A raw image of which only a box is there.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    raw: &'a dyn RawImage,
    bounds: Block,
    frame: Shape,
}

impl<'a> Window<'a> {
    /// The frame of lengths `frame` that has `raw` from `start` on.
    ///
    /// # Errors
    /// [`Error::Shape`] if it does not lie within the frame.
    pub fn new(raw: &'a dyn RawImage, start: Shape, frame: Shape) -> Result<Self> {
        let shape = raw.shape();
        let stop = std::array::from_fn(|axis| start[axis].saturating_add(shape[axis]));
        if (0..3).any(|axis| stop[axis] > frame[axis]) {
            return Err(Error::Shape(format!(
                "raw of z, y, x lengths {shape:?} from {start:?} on does not lie in a frame of {frame:?}; \
                 pass the raw of a part of the frame"
            )));
        }
        let bounds = Block { start, stop };
        Ok(Self { raw, bounds, frame })
    }

    /// The voxels that are there.
    #[must_use]
    pub fn bounds(&self) -> Block {
        self.bounds
    }
}

impl RawImage for Window<'_> {
    fn shape(&self) -> Shape {
        self.frame
    }

    fn kind(&self) -> RawKind {
        self.raw.kind()
    }

    /// The voxels of a block, which must be within [`Window::bounds`].
    fn part(&self, block: &Block) -> Box<dyn RawPart + '_> {
        let inside =
            |place: Shape| std::array::from_fn(|axis| place[axis] - self.bounds.start[axis]);
        self.raw.part(&Block {
            start: inside(block.start),
            stop: inside(block.stop),
        })
    }
}
