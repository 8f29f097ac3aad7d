//! Which journal entries continue a project: those after its last change, of its own line of saves.
//!
//! Heads link every save to the one before. An entry belongs to the project if it follows the save at hand, one that
//! descends from it (the project is a backup), or one that it descends from (the entry was made during a save).

use std::collections::HashSet;

use super::journal::{Entry, Head, Line};
use super::schema::Document;

/// The changes to make on top of a document.
#[derive(Debug, Default, PartialEq)]
pub struct Replay {
    /// In order.
    pub entries: Vec<Entry>,
    /// Entries of another line of saves: someone replaced the project file by another state of it.
    pub foreign: Vec<Entry>,
    /// How many numbers between the entries, or before the first, are nowhere to be found.
    pub n_missing: u64,
    /// Number of the last change.
    pub seq: u64,
    /// The save that the last change followed, and the one before that; none if there is no trace of a save.
    pub tip: Option<(String, Option<String>)>,
}

/// Sorts the lines of a project's journals, oldest journal first; without a document all entries belong.
///
/// The same entry may come twice: a crash during rotation leaves it in both journals.
#[must_use]
pub fn replay(document: Option<&Document>, lines: &[Line]) -> Replay {
    let (line_of_saves, tip) = document.map_or_else(
        || last_head(lines),
        |document| line_of_saves(document, lines),
    );
    let belongs = |entry: &Entry| {
        line_of_saves
            .as_ref()
            .is_none_or(|saves| saves.contains(entry.generation.as_str()))
    };
    let mut replay = Replay {
        seq: document.map_or(0, |document| document.journal_seq),
        tip,
        ..Replay::default()
    };
    for line in lines {
        let Line::Entry(entry) = line else { continue };
        if !belongs(entry) {
            replay.foreign.push(entry.clone());
        } else if entry.seq > replay.seq {
            replay.n_missing += entry.seq - replay.seq - 1;
            replay.seq = entry.seq;
            replay.entries.push(entry.clone());
        }
    }
    replay
}

/// A save and the one before it.
type Tip = (String, Option<String>);

/// The generations that the document descends from and those that descend from it, and the last of these.
fn line_of_saves<'a>(
    document: &'a Document,
    lines: &'a [Line],
) -> (Option<HashSet<&'a str>>, Option<Tip>) {
    let heads = || lines.iter().filter_map(head);
    let mut ancestors = HashSet::from([document.generation.as_str()]);
    ancestors.extend(document.previous.as_deref());
    for head in heads().rev() {
        if ancestors.contains(head.generation.as_str()) {
            ancestors.extend(head.previous.as_deref());
        }
    }
    let mut descendants = HashSet::from([document.generation.as_str()]);
    let mut tip = (document.generation.clone(), document.previous.clone());
    for head in heads() {
        let follows = head
            .previous
            .as_deref()
            .is_some_and(|previous| descendants.contains(previous));
        if follows && descendants.insert(&head.generation) {
            tip = (head.generation.clone(), head.previous.clone());
        }
    }
    ancestors.extend(descendants);
    (Some(ancestors), Some(tip))
}

/// Without a document every generation belongs.
fn last_head<'a>(lines: &'a [Line]) -> (Option<HashSet<&'a str>>, Option<Tip>) {
    let last = lines.iter().filter_map(head).next_back();
    (
        None,
        last.map(|head| (head.generation.clone(), head.previous.clone())),
    )
}

fn head(line: &Line) -> Option<&Head> {
    match line {
        Line::Head(head) => Some(head),
        Line::Entry(_) => None,
    }
}
