//! What is collected per object, in one pass over label image and raw.
//!
//! ```text
//! row of labels ─► runs of one label ─► record of the object: geometry, then intensity per channel
//! slabs, in any thread ─► one RegionTable each ─► merged in slab order ─► RegionTable of the image
//! ```
//!
//! A second pass counts intensities in bins, whose range is known after the first; it works on the same runs.
//!
//! Most pixels repeat the label to their left, so the work is done per run. Everything collected is mergeable:
//! the table of a whole equals the merged tables of its parts, bit for bit where sums are integers
//! (coordinates, and raw of up to 16 bit).

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
