//! One object with its surroundings: its runs, and raw around it.

pub mod axis_moments;
pub mod channel_axes;
pub mod channel_moments;
pub mod hull;
pub mod neighbourhood;
pub mod skeleton;
pub mod texture;
pub mod weighted;

use crate::block::{Block, Shape};
use crate::label::runs::Run;
use crate::region::collect::Frame;
use crate::region::geometry::Geometry;
use crate::region::intensity::RawPart;

/// Consecutive voxels of an object along x; coordinates count from the start of [`Crop::inner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CropRun {
    /// Plane.
    pub z: u32,
    /// Row.
    pub y: u32,
    /// First voxel.
    pub start: u32,
    /// Number of voxels, at least 1.
    pub length: u32,
}

/// One object cut out of its image.
#[derive(Clone, Copy)]
pub struct Crop<'a> {
    /// Spatial dimensions of the image: 3, or 2 if it has one plane.
    pub n_dims: usize,
    /// Lengths of the image.
    pub image: Shape,
    /// The smallest box that holds the object.
    pub inner: Block,
    /// `inner` with `margin` voxels around it and one more at the upper side, as far as the image reaches.
    pub outer: Block,
    /// How far the neighbourhood of the object reaches along z, y, x.
    pub margin: Shape,
    /// Size, place and spread; its coordinates count from the start of the image.
    pub geometry: &'a Geometry,
    /// All voxels of the object, in raster order.
    pub runs: &'a [CropRun],
    /// Raw of `outer`, if a feature needs it; coordinates count from the start of `outer`.
    pub raw: Option<&'a dyn RawPart>,
}

impl Crop<'_> {
    /// Copies the raw voxels from place z, y, x of `inner` on, as many as `values` has room for; nothing without raw.
    pub fn read(&self, place: [u32; 3], channel: usize, values: &mut [f64]) {
        let [z, y, x] = std::array::from_fn(|axis| {
            place[axis] as usize + self.inner.start[axis] - self.outer.start[axis]
        });
        if let Some(raw) = self.raw {
            raw.read(z, y, x, channel, values);
        }
    }
}

/// The smallest box that holds an object.
#[must_use]
pub fn inner(geometry: &Geometry) -> Block {
    Block {
        start: geometry.min.map(|first| first as usize),
        stop: geometry.max.map(|last| last as usize + 1),
    }
}

/// The box of an object's surroundings, see [`Crop::outer`].
#[must_use]
pub fn outer(inner: &Block, margin: Shape, image: Shape) -> Block {
    Block {
        start: std::array::from_fn(|axis| inner.start[axis].saturating_sub(margin[axis])),
        stop: std::array::from_fn(|axis| {
            inner.stop[axis]
                .saturating_add(margin[axis])
                .saturating_add(1)
                .min(image[axis])
        }),
    }
}

/// Finds the runs of object `id` within the box `inner` of a frame.
pub fn find_runs(
    frame: &Frame<'_>,
    inner: &Block,
    id: u64,
    memory: &mut Vec<Run>,
    runs: &mut Vec<CropRun>,
) {
    runs.clear();
    let part = frame.labels.part(inner);
    let [depth, height, _] = inner.shape();
    for z in 0..depth {
        for y in 0..height {
            let own = part.runs(z, y, memory).iter().filter(|run| run.label == id);
            runs.extend(own.map(|run| CropRun {
                z: z as u32,
                y: y as u32,
                start: run.start,
                length: run.length,
            }));
        }
    }
}
