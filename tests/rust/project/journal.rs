//! The journal: durable, owned by one, torn and damaged lines, rotation.
use std::fs;
use std::path::{Path, PathBuf};

use objclass::error::Error;
use objclass::project::journal::{read, Journal, Owner};
use proptest::prelude::*;
use serde_json::{json, Value};
use tempfile::tempdir;

fn owner() -> Owner {
    Owner {
        pid: 4711,
        host: "here".into(),
        project: Some(PathBuf::from("/data/a.objclass")),
        locked: true,
    }
}

fn started(path: &Path) -> Journal {
    let mut journal = Journal::open(path, owner()).unwrap();
    journal.start("g1", None, 0).unwrap();
    journal
}

fn seqs(path: &Path) -> Vec<u64> {
    read(path)
        .unwrap()
        .entries()
        .map(|entry| entry.seq)
        .collect()
}

fn events(path: &Path) -> Vec<Value> {
    read(path)
        .unwrap()
        .entries()
        .map(|entry| entry.event.clone())
        .collect()
}

#[test]
fn appended_changes_are_lines_of_json() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = started(&path);
    assert_eq!(
        journal
            .append(vec![json!({"é": "a\nb"}), json!(0.1 + 0.2)])
            .unwrap(),
        2
    );
    assert_eq!(journal.append(vec![]).unwrap(), 2);
    assert_eq!(events(&path), [json!({"é": "a\nb"}), json!(0.1 + 0.2)]);
    assert_eq!(read(&path).unwrap().owner(), Some(&owner()));
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (lines.len(), &lines[2]["seq"], &lines[2]["generation"]),
        (3, &json!(2), &json!("g1"))
    );
}

#[test]
fn one_owner_at_a_time_and_its_name_is_told() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    let first = started(&path);
    let error = Journal::open(&path, owner()).unwrap_err();
    assert!(matches!(error, Error::Locked(_)), "{error:?}");
    assert!(
        error.to_string().contains("process 4711 on here"),
        "{error}"
    );
    drop(first);
    Journal::open(&path, owner()).unwrap();
}

#[test]
fn an_empty_journal_disappears_and_another_stays() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    started(&path).close().unwrap();
    assert!(!path.exists());
    let mut journal = started(&path);
    journal.append(vec![json!(1)]).unwrap();
    journal.close().unwrap();
    assert_eq!(events(&path), [json!(1)]);
}

#[test]
fn a_whole_line_without_its_end_counts_and_gets_its_end() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = started(&path);
    journal.append(vec![json!(1)]).unwrap();
    drop(journal);
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(length - 1)
        .unwrap();
    let mut journal = Journal::open(&path, owner()).unwrap();
    journal.start("g1", None, 1).unwrap();
    journal.append(vec![json!(2)]).unwrap();
    assert_eq!(events(&path), [json!(1), json!(2)]);
}

#[test]
fn rotation_moves_what_the_save_contains() {
    let folder = tempdir().unwrap();
    let (path, backup) = (
        folder.path().join("journal"),
        folder.path().join("journal.bak"),
    );
    let mut journal = started(&path);
    journal.append(vec![json!(1), json!(2)]).unwrap();
    journal.rotate(&backup, 2, "g2", Some("g1")).unwrap();
    assert_eq!((seqs(&path), seqs(&backup)), (vec![], vec![1, 2]));
    assert_eq!(journal.append(vec![json!(3)]).unwrap(), 3);
    journal.append(vec![json!(4)]).unwrap();
    journal.rotate(&backup, 3, "g3", Some("g2")).unwrap();
    assert_eq!(
        (seqs(&path), seqs(&backup)),
        (vec![3, 4], vec![3]),
        "4 came during the save"
    );
    journal.append(vec![json!(5)]).unwrap();
    journal.rotate(&backup, 5, "g4", Some("g3")).unwrap();
    assert_eq!((seqs(&path), seqs(&backup)), (vec![], vec![3, 4, 5]));
}

#[test]
fn a_rotation_that_fails_moves_nothing_and_the_journal_goes_on() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = started(&path);
    journal.append(vec![json!(1)]).unwrap();
    let nowhere = folder.path().join("no such folder").join("journal.bak");
    assert!(journal.rotate(&nowhere, 1, "g2", Some("g1")).is_err());
    journal.append(vec![json!(2)]).unwrap();
    let content = read(&path).unwrap();
    let generations: Vec<_> = content
        .entries()
        .map(|entry| entry.generation.as_str())
        .collect();
    assert_eq!((seqs(&path), generations), (vec![1, 2], vec!["g1", "g2"]));
}

#[test]
fn clearing_drops_all() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = started(&path);
    journal.append(vec![json!(1), json!(2)]).unwrap();
    journal.clear("g1", None, 1).unwrap();
    assert_eq!(seqs(&path), Vec::<u64>::new());
    assert_eq!(journal.append(vec![json!("again")]).unwrap(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_torn_end_costs_only_itself(n in 1..6u64, cut in 0.0..1.0f64, garbage in prop::collection::vec(any::<u8>(), 0..40)) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = started(&path);
        let mut ends = vec![fs::metadata(&path).unwrap().len()];
        for seq in 1..=n {
            journal.append(vec![json!({"seq": seq})]).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        drop(journal);
        let length = (cut * (ends[n as usize] + 1) as f64) as u64;
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(length as usize);
        bytes.extend(garbage.iter().filter(|byte| **byte != b'\n'));
        fs::write(&path, &bytes).unwrap();
        // A line that lacks but its end is whole, unless garbage follows it.
        let reach = length + u64::from(bytes.len() as u64 == length);
        let n_whole = ends[1..].iter().filter(|end| **end <= reach).count() as u64;
        prop_assert_eq!(seqs(&path), (1..=n_whole).collect::<Vec<_>>());

        let mut journal = Journal::open(&path, owner()).unwrap();
        journal.start("g1", None, n_whole).unwrap();
        journal.append(vec![json!("next")]).unwrap();
        drop(journal);
        prop_assert_eq!(seqs(&path), (1..=n_whole + 1).collect::<Vec<_>>());
        prop_assert_eq!(read(&path).unwrap().n_damaged, 0);
    }

    #[test]
    fn a_flipped_bit_costs_only_its_line(n in 1..6usize, position in 0.0..1.0f64, bit in 0..8u8) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = started(&path);
        journal.append((0..n).map(|i| json!({"i": i})).collect()).unwrap();
        drop(journal);
        let mut bytes = fs::read(&path).unwrap();
        let position = (position * bytes.len() as f64) as usize;
        let line = bytes[..position].iter().filter(|byte| **byte == b'\n').count();
        let at_end = bytes[position] == b'\n';
        bytes[position] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        // The first line is the head; a flipped line end takes the next line with it.
        let is_hit = |i: usize| i + 1 == line || (at_end && i == line);
        let rest: Vec<Value> = (0..n).filter(|i| !is_hit(*i)).map(|i| json!({"i": i})).collect();
        prop_assert_eq!(events(&path), rest);
    }
}
