//! Making and using label images: integers, 0 background, one integer per object.

mod band;
pub mod block_holes;
pub mod block_labels;
pub mod components;
pub(crate) mod contiguous;
pub mod diff;
mod dilate;
pub mod extract;
pub mod flood_block;
pub mod holes;
mod objects;
pub mod paint;
pub(crate) mod row_index;
mod rows;
pub mod runs;
pub mod smooth;
pub mod threshold;
pub mod threshold_block;
pub mod union_find;
pub mod watershed;
