//! The schema of a project: what it refuses, what it keeps.
use super::sample::{arrays, document, document_json};
use ndarray::array;
use objclass::project::array::{Array, Arrays};
use objclass::project::schema::{
    Document, EDIT_LABELS, EDIT_OFFSETS, EDIT_RUNS, RUNS, RUN_OFFSETS,
};
use proptest::prelude::*;
use serde_json::{json, Value};

#[test]
fn everything_comes_back_even_keys_of_a_newer_writer() {
    let json = document_json("g", 3);
    let back: Value = serde_json::from_str(
        &Document::from_value(json.clone())
            .unwrap()
            .to_json()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(back, json);
}

#[test]
fn a_newer_version_is_refused_and_names_its_writer() {
    let mut json = document_json("g", 0);
    json["version"] = json!(2);
    json["written_by"] = json!("napari-objclass 9.0");
    json["lanes"] = json!("unreadable for us");
    let error = Document::from_value(json).unwrap_err().to_string();
    assert!(
        error.contains("napari-objclass 9.0") && error.contains("update"),
        "{error}"
    );
}

#[test]
fn misfits_are_refused_in_one_sentence() {
    for (key, value) in [
        ("version", json!(0)),
        ("version", json!("1")),
        ("lanes", json!([{"name": "without uuid", "roles": {}}])),
        (
            "classes",
            json!([{"uuid": "c", "name": 5, "color": "#000000"}]),
        ),
        (
            "annotations",
            json!([{"uuid": "a", "lane": "l", "t": 0.5, "class": "c", "anchor": [0, 0, 0], "time": 0}]),
        ),
        (
            "annotations",
            json!([{"uuid": "a", "lane": "l", "t": 0, "class": "c", "anchor": [0, 0], "time": 0}]),
        ),
        ("journal_seq", json!(-1)),
        ("settings", json!([])),
    ] {
        let mut json = document_json("g", 0);
        json[key] = value;
        let error = Document::from_value(json).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn names_are_unique_and_masks_belong_to_annotations() {
    assert!(document("g", None, 3).check(&arrays(3)).is_ok());
    let mut empty = document("g", None, 0);
    empty.edits.clear();
    assert!(empty.check(&Arrays::new()).is_ok());
    let mut twice = document("g", None, 3);
    twice.annotations[2].uuid = "a0".into();
    assert!(twice.check(&arrays(3)).is_err());
    let changes: [(&str, Array); 9] = [
        (RUNS, array![[1i64, 2, 3]].into_dyn().into()),
        (RUNS, array![[1i32, 2, 3, 4]].into_dyn().into()),
        (RUN_OFFSETS, array![0i64, 4, 2, 6].into_dyn().into()),
        (RUN_OFFSETS, array![0i64, 2, 4, 5].into_dyn().into()),
        (RUN_OFFSETS, array![1i64, 2, 4, 6].into_dyn().into()),
        (RUN_OFFSETS, array![0i64, 2, 6].into_dyn().into()),
        (EDIT_RUNS, array![[1i64, 2, 3, 4, 5]].into_dyn().into()),
        (EDIT_LABELS, array![[1u64, 2]].into_dyn().into()),
        (EDIT_OFFSETS, array![0i64, 1].into_dyn().into()),
    ];
    for change in changes {
        let mut wrong = arrays(3);
        wrong.insert(change.0.to_string(), change.1.clone());
        assert!(document("g", None, 3).check(&wrong).is_err(), "{change:?}");
    }
    assert!(document("g", None, 3).check(&Arrays::new()).is_err());
}

proptest! {
    #[test]
    fn numbers_in_settings_keep_every_bit(bits: u64, whole: i64) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let mut json = document_json("g", 0);
        json["settings"] = json!({"applet": {"number": number, "whole": whole}});
        let text = Document::from_json(&json.to_string()).unwrap().to_json().unwrap();
        let back = Document::from_json(&text).unwrap();
        let applet = &back.settings["applet"];
        prop_assert_eq!(applet["number"].as_f64().unwrap().to_bits(), bits);
        prop_assert_eq!(applet["whole"].as_i64().unwrap(), whole);
    }
}
