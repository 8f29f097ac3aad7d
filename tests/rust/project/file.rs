//! Project files: what is written is read, damage is seen, a failed save changes nothing.
use std::fs;
use std::path::Path;

use super::sample::{arrays, document};
use objclass::error::Error;
use objclass::project::array::Array;
use objclass::project::saving::{generation, remove_leftovers, save};
use objclass::project::seal::{check, State};
use objclass::project::{file, sibling, BACKUP};
use proptest::prelude::*;
use tempfile::tempdir;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Array equality in which NaN equals itself and -0.0 differs from 0.0.
fn bits(array: &Array) -> String {
    match array {
        Array::F32(values) => format!("{:?} {:?}", values.shape(), values.mapv(f32::to_bits)),
        Array::F64(values) => format!("{:?} {:?}", values.shape(), values.mapv(f64::to_bits)),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_saved_is_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("é ✓.objclass");
    for n in [0, 1, 40] {
        let saved = document(&format!("g{n}"), None, n);
        save(&path, &saved, &arrays(n)).unwrap();
        let (read, found) = file::read(&path).unwrap();
        assert_eq!(read, saved);
        assert_eq!(
            found.iter().map(|(k, v)| (k, bits(v))).collect::<Vec<_>>(),
            arrays(n)
                .iter()
                .map(|(k, v)| (k, bits(v)))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn arrays_larger_than_a_chunk_come_back() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    let mut large = arrays(0);
    let values = ndarray::ArrayD::from_shape_fn(vec![70_001, 7], |i| (i[0] * 7 + i[1]) as u32);
    large.insert("samples/large".into(), values.into());
    save(&path, &document("g", None, 0), &large).unwrap();
    assert_eq!(
        file::read(&path).unwrap().1["samples/large"],
        large["samples/large"]
    );
}

#[test]
fn the_backup_is_the_previous_save_if_that_is_intact_else_a_copy() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    let backup = sibling(&path, BACKUP);
    let of = |path: &Path| generation(path).unwrap().unwrap();

    save(&path, &document("1", None, 1), &arrays(1)).unwrap();
    assert_eq!((of(&path), of(&backup)), ("1".into(), "1".into()));
    save(&path, &document("2", Some("1"), 2), &arrays(2)).unwrap();
    assert_eq!((of(&path), of(&backup)), ("2".into(), "1".into()));
    fs::write(&path, "damaged").unwrap();
    save(&path, &document("3", Some("2"), 3), &arrays(3)).unwrap();
    assert_eq!((of(&path), of(&backup)), ("3".into(), "3".into()));
    save(&path, &document("other", Some("elsewhere"), 0), &arrays(0)).unwrap();
    assert_eq!((of(&path), of(&backup)), ("other".into(), "other".into()));
    assert_eq!(names(folder.path()), ["a.objclass", "a.objclass.bak"]);
}

#[test]
fn damage_to_the_project_does_not_reach_its_backup() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    save(&path, &document("1", None, 1), &arrays(1)).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(100).unwrap();
    assert_eq!(check(&path).unwrap(), State::Damaged);
    assert_eq!(check(&sibling(&path, BACKUP)).unwrap(), State::Intact);
}

#[test]
fn what_cannot_be_saved_changes_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    save(&path, &document("1", None, 1), &arrays(1)).unwrap();
    let before = (fs::read(&path).unwrap(), names(folder.path()));

    let mut nul = document("2", Some("1"), 0);
    nul.classes[0].name = "a\0b".into();
    let mut applet = document("2", Some("1"), 0);
    applet.settings.insert("a/b".into(), 1.into());
    let mut misnamed = Vec::new();
    for name in [
        "X",
        "/X",
        "samples/",
        "samples//X",
        "../X",
        "lanes/X",
        "annotations/uuid",
        "samples/ü",
    ] {
        let mut arrays = arrays(0);
        arrays.insert(name.into(), ndarray::arr0(1u8).into_dyn().into());
        misnamed.push((document("2", Some("1"), 0), arrays));
    }
    let mut inside_another = arrays(0);
    inside_another.insert(
        "samples/X/inside".into(),
        ndarray::arr0(1u8).into_dyn().into(),
    );
    misnamed.push((document("2", Some("1"), 0), inside_another));
    misnamed.push((nul, arrays(0)));
    misnamed.push((applet, arrays(0)));
    misnamed.push((document("2", Some("1"), 2), arrays(3)));
    for (document, arrays) in misnamed {
        let error = save(&path, &document, &arrays).unwrap_err();
        assert!(matches!(error, Error::Project(_)), "{error:?}");
        assert_eq!(
            (fs::read(&path).unwrap(), names(folder.path())),
            before,
            "{error}"
        );
    }
}

#[test]
fn a_write_protected_project_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    save(&path, &document("1", None, 0), &arrays(0)).unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let error = save(&path, &document("2", Some("1"), 0), &arrays(0)).unwrap_err();
    assert!(error.to_string().contains("write-protected"), "{error}");
    assert_eq!(generation(&path).unwrap().unwrap(), "1");
}

#[test]
fn leftovers_of_crashed_saves_are_removed_and_nothing_else() {
    let folder = tempdir().unwrap();
    let keep = [
        "a.objclass",
        "a.objclass.bak",
        "a.objclass.journal",
        "b.objclass.1.tmp",
        "a.tmp",
    ];
    for name in keep.iter().chain(&[
        "a.objclass.1f.tmp",
        "a.objclass.bak.1f.tmp",
        "a.objclass.journal.bak.tmp",
    ]) {
        fs::write(folder.path().join(name), "").unwrap();
    }
    remove_leftovers(&folder.path().join("a.objclass")).unwrap();
    let mut keep = keep.to_vec();
    keep.sort_unstable();
    assert_eq!(names(folder.path()), keep);
}

#[test]
fn other_files_are_no_projects() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a.objclass");
    assert_eq!(check(&path).unwrap(), State::Missing);
    for content in [&b""[..], b"text", &[0; 4096]] {
        fs::write(&path, content).unwrap();
        assert_eq!(check(&path).unwrap(), State::Damaged);
        assert_eq!(generation(&path).unwrap(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_flipped_bit_and_no_cut_goes_unseen(position in 0.0..1.0f64, bit in 0..8u8, cut: bool) {
        static SAVED: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let folder = tempdir().unwrap();
        let path = folder.path().join("a.objclass");
        let mut bytes = SAVED
            .get_or_init(|| {
                save(&path, &document("1", None, 3), &arrays(3)).unwrap();
                fs::read(&path).unwrap()
            })
            .clone();
        fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(check(&path).unwrap(), State::Intact);
        let position = (position * bytes.len() as f64) as usize;
        if cut {
            bytes.truncate(position);
        } else {
            bytes[position] ^= 1 << bit;
        }
        fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(check(&path).unwrap(), State::Damaged);
    }
}
