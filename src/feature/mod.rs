//! Turning ingredients into the columns of a feature table: one value per feature, in the file of its subject.
//!
//! A new feature is a [`Feature`] in the list of its file, and a test. Trees, lists, table columns, documentation and
//! project files follow from its [`FeatureSpec`].

mod axis_moments;
mod channels;
mod crop_memory;
mod crops;
mod finish;
mod group;
mod histogram;
mod hull;
mod intensity;
mod location;
mod neighbourhood;
mod object;
mod schedule;
mod shape;
mod size;
mod skeleton;
mod spec;
mod spread;
mod table;
mod texture;
mod weighted;

pub use crop_memory::RawSize;
pub use group::{crop_boxes, crop_bytes, finish_objects, Group};
pub use object::{Cells, Object, Problem, Reason};
pub use spec::{ByDefault, Channels, FeatureSpec, Ingredient, Plugin, Values};
pub use table::{measure, FeatureTable, Plan};

/// One feature: what it is called, and how to compute its values for one object.
#[derive(Debug)]
pub struct Feature {
    /// Names, documentation and layout.
    pub spec: FeatureSpec,
    /// Sets every value of the feature for an object, or the reason why it is missing.
    pub finish: fn(&Object<'_>, &mut Cells<'_>),
}

/// Every feature there is, file by file, in the order of the catalogue.
const FEATURES: &[&[Feature]] = &[
    size::FEATURES,
    location::FEATURES,
    shape::FEATURES,
    intensity::FEATURES,
    histogram::FEATURES,
    channels::FEATURES,
    neighbourhood::FEATURES,
    hull::FEATURES,
    skeleton::FEATURES,
    texture::FEATURES,
    axis_moments::FEATURES,
    weighted::FEATURES,
];

/// Every feature there is, in the order of the catalogue.
pub fn catalogue() -> impl Iterator<Item = &'static Feature> {
    FEATURES.iter().copied().flatten()
}

/// The feature of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Feature> {
    catalogue().find(|feature| feature.spec.id == id)
}
