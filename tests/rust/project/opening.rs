//! Opening: every crash point, damage afterwards, other states of the same project.
use std::fs;
use std::path::{Path, PathBuf};

use super::sample::{arrays, document};
use objclass::project::journal::{Journal, Owner};
use objclass::project::opening::{open, Opened};
use objclass::project::saving::save;
use objclass::project::schema::Document;
use objclass::project::{sibling, BACKUP, JOURNAL};
use serde_json::{json, Value};
use tempfile::{tempdir, TempDir};

fn owner() -> Owner {
    Owner {
        pid: 1,
        host: "here".into(),
        project: None,
        locked: true,
    }
}

/// A document that contains the changes up to number `seq`.
fn saved(generation: &str, previous: Option<&str>, seq: u64) -> Document {
    Document {
        journal_seq: seq,
        ..document(generation, previous, 0)
    }
}

/// Numbers of all changes, in the save or on top of it, where change `n` is the JSON number `n`.
fn changes(opened: &Opened) -> Vec<u64> {
    let n_saved = opened
        .project
        .as_ref()
        .map_or(0, |(document, _)| document.journal_seq);
    (1..=n_saved)
        .chain(opened.events.iter().map(|event| event.as_u64().unwrap()))
        .collect()
}

fn numbers(range: std::ops::RangeInclusive<u64>) -> Vec<Value> {
    range.map(|number| json!(number)).collect()
}

/// A project at every instant between its saves: folders with copies of all files.
struct History {
    folder: TempDir,
    instants: Vec<(PathBuf, u64)>,
}

impl History {
    fn path(&self) -> PathBuf {
        self.folder.path().join("now").join("a.objclass")
    }

    /// Remembers the files as a crash would leave them now, after `n` changes.
    fn instant(&mut self, n: u64) {
        let copy = self.folder.path().join(self.instants.len().to_string());
        fs::create_dir(&copy).unwrap();
        for entry in fs::read_dir(self.path().parent().unwrap()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        self.instants.push((copy.join("a.objclass"), n));
    }

    /// Three saves with changes before, during and after them.
    fn new() -> Self {
        let mut history = Self {
            folder: tempdir().unwrap(),
            instants: Vec::new(),
        };
        let path = history.path();
        fs::create_dir(path.parent().unwrap()).unwrap();
        let mut journal = Journal::open(&sibling(&path, JOURNAL), owner()).unwrap();
        journal.start("g0", None, 0).unwrap();
        let mut n = 0;
        for save_number in 1..=3 {
            let (previous, generation) =
                (format!("g{}", save_number - 1), format!("g{save_number}"));
            journal.append(numbers(n + 1..=n + 3)).unwrap();
            n += 3;
            history.instant(n);
            let contained = n;
            if save_number == 2 {
                n += 1;
                journal.append(numbers(n..=n)).unwrap(); // during the save
            }
            save(
                &path,
                &saved(&generation, Some(&previous), contained),
                &arrays(0),
            )
            .unwrap();
            history.instant(n);
            let rotated = sibling(&path, ".journal.bak");
            let before = fs::read(sibling(&path, JOURNAL)).unwrap();
            journal
                .rotate(&rotated, contained, &generation, Some(&previous))
                .unwrap();
            let after = fs::read(sibling(&path, JOURNAL)).unwrap();
            // Between the two steps of the rotation.
            fs::write(sibling(&path, JOURNAL), before).unwrap();
            history.instant(n);
            fs::write(sibling(&path, JOURNAL), b"").unwrap();
            if save_number != 2 {
                history.instant(n);
            }
            fs::write(sibling(&path, JOURNAL), after).unwrap();
            n += 1;
            journal.append(numbers(n..=n)).unwrap();
            history.instant(n);
        }
        history
    }
}

#[test]
fn every_crash_point_gives_everything() {
    let history = History::new();
    assert_eq!(history.instants.len(), 14);
    for (i, (path, n)) in history.instants.iter().enumerate() {
        let opened = open(path, &[]).unwrap();
        assert_eq!(
            changes(&opened),
            (1..=*n).collect::<Vec<_>>(),
            "instant {i}"
        );
        assert!(opened.foreign.is_empty());
        assert_eq!(opened.seq, *n);
    }
}

#[test]
fn every_crash_point_with_a_damaged_project_gives_everything() {
    let history = History::new();
    for (i, (path, n)) in history.instants.iter().enumerate() {
        for content in [None, Some(&b""[..]), Some(b"garbage")] {
            match content {
                None => drop(fs::remove_file(path)),
                Some(content) => fs::write(path, content).unwrap(),
            }
            let opened = open(path, &[]).unwrap();
            assert_eq!(
                changes(&opened),
                (1..=*n).collect::<Vec<_>>(),
                "instant {i}, {content:?}"
            );
            assert_eq!(opened.notes.len(), 1, "{:?}", opened.notes);
            assert!(opened.foreign.is_empty());
        }
    }
}

#[test]
fn a_crash_while_the_temporary_file_is_written_leaves_the_old_state() {
    let history = History::new();
    let (path, n) = history.instants.last().unwrap();
    fs::write(sibling(path, ".g9.tmp"), "half a fil").unwrap();
    let opened = open(path, &[]).unwrap();
    assert_eq!(changes(&opened), (1..=*n).collect::<Vec<_>>());
    assert_eq!(opened.notes, Vec::<String>::new());
}

#[test]
fn a_damaged_project_without_a_backup_gives_what_the_journals_hold() {
    let history = History::new();
    let (path, n) = &history.instants[2];
    fs::write(path, "garbage").unwrap();
    fs::remove_file(sibling(path, BACKUP)).unwrap();
    let opened = open(path, &[]).unwrap();
    assert!(opened.project.is_none());
    assert_eq!(changes(&opened), (1..=*n).collect::<Vec<_>>());
}

#[test]
fn after_a_fallback_the_next_save_continues_the_lost_one() {
    let history = History::new();
    let (path, n) = history.instants.last().unwrap();
    fs::write(path, "garbage").unwrap();
    let opened = open(path, &[]).unwrap();
    let (generation, _) = opened.tip.unwrap();
    assert_eq!(generation, "g3", "the journal knows the damaged save");
    save(path, &saved("g4", Some(&generation), *n), &arrays(0)).unwrap();
    for damaged in [false, true] {
        if damaged {
            fs::write(path, "garbage").unwrap();
        }
        let opened = open(path, &[]).unwrap();
        assert_eq!(changes(&opened), (1..=*n).collect::<Vec<_>>());
        assert!(opened.foreign.is_empty(), "{:?}", opened.foreign);
    }
}

#[test]
fn changes_to_another_state_are_not_mixed_in() {
    let history = History::new();
    let (old, _) = &history.instants[1];
    let (path, n) = history.instants.last().unwrap();
    fs::copy(old, path).unwrap(); // an old copy put back, too old to make up for
    fs::remove_file(sibling(path, ".journal.bak")).unwrap();
    let opened = open(path, &[]).unwrap();
    assert_eq!(changes(&opened), [1, 2, 3]);
    let foreign: Vec<u64> = opened.foreign.iter().map(|entry| entry.seq).collect();
    assert_eq!(foreign, [*n], "{:?}", opened.foreign);
    assert_eq!(opened.notes.len(), 1);
}

#[test]
fn a_save_that_did_not_survive_a_power_cut_is_made_up_for() {
    let history = History::new();
    let (path, n) = history.instants.last().unwrap();
    fs::copy(sibling(path, BACKUP), path).unwrap(); // the rename is gone, the rotation is not
    let opened = open(path, &[]).unwrap();
    assert_eq!(changes(&opened), (1..=*n).collect::<Vec<_>>());
    assert_eq!(opened.tip.unwrap().0, "g3");
    assert!(opened.saved_seq < *n);
    assert!(opened.notes[0].contains("older save"), "{:?}", opened.notes);
}

#[test]
fn missing_changes_are_counted() {
    let history = History::new();
    let (path, _) = history.instants.last().unwrap();
    fs::remove_file(path).unwrap();
    fs::remove_file(sibling(path, ".journal.bak")).unwrap();
    let opened = open(path, &[]).unwrap();
    assert!(
        opened
            .notes
            .iter()
            .any(|note| note.contains("are in none of its journals")),
        "{:?}",
        opened.notes
    );
}

fn recovered(
    path: &Path,
    generation: &str,
    previous: Option<&str>,
    seq: u64,
    events: Vec<Value>,
) -> PathBuf {
    let journal_path = sibling(path, &format!(".recovered-{generation}-{}", events.len()));
    let mut journal = Journal::open(&journal_path, owner()).unwrap();
    journal.start(generation, previous, seq).unwrap();
    journal.append(events).unwrap();
    journal_path
}

#[test]
fn a_recovered_journal_continues_the_save_or_is_left_alone() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    save(&path, &saved("g1", Some("g0"), 3), &arrays(0)).unwrap();
    let fits = recovered(&path, "g1", Some("g0"), 3, numbers(4..=6));
    let foreign = recovered(&path, "h1", Some("h0"), 3, numbers(4..=5));
    let diverged = recovered(&path, "g0", None, 1, vec![json!("another"), json!("way")]);

