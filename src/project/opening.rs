//! Opening a project: the last save, or else its backup, and the changes that the journals hold on top.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::array::Arrays;
use super::journal::{self, Content, Entry, Line};
use super::replay::{onwards, upon, Replay, Tip};
use super::schema::Document;
use super::seal::{self, State};
use super::{file, sibling, BACKUP, JOURNAL};
use crate::error::{Error, Result};

/// Everything that is known about a project.
#[derive(Debug)]
pub struct Opened {
    /// The save; none if only journals are left.
    pub project: Option<(Document, Arrays)>,
    /// Changes to make on top of it, in order.
    pub events: Vec<Value>,
    /// The recovered journal that belongs to it: it may be removed once its changes are kept elsewhere.
    pub adopted: Option<PathBuf>,
    /// How many of the changes, at the end, come from that.
    pub n_adopted: usize,
    /// Changes to another state of the project in its journal, which the next save would drop.
    pub foreign: Vec<Entry>,
    /// The save to go on from, and the one before it.
    pub tip: Option<Tip>,
    /// Number of the last change that a save contains; what comes after it is unsaved.
    pub saved_seq: u64,
    /// Number of the last change that the project's own journals hold.
    pub seq: u64,
    /// What the user should know, one sentence each.
    pub notes: Vec<String>,
}

/// Opens the project at `path`; `recovered` are journals of it that could not be kept beside it, best first.
///
/// # Errors
/// [`Error::Project`] if there is nothing to open, or it is of a newer version; [`Error::Io`] if it cannot be read.
pub fn open(path: &Path, recovered: &[PathBuf]) -> Result<Opened> {
    // Journals first: if another process saves in between, its save contains what they hold.
    let journal = journal::read(&sibling(path, JOURNAL))?;
    let old_journal = journal::read(&sibling(path, &format!("{JOURNAL}{BACKUP}")))?;
    let both = [&old_journal.lines[..], &journal.lines].concat();
    let mut notes = Vec::new();
    let (project, is_intact) = match read(path) {
        Err(Error::Damaged(what)) => {
            let has_entries = both.iter().any(is_entry);
            (read_backup(path, what, has_entries, &mut notes)?, false)
        }
        project => (Some(project?), true),
    };
    let document = project.as_ref().map(|(document, _)| document);
    let is_newest =
        is_intact && !document.is_some_and(|document| has_complete_sequel(document, &both));
    if let Some(document) = document.filter(|_| is_intact && !is_newest) {
        notes.push(sequel_note(path, document));
    }
    let play = |more: &[Line]| match document.filter(|_| is_newest) {
        Some(document) => upon(document, &[&journal.lines[..], more].concat()),
        None => onwards(document, &[&both[..], more].concat()),
    };

    let saved_seq = match document {
        Some(document) if is_intact => document.journal_seq,
        _ => onwards(document, &old_journal.lines).seq,
    };
    let own = play(&[]);
    note_losses(path, &own, journal.n_damaged, &mut notes);
    if !own.foreign.is_empty() {
        notes.push(foreign_note(path, own.foreign.len()));
    }
    let mut adopted = None;
    for candidate in recovered {
        let content = journal::read(candidate)?;
        let all = play(&content.lines);
        let belongs = all.foreign == own.foreign && agrees(&content, document, &both, own.seq);
        if belongs && adopted.is_none() {
            adopted = Some((candidate.clone(), all.entries));
        } else {
            notes.push(foreign_note(path, content.entries().count()));
        }
    }
    let n_own = own.entries.len();
    let (adopted, entries) = match adopted {
        Some((path, entries)) => (Some(path), entries),
        None => (None, own.entries),
    };
    Ok(Opened {
        adopted,
        n_adopted: entries.len() - n_own,
        events: entries.into_iter().map(|entry| entry.event).collect(),
        foreign: own.foreign,
        tip: own.tip,
        saved_seq,
        seq: own.seq,
        notes,
        project,
    })
}

/// Whether the project is an older save, and the journals hold everything that came after it.
fn has_complete_sequel(document: &Document, lines: &[Line]) -> bool {
    let sequel = onwards(Some(document), lines);
    let is_older = sequel
        .tip
        .is_some_and(|(generation, _)| generation != document.generation);
    is_older && sequel.n_missing == 0 && sequel.foreign.is_empty()
}

/// An intact project.
fn read(path: &Path) -> Result<(Document, Arrays)> {
    let what = match seal::check(path)? {
        State::Intact => return file::read(path),
        State::Missing => "is missing",
        State::Damaged => "is damaged or not a project",
    };
    Err(Error::Damaged(format!("{} {what}", path.display())))
}

fn read_backup(
    path: &Path,
    what: String,
    has_entries: bool,
    notes: &mut Vec<String>,
) -> Result<Option<(Document, Arrays)>> {
    match read(&sibling(path, BACKUP)) {
        Ok(backup) => {
            notes.push(format!(
                "{what}, so its backup of {} and the journals were opened; save to make it whole again",
                backup.0.saved_at
            ));
            Ok(Some(backup))
        }
        Err(Error::Damaged(_)) if has_entries => {
            notes.push(format!(
                "{what} and has no intact backup, so what the journals hold was opened; save to keep it"
            ));
            Ok(None)
        }
        Err(Error::Damaged(_)) => Err(Error::Project(format!(
            "{what}, and neither a backup nor a journal lies beside it; check the name"
        ))),
        Err(error) => Err(error),
    }
}

fn note_losses(path: &Path, replay: &Replay, n_damaged: usize, notes: &mut Vec<String>) {
    let path = path.display();
    if replay.n_missing > 0 {
        notes.push(format!(
            "{} changes to {path} are in none of its journals; look at the result before saving",
            replay.n_missing
        ));
    } else if n_damaged > 0 {
        notes.push(format!(
            "{n_damaged} lines of the journal of {path} are damaged and were left out"
        ));
    }
}

fn sequel_note(path: &Path, document: &Document) -> String {
    format!(
        "{} is an older save, of {}, and the changes made after it were found and are shown; revert to drop them",
        path.display(),
        document.saved_at
    )
}

fn foreign_note(path: &Path, n: usize) -> String {
    format!(
        "{n} changes were made on top of another state of {} and are not shown; find them in the list of recoverable \
         work after the next save",
        path.display()
    )
}

/// Whether all changes of a recovered journal up to number `seq` are those that are known under that number, or were
/// announced to be in the save at hand: else it goes another way from the same save.
fn agrees(recovered: &Content, document: Option<&Document>, known: &[Line], seq: u64) -> bool {
    let known: HashMap<u64, &Value> = known
        .iter()
        .filter_map(|line| match line {
            Line::Entry(entry) => Some((entry.seq, &entry.event)),
            Line::Head(_) => None,
        })
        .collect();
    let announces = |line: &Line| match line {
        Line::Head(head) => document.is_some_and(|document| document.generation == head.generation),
        Line::Entry(_) => false,
    };
    let n_announced = recovered.lines.iter().rposition(announces).unwrap_or(0);
    recovered.lines[n_announced..]
        .iter()
        .all(|line| match line {
            Line::Entry(entry) => entry.seq > seq || known.get(&entry.seq) == Some(&&entry.event),
            Line::Head(_) => true,
        })
}

fn is_entry(line: &Line) -> bool {
    matches!(line, Line::Entry(_))
}
