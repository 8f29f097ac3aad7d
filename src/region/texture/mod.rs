//! The texture of an object as seen from its centre.

use crate::error::Result;
use crate::region::crop::Crop;
use crate::task::Task;

/// Spectrum and direction of the texture of an object, channel by channel.
#[derive(Debug, Default)]
pub struct Texture {}

impl Texture {
    /// Finds it for the object of `crop`.
    ///
    /// # Errors
    /// [`crate::error::Error::Cancelled`].
    pub fn update(&mut self, _crop: &Crop<'_>, task: &Task) -> Result<()> {
        task.check()
    }
}
