//! What is collected per object: in passes over label image and raw, and from the crop of one object after the other.
//!
//! ```text
//! row of labels ─► runs of one label ─► record of the object: geometry, then intensity per channel
//! slabs, in any thread ─► one RegionTable each ─► merged in slab order ─► RegionTable of the image
//!                                                                           │
//!          range of all objects ─► histograms, in a second pass ◄───────────┤
//!          boxes of the objects ─► crops: hull, skeleton, neighbourhood, … ◄┘
//! ```
//!
//! A frame larger than memory is one whose parts are there when they are looked at: blocks are collected one by one
//! ([`Regions`]), and crops come from the blocks and the window of raw ([`Mosaic`], [`Window`]) that hold them.
//!
//! Most pixels repeat the label to their left, so the work is done per run. What the passes collect is mergeable:
//! the table of a whole equals the merged tables of its parts, bit for bit where sums are integers
//! (coordinates, counts, and raw of up to 16 bit). A crop holds all of its object, whatever the parts.

pub mod axes;
pub mod collect;
pub mod crop;
pub mod eigen;
mod encoding;
mod geometry;
pub mod intensity;
mod kept_runs;
mod labels;
mod mosaic;
mod only;
mod pass;
mod regions;
mod table;

pub use collect::collect;
pub use geometry::Geometry;
pub use intensity::{Intensity, Moments, Precision, RawImage, RawKind, RawPart, Window};
pub use labels::{LabelImage, LabelPart};
pub use mosaic::{Mosaic, Tile};
pub use regions::Regions;
pub use table::RegionTable;
