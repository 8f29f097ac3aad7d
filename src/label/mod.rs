//! Making and using label images: integers, 0 background, one integer per object.

mod band;
mod basins;
pub mod components;
pub(crate) mod contiguous;
pub mod extract;
mod objects;
pub mod paint;
mod radix_queue;
mod rows;
pub mod runs;
pub mod smooth;
pub mod threshold;
mod union_find;
pub mod watershed;
