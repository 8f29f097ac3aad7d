//! Intensities around an object.

use super::crop::Crop;
use crate::error::Result;
use crate::task::Task;

/// What surrounds an object: the pixels within its margin, without and with its own.
#[derive(Debug, Default)]
pub struct Neighbourhood {}

impl Neighbourhood {
    /// Finds it for the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, _crop: &Crop<'_>, task: &Task) -> Result<()> {
        task.check()
    }
}
