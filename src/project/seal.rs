//! The seal of a project file: a checksum of the HDF5 content, in HDF5's user block before it.
//!
//! The HDF5 library is never given a damaged file: it may crash on one.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Bytes before the HDF5 content.
pub const LENGTH: usize = 512;

const TITLE: &str = "napari-objclass project, HDF5 from byte 512 on\n";

/// What the seal of a file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is no such file.
    Missing,
    /// The content is what was written.
    Intact,
    /// The content has changed since, or this never was a project.
    Damaged,
}

/// Seals a finished file and makes it durable.
///
/// # Errors
/// [`Error::Io`].
pub fn seal(path: &Path) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let text = seal_of(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&text)?;
        file.sync_all()
    };
    write().map_err(Error::io(path))
}

/// Compares the content of a file with its seal.
///
/// # Errors
/// [`Error::Io`] if it cannot be read.
pub fn check(path: &Path) -> Result<State> {
    let compare = || {
        let mut file = File::open(path)?;
        let mut found = [0; LENGTH];
        if let Err(error) = file.read_exact(&mut found) {
            return if error.kind() == ErrorKind::UnexpectedEof {
                Ok(State::Damaged)
            } else {
                Err(error)
            };
        }
        let intact = found == seal_of(&mut file)?;
        Ok(if intact {
            State::Intact
        } else {
            State::Damaged
        })
    };
    match compare() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::Missing),
        result => result.map_err(Error::io(path)),
    }
}

/// The seal that the content of `file` deserves.
fn seal_of(file: &mut File) -> io::Result<[u8; LENGTH]> {
    file.seek(SeekFrom::Start(LENGTH as u64))?;
    let mut hasher = crc32fast::Hasher::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => {
                hasher.update(&buffer[..n]);
                length += n;
            }
        }
    }
    let text = format!("{TITLE}crc32 {:08x} of {length} bytes\n", hasher.finalize());
    let mut seal = [0; LENGTH];
    seal[..text.len()].copy_from_slice(text.as_bytes());
    Ok(seal)
}
