//! The one error type of the core: every message is a sentence a user can act on.

use std::path::{Path, PathBuf};

/// What can go wrong in the core. The variant decides the Python exception, the text is shown as it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Arrays that do not fit together, or a dimension that is not supported.
    #[error("{0}")]
    Shape(String),
    /// A parameter or a pixel value outside its domain.
    #[error("{0}")]
    Value(String),
    /// A feature id that does not exist, or does not exist for this input.
    #[error("{0}")]
    Feature(String),
    /// A project file or journal that cannot be used.
    #[error("{0}")]
    Project(String),
    /// A project file whose content is not what was once written.
    #[error("{0}")]
    Damaged(String),
    /// A project that another process has open.
    #[error("{0}")]
    Locked(String),
    /// The operating system refused to read or write.
    #[error("cannot access {}: {source}", path.display())]
    Io {
        /// The file or folder in question.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl Error {
    /// An [`Error::Io`] about `path`, for `map_err`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Result of everything in the core that can fail.
pub type Result<T> = std::result::Result<T, Error>;
