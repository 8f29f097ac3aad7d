//! What a session leaves on disk, so that no click is ever lost: the project file and the journal beside it.
//!
//! ```text
//! name.objclass              the last save: settings, lanes, classes, annotations, samples, forest
//! name.objclass.bak          the save before (or a copy, if there was none)
//! name.objclass.journal      every change since the last save, durable one by one
//! name.objclass.journal.bak  the changes between the two saves
//! ```
//!
//! The last save + journal, and the save before + both journals, each give everything. [`saving`] and
//! [`journal::Journal::rotate`] keep it so at every instant; [`opening`] puts it together again.

pub mod array;
pub mod file;
pub mod journal;
pub mod opening;
pub mod replay;
pub mod saving;
pub mod schema;
pub mod seal;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Suffix of the journal beside a project file.
pub const JOURNAL: &str = ".journal";
/// Suffix of the backup of a project file and of its journal.
pub const BACKUP: &str = ".bak";

/// `path` with `suffix` after its whole name.
#[must_use]
pub fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a rename or a new file in the folder of `path` survive a power cut, as far as the file system can.
fn sync_folder(path: &Path) {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Some network folders cannot; the rename is then as durable as they make it.
        drop(std::fs::File::open(folder).and_then(|folder| folder.sync_all()));
    }
}

/// Makes a file that is complete under its own name or not there at all: written beside, then renamed.
///
/// # Errors
/// What `write` returns, or [`Error::Io`]; nothing is left behind then.
fn replace(path: &Path, temporary: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let done =
        write(temporary).and_then(|()| std::fs::rename(temporary, path).map_err(Error::io(path)));
    if done.is_err() {
        drop(std::fs::remove_file(temporary));
    }
    sync_folder(path);
    done
}
