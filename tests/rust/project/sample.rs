//! A small project for the tests of `project`.

use ndarray::{array, ArrayD};
use objclass::project::array::Arrays;
use objclass::project::schema::{
    Document, EDIT_LABELS, EDIT_OFFSETS, EDIT_RUNS, RUNS, RUN_OFFSETS,
};
use serde_json::{json, Value};

/// A document of generation `generation` with `n` annotations, as JSON.
pub(crate) fn document_json(generation: &str, n: usize) -> Value {
    let annotations: Vec<Value> = (0..n)
        .map(|i| {
            json!({
                "uuid": format!("a{i}"), "lane": "l0", "t": 0, "class": "c0", "anchor": [0, i, 2],
                "time": 1.7e9 + i as f64 / 7.0, "source": format!("row {i}"),
            })
        })
        .collect();
    json!({
        "version": 1, "generation": generation, "previous": null, "journal_seq": n, "written_by": "test",
        "saved_at": "2025-01-01T00:00:00+00:00",
        "settings": {"thresholding": {"sigma": 0.1 + 0.2, "unit": "µm"}, "input_data": null},
        "lanes": [{
            "uuid": "l0", "name": "nuclei ✓", "spacing": [1.0, 0.5], "offset": null, "level": 2,
            "units": "µm", "channel_names": ["DAPI", "actin"],
            "roles": {"raw": {
                "path": "a.tif", "inner": null, "axes": "yxc", "fingerprint": "f00d", "stored": false, "mtime": 5,
                "channels": [
                    {"path": "a.tif", "inner": "", "axes": "yx", "fingerprint": null, "stored": false},
                    {"path": "b.tif", "inner": "", "axes": "yx", "fingerprint": null, "stored": false},
                ],
            }},
        }],
        "removed_lanes": [{"uuid": "l1", "name": "old", "spacing": null, "offset": null, "roles": {}, "level": 1}],
        "classes": [
            {"uuid": "c0", "name": "round", "color": "#ff8000", "ignore": false},
            {"uuid": "c1", "name": "débris", "color": "#0080ff", "ignore": true, "shortcut": "d"},
        ],
        "annotations": annotations,
        "edits": [{"uuid": "e0", "lane": "l0", "base": "b", "tool": "brush"}],
        "samples": {"features": ["count"]},
        "from_a_newer_minor_version": [1, 2.5, "three"],
    })
}

/// The same, read.
pub(crate) fn document(generation: &str, previous: Option<&str>, n: usize) -> Document {
    Document {
        previous: previous.map(Into::into),
        ..Document::from_value(document_json(generation, n)).unwrap()
    }
}

/// Arrays that belong to a document with `n` annotations.
pub(crate) fn arrays(n: usize) -> Arrays {
    let runs = ArrayD::from_shape_fn(vec![2 * n, 4], |i| (10 * i[0] + i[1]) as i64);
    let offsets = ArrayD::from_shape_fn(vec![n + 1], |i| 2 * i[0] as i64);
    Arrays::from([
        (RUNS.to_string(), runs.into()),
        (RUN_OFFSETS.to_string(), offsets.into()),
        (
            EDIT_RUNS.to_string(),
            array![[0i64, 0, 3, 2, 5], [0, 0, 4, 2, 6]]
                .into_dyn()
                .into(),
        ),
        (
            EDIT_LABELS.to_string(),
            array![[0u64, u64::MAX], [3, 0]].into_dyn().into(),
        ),
        (EDIT_OFFSETS.to_string(), array![0i64, 2].into_dyn().into()),
        (
            "samples/X".to_string(),
            array![[1.5f32, f32::NAN], [-0.0, f32::INFINITY]]
                .into_dyn()
                .into(),
        ),
        (
            "forest/tree/feature".to_string(),
            array![1u16, 65535].into_dyn().into(),
        ),
        (
            "forest/is_leaf".to_string(),
            array![true, false, true].into_dyn().into(),
        ),
        (
            "forest/none".to_string(),
            ArrayD::<f64>::zeros(vec![0, 3]).into(),
        ),
        (
            "forest/seed".to_string(),
            ArrayD::<u64>::from_elem(vec![], u64::MAX).into(),
        ),
    ])
}
