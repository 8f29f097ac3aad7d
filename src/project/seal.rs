//! The seal of a project file: a checksum of the HDF5 content, in HDF5's user block before it.
//!
//! The HDF5 library is never given a damaged file: it may crash on one.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use crc32fast::Hasher;

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

/// Writes a sealed file and waits until it is durable.
///
/// # Errors
/// [`Error::Io`].
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let write = || {
        let mut file = File::create(path)?;
        let mut hasher = Hasher::new();
        hasher.update(content);
        file.write_all(&seal_of(&hasher, content.len()))?;
        file.write_all(content)?;
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
        let (hasher, length) = hash_rest(&mut file)?;
        let intact = found == seal_of(&hasher, length);
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

fn hash_rest(file: &mut File) -> io::Result<(Hasher, usize)> {
    let mut hasher = Hasher::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hasher, length)),
            n => {
                hasher.update(&buffer[..n]);
                length += n;
            }
        }
    }
}

/// The seal that content of this checksum and length deserves.
fn seal_of(hasher: &Hasher, length: usize) -> [u8; LENGTH] {
    let crc = hasher.clone().finalize();
    let text = format!("{TITLE}crc32 {crc:08x} of {length} bytes\n");
    let mut seal = [0; LENGTH];
    seal[..text.len()].copy_from_slice(text.as_bytes());
    seal
}
