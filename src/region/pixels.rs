//! A second look at the pixels of an object, once mean and axes are known: moments along axes, weighted moments,
//! places of extrema.

use super::axes::PrincipalAxes;
use super::crop::Crop;
use super::moments::Moments;
use crate::error::Result;
use crate::task::Task;

/// What was found in the second look.
#[derive(Debug, Default)]
pub struct PixelSums {}

impl PixelSums {
    /// Finds it for the object of `crop`, with these axes, and moments of each channel (none without raw).
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(
        &mut self,
        _crop: &Crop<'_>,
        _axes: &PrincipalAxes,
        _moments: &[Moments],
        task: &Task,
    ) -> Result<()> {
        task.check()
    }
}
