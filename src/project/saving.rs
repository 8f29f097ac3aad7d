//! Saving a project so that every instant leaves the old state or the new one, and a backup.
//!
//! | step | a crash right after it leaves |
//! |---|---|
//! | 1. the new file is written and sealed under a temporary name | the old project, a stray temporary file |
//! | 2. the previous save is copied to `.bak`; if it is not intact, or another project's, the new file is | the old project, if it was intact; else a backup that is newer than it |
//! | 3. the new file gets the project's name | the new project; journal entries up to `journal_seq` are skipped |
//!
//! Only then may the journal be rotated ([`super::journal::Journal::rotate`]). Whatever fails fails before step 3.
//! `.bak` is a copy, never a link: damage to the one must not reach the other.

use std::fs;
use std::path::{Path, PathBuf};

use super::array::Arrays;
use super::schema::Document;
use super::seal::{self, State};
use super::{file, replace, sibling, BACKUP};
use crate::error::{Error, Result};

/// Suffix of files that only a crash leaves behind.
const TEMPORARY: &str = ".tmp";

/// Writes the project to `path` and keeps the save that it continues as `.bak`.
///
/// # Errors
/// [`Error::Project`] if the document does not fit the schema, the file is write-protected or cannot be written;
/// what was there is unchanged then.
pub fn save(path: &Path, document: &Document, arrays: &Arrays) -> Result<()> {
    document.check(arrays)?;
    if fs::metadata(path).is_ok_and(|found| found.permissions().readonly()) {
        return Err(Error::Project(format!(
            "{} is write-protected; save the project under another name or allow writing",
            path.display()
        )));
    }
    let content = file::compose(document, arrays)?;
    let temporary = |of: &Path| sibling(of, &format!(".{}{TEMPORARY}", document.generation));
    let backup = sibling(path, BACKUP);
    let save = || {
        let found = generation(path)?;
        replace(path, &temporary(path), |new| {
            write(new, path, &content)?;
            let kept = if found.is_some() && found == document.previous {
                path
            } else {
                new
            };
            replace(&backup, &temporary(&backup), |copy| {
                copy_durably(kept, copy)
            })
        })
    };
    save().map_err(|error| not_saved(path, error))
}

/// The generation of the project at `path`; none if it is missing or damaged.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read.
pub fn generation(path: &Path) -> Result<Option<String>> {
    match seal::check(path)? {
        State::Intact => file::read_generation(path).map(Some),
        State::Missing | State::Damaged => Ok(None),
    }
}

/// Removes what crashed saves of `path` left; the caller holds the project's lock.
///
/// # Errors
/// [`Error::Io`].
pub fn remove_leftovers(path: &Path) -> Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let name = name.to_string_lossy();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry: PathBuf = entry.map_err(Error::io(folder))?.path();
        let is_leftover = entry.file_name().is_some_and(|found| {
            let found = found.to_string_lossy();
            found.starts_with(&*format!("{name}.")) && found.ends_with(TEMPORARY)
        });
        if is_leftover {
            fs::remove_file(&entry).map_err(Error::io(&entry))?;
        }
    }
    Ok(())
}

fn write(new: &Path, old: &Path, content: &[u8]) -> Result<()> {
    seal::write(new, content)?;
    if let Ok(found) = fs::metadata(old) {
        fs::set_permissions(new, found.permissions()).map_err(Error::io(new))?;
    }
    Ok(())
}

fn copy_durably(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map_err(Error::io(to))?;
    fs::File::open(to)
        .and_then(|copy| copy.sync_all())
        .map_err(Error::io(to))
}

fn not_saved(path: &Path, error: Error) -> Error {
    match error {
        Error::Io { source, .. } => Error::Project(format!(
            "cannot save {} ({source}), what was there is unchanged; free some space or save to another folder",
            path.display()
        )),
        other => other,
    }
}
