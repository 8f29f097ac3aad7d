//! One object as features see it, and the cells they fill.

use std::fmt;

use crate::region::axes::PrincipalAxes;
use crate::region::crop::axis_moments::AxisMoments;
use crate::region::crop::channel_axes::ChannelAxes;
use crate::region::crop::channel_moments::ChannelMoments;
use crate::region::crop::hull::Hull;
use crate::region::crop::neighbourhood::Neighbourhood;
use crate::region::crop::skeleton::Skeleton;
use crate::region::crop::texture::Texture;
use crate::region::crop::weighted::Weighted;
use crate::region::intensity::histogram::Histograms;
use crate::region::{Geometry, Moments};

/// Everything collected about one object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Spatial dimensions of the image: 3, or 2 if it has one plane.
    pub n_dims: usize,
    /// Size, place and spread.
    pub geometry: &'a Geometry,
    /// Principal axes, if a feature asked for them.
    pub axes: Option<PrincipalAxes>,
    /// Intensities of each channel, if a feature asked for them.
    pub moments: &'a [Moments],
    /// Σ(v − m)(w − k) / n for each pair of channels, row by row, if a feature asked for it.
    pub covariance: &'a [f64],
    /// Counts of the intensities of each channel, if a feature asked for them.
    pub histograms: Option<Histograms<'a>>,
    /// Principal axes of the intensities, if a feature asked for them.
    pub channel_axes: Option<&'a ChannelAxes>,
    /// Intensities along these axes, if a feature asked for them.
    pub channel_moments: Option<&'a ChannelMoments>,
    /// Coordinates along the principal axes, if a feature asked for them.
    pub axis_moments: Option<&'a AxisMoments>,
    /// What it is with intensities as weights, if a feature asked for it.
    pub weighted: Option<&'a Weighted>,
    /// What is around it, if a feature asked for it.
    pub neighbourhood: Option<&'a Neighbourhood>,
    /// Its convex hull, if a feature asked for it.
    pub hull: Option<&'a Hull>,
    /// Its bounding box taken for its hull, if a feature asked for it.
    pub bounding_box: Option<&'a Hull>,
    /// Its skeleton, if a feature asked for it.
    pub skeleton: Option<&'a Skeleton>,
    /// Its texture, if a feature asked for it.
    pub texture: Option<&'a Texture>,
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The spread is 0 and the value is divided by it.
    Flat,
    /// No pixel is within the margin of the object.
    NoNeighbourhood,
    /// There is no spread along the axis and the value is divided by it.
    NoSpread,
    /// The intensities do not add up to a positive weight.
    NoWeight,
    /// This many pixels of the object are NaN or infinite in raw.
    NotFinite(u64),
    /// The value, or a power it is made of, is beyond the range of 64-bit floats.
    OutOfRange,
    /// The defects of the hull have no spread of sizes, and the value is divided by it.
    EqualDefects,
    /// Looking at the object as a whole takes more bytes than there are.
    TooLarge(u64),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat => write!(f, "all pixels have the same intensity"),
            Self::NoNeighbourhood => write!(f, "no pixel of the image is in the neighborhood"),
            Self::NoSpread => write!(f, "there is no spread along this axis"),
            Self::NoWeight => write!(f, "the intensities do not add up to a positive weight"),
            Self::NotFinite(1) => write!(f, "raw has 1 NaN or infinite pixel"),
            Self::NotFinite(n) => write!(f, "raw has {n} NaN or infinite pixels"),
            Self::OutOfRange => write!(
                f,
                "powers of the intensities are too large or too small for 64-bit floats"
            ),
            Self::EqualDefects => write!(f, "all defects of the hull have the same size"),
            Self::TooLarge(bytes) => write!(
                f,
                "its crop of {} MB exceeds the memory limit; allow more memory",
                bytes.div_ceil(1_000_000)
            ),
        }
    }
}

/// A missing value of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Row of the table.
    pub row: usize,
    /// Column of the table.
    pub column: usize,
    /// Why.
    pub reason: Reason,
}

/// The values of one feature for one object, to be filled.
#[derive(Debug)]
pub struct Cells<'a> {
    /// The values, one per column of the feature.
    pub values: &'a mut [f64],
    /// Row of the object.
    pub row: usize,
    /// First column of the feature.
    pub column: usize,
    /// Collects what is missing.
    pub problems: &'a mut Vec<Problem>,
}

impl Cells<'_> {
    /// Leaves every value out for one reason.
    pub fn set_all(&mut self, reason: Reason) {
        (0..self.values.len()).for_each(|place| self.set(place, Err(reason)));
    }

    /// Sets value `place`; a missing one is NaN and leaves its reason.
    pub fn set(&mut self, place: usize, value: Result<f64, Reason>) {
        self.values[place] = value.unwrap_or_else(|reason| {
            self.problems.push(Problem {
                row: self.row,
                column: self.column + place,
                reason,
            });
            f64::NAN
        });
    }
}
