//! Turning ingredients into the columns of a feature table: one struct per feature, one list.
//!
//! A new feature is a struct in the file of its subject that implements [`Feature`], a line in [`FEATURES`], and a
//! test. Trees, lists, table columns, documentation and project files follow from its [`FeatureSpec`].

pub mod eigen;
mod intensity;
mod location;
mod object;
mod shape;
mod size;
mod spec;
mod table;

pub use object::{Cells, Object, Problem, Reason};
pub use spec::{FeatureSpec, Ingredient, Values};
pub use table::{measure, FeatureTable};

/// One feature: what it is called, and how to compute its values for one object.
pub trait Feature: Sync {
    /// Names, documentation and layout.
    fn spec(&self) -> FeatureSpec;

    /// Sets every value of the feature for `object`, or the reason why it is missing.
    fn finish(&self, object: &Object<'_>, cells: &mut Cells<'_>);
}

/// Every feature there is, in the order of the catalogue.
pub const FEATURES: &[&dyn Feature] = &[
    &size::NumPixels,
    &location::BboxMin,
    &location::BboxMax,
    &location::Centroid,
    &shape::AxisRadii,
    &shape::AxisVectors,
    &intensity::Mean,
    &intensity::Variance,
    &intensity::Skewness,
    &intensity::Kurtosis,
    &intensity::Min,
    &intensity::Max,
    &intensity::Sum,
];

/// The feature of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Feature> {
    FEATURES.iter().copied().find(|f| f.spec().id == id)
}
