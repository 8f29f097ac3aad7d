//! The journal: one line of JSON per change, durable as soon as `append` returns, owned by one process.
//!
//! A line is `{"crc":"0a1b2c3d",…}` with the CRC-32 of all bytes between the comma and the end of the line. A *head*
//! tells who writes from here on and which save it continues; an *entry* is a change. What a crash tore off at the
//! end was never acknowledged and is cut away; a damaged line further up is left out.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs4::fs_std::FileExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{replace, sibling, sync_folder};
use crate::error::{Error, Result};

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A change.
    Entry(Entry),
    /// Who writes from here on.
    Head(Head),
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Number of the change, counted over the life of the project.
    pub seq: u64,
    /// The save that it follows.
    pub generation: String,
    /// Any JSON.
    pub event: Value,
}

/// Who writes from here on, and on top of what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The writer.
    #[serde(flatten)]
    pub owner: Owner,
    /// The save that the entries follow.
    pub generation: String,
    /// The save before that.
    pub previous: Option<String>,
}

/// A process that writes a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Name of the computer.
    pub host: String,
    /// The project file, if there is one yet.
    pub project: Option<PathBuf>,
    /// Whether the journal is locked while its owner lives.
    pub locked: bool,
}

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// Its intact lines, in order.
    pub lines: Vec<Line>,
    /// How many whole lines are damaged.
    pub n_damaged: usize,
    /// Bytes up to what was torn off.
    length: u64,
    /// The last line is whole but for its end.
    unended: bool,
}

impl Content {
    /// Its entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.lines.iter().filter_map(|line| match line {
            Line::Entry(entry) => Some(entry),
            Line::Head(_) => None,
        })
    }

    /// Who wrote it last.
    #[must_use]
    pub fn owner(&self) -> Option<&Owner> {
        self.lines.iter().rev().find_map(|line| match line {
            Line::Head(head) => Some(&head.owner),
            Line::Entry(_) => None,
        })
    }
}

/// Reads a journal without owning it; a missing one is empty.
///
/// # Errors
/// [`Error::Io`] if it cannot be read.
pub fn read(path: &Path) -> Result<Content> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(parse(&bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Content::default()),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// A journal that this process owns until it is closed or dropped.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    owner: Owner,
    length: u64,
    n_entries: usize,
    generation: String,
    seq: u64,
}

impl Journal {
    /// Makes or takes over the journal at `path`; nothing can be appended before [`Journal::start`].
    ///
    /// # Errors
    /// [`Error::Locked`] if another process owns it; [`Error::Io`] if the folder refuses, or the file system has no
    /// locks while `owner.locked` asks for one.
    pub fn open(path: &Path, owner: Owner) -> Result<Self> {
        let mut file = open_file(path).map_err(Error::io(path))?;
        if owner.locked {
            while !lock(&file, path, &owner)? {
                file = open_file(path).map_err(Error::io(path))?;
            }
        }
        sync_folder(path);
        let content = read(path)?;
        let mut journal = Self {
            path: path.to_path_buf(),
            file,
            owner,
            length: content.length,
            n_entries: content.entries().count(),
            generation: String::new(),
            seq: 0,
        };
        journal.cut().map_err(Error::io(path))?;
        if content.unended {
            journal.write(b"\n")?;
        }
        Ok(journal)
    }

    /// Number of the last change.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// States which save the next entries follow, and the number of the last change so far.
    ///
    /// # Errors
    /// [`Error::Io`] if that cannot be written; the entries carry `generation` all the same.
    pub fn start(&mut self, generation: &str, previous: Option<&str>, seq: u64) -> Result<()> {
        self.generation = generation.into();
        self.seq = seq;
        self.write_head(generation, previous)
    }

