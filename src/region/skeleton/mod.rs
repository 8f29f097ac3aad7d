//! The skeleton of a 2D object.

use crate::error::Result;
use crate::region::crop::Crop;
use crate::task::Task;

/// The skeleton of an object, measured.
#[derive(Debug, Default)]
pub struct Skeleton {}

impl Skeleton {
    /// Finds it for the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, _crop: &Crop<'_>, task: &Task) -> Result<()> {
        task.check()
    }
}
