//! Raw intensities of objects: power sums, products of channels, histograms, whatever the pixel type.
//!
//! Up to 16 bit, sums are exact integers; wider raw is summed about a centre that follows the mean.

pub mod binning;
mod bins;
mod covariance;
mod exact;
pub mod histogram;
mod lanes;
mod moments;
mod pixel;
mod precision;
pub mod quantiles;
mod raw;
mod sums;
mod wide;
mod wide_products;
mod window;

pub(in crate::region) use covariance::pairs;
pub use covariance::Covariance;
pub(crate) use moments::to_f64;
pub use moments::Moments;
pub use precision::Precision;
pub use raw::{RawImage, RawKind, RawPart};
pub use sums::Intensity;
pub(in crate::region) use wide_products::{stride, WideProducts};
pub use window::Window;