    /// Before a save named `generation`: states that it will contain the entries so far.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn announce(&mut self, generation: &str) -> Result<()> {
        let previous = self.generation.clone();
        self.write_head(generation, Some(&previous))
    }

    /// Appends changes; returns the number of the last one once all are durable.
    ///
    /// # Errors
    /// [`Error::Io`]; none of them is in the journal then.
    pub fn append(&mut self, events: Vec<Value>) -> Result<u64> {
        let mut lines = Vec::new();
        let mut seq = self.seq;
        let n_events = events.len();
        for event in events {
            seq += 1;
            lines.extend(encode(&Line::Entry(Entry {
                seq,
                generation: self.generation.clone(),
                event,
            }))?);
        }
        self.write(&lines)?;
        self.seq = seq;
        self.n_entries += n_events;
        Ok(seq)
    }

    /// After a save: moves the changes up to number `seq`, which it contains, to `backup` and goes on from it.
    ///
    /// When changes were made during the save, all stay here as well: replay skips those that the save contains.
    /// A crash between the two steps leaves the same changes in both files.
    ///
    /// # Errors
    /// [`Error::Io`] if `backup` cannot be written; nothing is moved then, which costs only space.
    pub fn rotate(
        &mut self,
        backup: &Path,
        seq: u64,
        generation: &str,
        previous: Option<&str>,
    ) -> Result<()> {
        let rotated = self.move_to(backup, seq);
        self.start(generation, previous, self.seq)?;
        rotated
    }

    /// Drops all changes; the next one follows number `seq`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&mut self, generation: &str, previous: Option<&str>, seq: u64) -> Result<()> {
        self.empty()?;
        self.start(generation, previous, seq)
    }

    /// Gives the journal up; a journal without changes is removed.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn close(self) -> Result<()> {
        if self.n_entries == 0 {
            // Removed while still owned: who waits for the lock finds that the name is gone and starts anew.
            std::fs::remove_file(&self.path).map_err(Error::io(&self.path))?;
        }
        Ok(())
    }

    fn move_to(&mut self, backup: &Path, seq: u64) -> Result<()> {
        let content = read(&self.path)?;
        let is_saved = |line: &&Line| match line {
            Line::Head(_) => true,
            Line::Entry(entry) => entry.seq <= seq,
        };
        let mut saved = Vec::new();
        for line in content.lines.iter().filter(is_saved) {
            saved.extend(encode(line)?);
        }
        replace(backup, &sibling(backup, ".tmp"), |new| {
            let write = || {
                let mut file = File::create(new)?;
                file.write_all(&saved)?;
                file.sync_all()
            };
            write().map_err(Error::io(new))
        })?;
        let is_late = |entry: &Entry| entry.seq > seq && entry.generation == self.generation;
        if !content.entries().any(is_late) {
            self.empty()?;
        }
        Ok(())
    }

    fn write_head(&mut self, generation: &str, previous: Option<&str>) -> Result<()> {
        let head = Line::Head(Head {
            owner: self.owner.clone(),
            generation: generation.into(),
            previous: previous.map(Into::into),
        });
        self.write(&encode(&head)?)
    }

    fn empty(&mut self) -> Result<()> {
        self.length = 0;
        self.n_entries = 0;
        self.cut().map_err(Error::io(&self.path))
    }

    /// Writes at the end and waits until it is durable; a failure leaves the file as it was.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut write = || {
            self.file.seek(SeekFrom::Start(self.length))?;
            self.file.write_all(bytes)?;
            self.file.sync_data()
        };
        match write() {
            Ok(()) => {
                self.length += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                drop(self.cut());
                Err(Error::io(&self.path)(error))
            }
        }
    }

    fn cut(&self) -> io::Result<()> {
        if self.file.metadata()?.len() > self.length {
            self.file.set_len(self.length)?;
            self.file.sync_data()?;
        }
        Ok(())
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Locks `file`; false if its last owner removed it in between, so that `path` is another file or none.
fn lock(file: &File, path: &Path, owner: &Owner) -> Result<bool> {
    if !file.try_lock_exclusive().map_err(Error::io(path))? {
        let what = owner.project.as_deref().unwrap_or(path).display();
        let who = match read(path).ok().as_ref().and_then(Content::owner) {
            Some(holder) => format!("process {} on {}", holder.pid, holder.host),
            None => "another process".into(),
        };
        return Err(Error::Locked(format!(
            "{what} is open in {who}; close it there to change it here"
        )));
    }
    Ok(is_named(file, path))
}

#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Here an open file cannot be removed.
#[cfg(not(unix))]
fn is_named(_: &File, _: &Path) -> bool {
    true
}

/// A line with its checksum and its end.
fn encode(line: &Line) -> Result<Vec<u8>> {
    let json = serde_json::to_string(line)
        .map_err(|error| Error::Project(format!("a change cannot be written as JSON: {error}")))?;
    let body = &json.as_bytes()[1..];
    let mut bytes = format!("{{\"crc\":\"{:08x}\",", crc32fast::hash(body)).into_bytes();
    bytes.extend_from_slice(body);
    bytes.push(b'\n');
    Ok(bytes)
}

/// The line, if it is intact.
fn decode(line: &[u8]) -> Option<Line> {
    let (crc, body) = line.strip_prefix(b"{\"crc\":\"")?.split_at_checked(8)?;
    let body = body.strip_prefix(b"\",")?;
    if crc != format!("{:08x}", crc32fast::hash(body)).as_bytes() {
        return None;
    }
    let json = [b"{", body].concat();
    serde_json::from_slice(&json).ok()
}

fn parse(bytes: &[u8]) -> Content {
    let mut content = Content::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let ended = line.strip_suffix(b"\n");
        match (decode(ended.unwrap_or(line)), ended) {
            (Some(line), ended) => {
                content.lines.push(line);
                content.unended = ended.is_none();
            }
            (None, Some(_)) => content.n_damaged += 1,
            (None, None) => break,
        }
        content.length += line.len() as u64;
    }
    content
}
