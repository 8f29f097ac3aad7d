//! Making and using label images: integers, 0 background, one integer per object.

pub mod components;
pub(crate) mod contiguous;
pub mod extract;
pub mod holes;
pub mod paint;
mod rows;
pub mod runs;
mod union_find;
pub mod watershed;
