//! The convex hull of an object, and what the object lacks of it.

use crate::error::Result;
use crate::region::crop::Crop;
use crate::task::Task;

/// A convex body around an object, and its defects: the connected parts of it that are not of the object.
#[derive(Debug, Default)]
pub struct Hull {}

impl Hull {
    /// Finds the convex hull of the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, _crop: &Crop<'_>, task: &Task) -> Result<()> {
        task.check()
    }

    /// Takes the bounding box of the object of `crop` for its hull.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update_box(&mut self, _crop: &Crop<'_>, task: &Task) -> Result<()> {
        task.check()
    }
}