    let opened = open(&path, &[foreign.clone(), diverged.clone(), fits.clone()]).unwrap();
    assert_eq!((opened.adopted, opened.n_adopted), (Some(fits.clone()), 3));
    assert_eq!((opened.events, opened.seq), (numbers(4..=6), 3));
    assert_eq!(opened.notes.len(), 2, "{:?}", opened.notes);

    // Once its changes are in the journal beside the project, it adds nothing.
    let mut journal = Journal::open(&sibling(&path, JOURNAL), owner()).unwrap();
    journal.start("g1", Some("g0"), 3).unwrap();
    journal.append(numbers(4..=6)).unwrap();
    let opened = open(&path, std::slice::from_ref(&fits)).unwrap();
    assert_eq!(
        (opened.adopted, opened.n_adopted, opened.events),
        (Some(fits.clone()), 0, numbers(4..=6))
    );

    // But if other changes have these numbers, it is left alone.
    journal.clear("g1", Some("g0"), 3).unwrap();
    journal.append(vec![json!("other")]).unwrap();
    let opened = open(&path, &[fits]).unwrap();
    assert_eq!(
        (opened.adopted, opened.events),
        (None, vec![json!("other")])
    );
}

#[test]
fn a_recovered_journal_whose_save_was_announced_adds_only_what_came_later() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    let journal_path = sibling(&path, ".recovered");
    let mut journal = Journal::open(&journal_path, owner()).unwrap();
    journal.start("g0", None, 0).unwrap();
    journal.append(numbers(1..=3)).unwrap();
    journal.announce("g1").unwrap();
    journal.append(numbers(4..=4)).unwrap();
    save(&path, &saved("g1", Some("g0"), 3), &arrays(0)).unwrap();
    let opened = open(&path, &[journal_path]).unwrap();
    assert_eq!((opened.n_adopted, opened.events), (1, numbers(4..=4)));
}

#[test]
fn nothing_to_open_is_one_sentence() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    assert!(open(&path, &[])
        .unwrap_err()
        .to_string()
        .contains("is missing"));
    fs::write(&path, "text").unwrap();
    assert!(open(&path, &[])
        .unwrap_err()
        .to_string()
        .contains("not a project"));
}
