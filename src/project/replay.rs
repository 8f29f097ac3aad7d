//! Which journal entries continue a project: those after its last change, of its own line of saves.
//!
//! Heads link every save to the one before. Entries that follow the save at hand, or one that it descends from (they
//! were made during a save), continue it: [`upon`]. If the save is an older one, so do entries that follow a save that
//! descends from it: [`onwards`].

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
    pub tip: Option<Tip>,
}

/// A save and the one before it.
pub type Tip = (String, Option<String>);

/// Sorts the lines of a project's journals, oldest journal first, on top of the newest save.
#[must_use]
pub fn upon(document: &Document, lines: &[Line]) -> Replay {
    let tip = (document.generation.clone(), document.previous.clone());
    let saves = ancestors(document, lines);
    sort(document.journal_seq, Some(tip), lines, |generation| {
        saves.contains(generation)
    })
}

/// Sorts them on top of an older save; without any save, all entries belong.
#[must_use]
pub fn onwards(document: Option<&Document>, lines: &[Line]) -> Replay {
    let Some(document) = document else {
        let tip = heads(lines).next_back().map(tip_of);
        return sort(0, tip, lines, |_| true);
    };
    let mut saves = ancestors(document, lines);
    let mut descendants = HashSet::from([document.generation.as_str()]);
    let mut tip = (document.generation.clone(), document.previous.clone());
    for head in heads(lines) {
        let follows = |previous: &str| descendants.contains(previous);
        if head.previous.as_deref().is_some_and(follows) && descendants.insert(&head.generation) {
            tip = tip_of(head);
        }
    }
    saves.extend(descendants);
    sort(document.journal_seq, Some(tip), lines, |generation| {
        saves.contains(generation)
    })
}

/// The same entry may come twice: a crash during rotation leaves it in both journals.
fn sort(seq: u64, tip: Option<Tip>, lines: &[Line], belongs: impl Fn(&str) -> bool) -> Replay {
    let mut replay = Replay {
        seq,
        tip,
        ..Replay::default()
    };
    for line in lines {
        let Line::Entry(entry) = line else { continue };
        if !belongs(&entry.generation) {
            replay.foreign.push(entry.clone());
        } else if entry.seq > replay.seq {
            replay.n_missing += entry.seq - replay.seq - 1;
            replay.seq = entry.seq;
            replay.entries.push(entry.clone());
        }
    }
    replay
}

/// The generation of the document and those that it descends from.
fn ancestors<'a>(document: &'a Document, lines: &'a [Line]) -> HashSet<&'a str> {
    let mut saves = HashSet::from([document.generation.as_str()]);
    saves.extend(document.previous.as_deref());
    for head in heads(lines).rev() {
        if saves.contains(head.generation.as_str()) {
            saves.extend(head.previous.as_deref());
        }
    }
    saves
}

fn tip_of(head: &Head) -> Tip {
    (head.generation.clone(), head.previous.clone())
}

fn heads(lines: &[Line]) -> impl DoubleEndedIterator<Item = &Head> {
    lines.iter().filter_map(|line| match line {
        Line::Head(head) => Some(head),
        Line::Entry(_) => None,
    })
}
