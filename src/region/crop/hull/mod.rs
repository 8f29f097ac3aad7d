//! The convex hull of an object, and what the object lacks of it.
//!
//! ```text
//! runs ─► corners of each plane ─► hull in space ─► what it covers of each row ─► less the runs: defects
//!         (plane.rs)              (solid.rs)       (lattice.rs)                  (defects.rs)
//! ```
//!
//! The hull is that of the voxel centres, and a voxel is within it if its centre is inside or on the border. All of
//! it is found in integers. An object of a 2D image is one that lies in a plane, as others may.

mod defects;
mod lattice;
mod plane;
mod solid;
mod statistics;
mod vertices;

pub use statistics::DefectStatistics;
pub use vertices::Vertices;

use self::defects::{Defects, Sums};
use self::lattice::Body;
use self::plane::Outline;
use self::solid::{extent, Extent, Point, Solid};
use crate::block::Block;
use crate::error::Result;
use crate::region::crop::{Crop, CropRun};
use crate::task::Task;

/// A convex body around an object, and its defects: the connected parts of it that are not of the object.
#[derive(Debug, Default)]
pub struct Hull {
    /// Number of voxels of the body.
    pub volume: u64,
    /// Mean coordinate (z, y, x) of the voxels of the body.
    pub center: [f64; 3],
    /// Mean coordinate (z, y, x) of the voxels of all defects; 0 if there is none.
    pub defect_center: [f64; 3],
    /// Number and sizes of the defects.
    pub defects: DefectStatistics,
    outline: Outline,
    points: Vec<Point>,
    solid: Solid,
    body: Body,
    parts: Defects,
}

impl Hull {
    /// Finds the convex hull of the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        self.find_corners(crop.runs);
        let shape = crop.inner.shape();
        match extent(&self.points) {
            Extent::Flat(normal) => {
                self.points.sort_unstable();
                self.body.cover_flat(shape, &self.points, normal);
            }
            Extent::Solid(start) => {
                self.solid.update(&self.points, start, task)?;
                self.body.cover_solid(shape, &self.points, &self.solid);
            }
        }
        self.measure(crop, task)
    }

    /// Takes the bounding box of the object of `crop` for its hull.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update_box(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        self.body.fill(crop.inner.shape());
        self.measure(crop, task)
    }

    /// The corners of the hull in every plane: all others lie between them.
    fn find_corners(&mut self, runs: &[CropRun]) {
        self.points.clear();
        for plane in runs.chunk_by(|a, b| a.z == b.z) {
            self.outline.clear();
            for row in plane.chunk_by(|a, b| a.y == b.y) {
                let last = row[row.len() - 1];
                let last = i64::from(last.start) + i64::from(last.length) - 1;
                let (y, first) = (i64::from(row[0].y), i64::from(row[0].start));
                self.outline.add(y, first, last);
            }
            let z = i64::from(plane[0].z);
            self.points
                .extend(self.outline.corners().map(|[y, x]| [z, y, x]));
        }
    }

    /// Counts the voxels of the body and finds its defects.
    fn measure(&mut self, crop: &Crop<'_>, task: &Task) -> Result<()> {
        let mut object = Sums::default();
        for run in crop.runs {
            let [z, y, start, length] = [run.z, run.y, run.start, run.length].map(u64::from);
            object.add([z, y], start, start + length);
        }
        let body = self.body.sums();
        self.parts.update(&self.body, crop.runs, &object, task)?;
        let lacking = body.minus(&object);
        self.volume = body.count;
        self.center = center(&body, &crop.inner);
        self.defect_center = center(&lacking, &crop.inner);
        self.defects = DefectStatistics::of(self.parts.found());
        Ok(())
    }
}

/// The mean coordinate of voxels counted from the start of `inner`; 0 of no voxels.
fn center(sums: &Sums, inner: &Block) -> [f64; 3] {
    if sums.count == 0 {
        return [0.0; 3];
    }
    let n = sums.count as f64;
    std::array::from_fn(|axis| inner.start[axis] as f64 + sums.places[axis] as f64 / n)
}
