//! Making and using label images: integers, 0 background, one integer per object.

mod basins;
pub mod components;
pub(crate) mod contiguous;
pub mod extract;
pub mod paint;
mod radix_queue;
mod rows;
pub mod runs;
mod union_find;
pub mod watershed;
