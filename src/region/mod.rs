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
//! Most pixels repeat the label to their left, so the work is done per run. What the passes collect is mergeable:
//! the table of a whole equals the merged tables of its parts, bit for bit where sums are integers
//! (coordinates, counts, and raw of up to 16 bit). A crop holds all of its object, whatever the parts.

pub mod axes;
pub mod axis_moments;
pub mod binning;
mod bins;
pub mod channel_axes;
pub mod channel_moments;
pub mod collect;
mod covariance;
pub mod crop;
pub mod eigen;
mod exact;
mod geometry;
pub mod histogram;
pub mod hull;
mod intensity;
mod kept_runs;
mod labels;
mod lanes;
mod moments;
pub mod neighbourhood;
mod only;
mod pass;
mod pixel;
pub mod quantiles;
mod row_index;
pub mod skeleton;
mod table;
pub mod texture;
pub mod weighted;
mod wide;
mod wide_products;

pub use collect::collect;
pub use covariance::Covariance;
pub use geometry::Geometry;
pub use intensity::{Intensity, RawImage, RawKind, RawPart};
pub use labels::LabelImage;
pub use moments::Moments;
pub use table::RegionTable;
