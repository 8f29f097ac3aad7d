//! The layout of a project: serde structs, the schema version, and the way up from older versions.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::array::{Array, Arrays};
use crate::error::{Error, Result};

/// Version of the schema that this program writes.
pub const VERSION: u64 = 1;

/// What this program signs a save with.
pub const WRITER: &str = concat!("napari-objclass ", env!("CARGO_PKG_VERSION"));

/// `UPGRADES[i]` turns a document of version `i + 1` into one of version `i + 2`.
const UPGRADES: [fn(Value) -> Result<Value>; VERSION as usize - 1] = [];

/// Run-length masks of all annotations: rows of z, y, x, length in voxels.
pub const RUNS: &str = "annotations/runs";
/// Where each annotation's rows of [`RUNS`] begin and, one further, end.
pub const RUN_OFFSETS: &str = "annotations/run_offsets";

/// Pixels that were edited by hand, all edits: rows of t, z, y, x, length in voxels.
pub const EDIT_RUNS: &str = "edits/runs";
/// Label of each row of [`EDIT_RUNS`] before and after.
pub const EDIT_LABELS: &str = "edits/labels";
/// Where each edit's rows of [`EDIT_RUNS`] begin and, one further, end.
pub const EDIT_OFFSETS: &str = "edits/run_offsets";

/// Keys that this version does not know; kept, so that a newer minor version loses nothing.
pub type Extra = Map<String, Value>;

/// Everything in a project except its arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Schema version.
    #[serde(default = "current_version")]
    pub version: u64,
    /// Names this save and no other.
    pub generation: String,
    /// The save that this one continues.
    #[serde(default)]
    pub previous: Option<String>,
    /// Number of the last change it contains; changes of the journal after it are newer.
    pub journal_seq: u64,
    /// Program and version.
    #[serde(default = "this_program")]
    pub written_by: String,
    /// UTC, ISO 8601.
    pub saved_at: String,
    /// Any JSON per applet id.
    pub settings: BTreeMap<String, Value>,
    /// The image sets.
    pub lanes: Vec<Lane>,
    /// Image sets that were removed and still have annotations or edits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_lanes: Vec<Lane>,
    /// The classes, in order: class 1 first.
    pub classes: Vec<ObjectClass>,
    /// What the user clicked.
    pub annotations: Vec<Annotation>,
    /// What the user edited by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// About the arrays `samples/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Extra>,
    /// About the arrays `forest/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<Extra>,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

/// One image set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// Names it for good; its index may change.
    pub uuid: String,
    /// For people.
    pub name: String,
    /// Voxel size in array order.
    #[serde(default)]
    pub spacing: Option<Vec<f64>>,
    /// Position of the first voxel in array order, in voxels.
    #[serde(default)]
    pub offset: Option<Vec<f64>>,
    /// Unit of the voxel size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// For people: what the channels of raw are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_names: Option<Vec<String>>,
    /// Where raw, labels, … come from.
    pub roles: BTreeMap<String, Source>,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where the pixels of one role come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// File, relative to the project's folder where possible.
    #[serde(default)]
    pub path: Option<String>,
    /// Path inside the file.
    #[serde(default)]
    pub inner: Option<String>,
    /// Letters of `tczyx`.
    #[serde(default)]
    pub axes: Option<String>,
    /// Recognises the content.
    #[serde(default)]
    pub fingerprint: Option<Value>,
    /// Whether the file is in the project's own data folder.
    #[serde(default)]
    pub stored: bool,
    /// The file of each channel, if they are several; `path` is that of the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Source>,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectClass {
    /// Names it for good; its number may change.
    pub uuid: String,
    /// For people.
    pub name: String,
    /// Such as `#ff8000`.
    pub color: String,
    /// Not counted in summaries.
    #[serde(default)]
    pub ignore: bool,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

/// A user's mark: this place is of this class. Its mask is in the arrays [`RUNS`] and [`RUN_OFFSETS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Names it for good.
    pub uuid: String,
    /// The lane's uuid.
    pub lane: String,
    /// Frame.
    pub t: i64,
    /// The class's uuid.
    pub class: String,
    /// A voxel of the object: z, y, x.
    pub anchor: [i64; 3],
    /// When, in seconds since 1970 UTC.
    pub time: f64,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

/// An edit of objects by hand. Its pixels are in the arrays [`EDIT_RUNS`], [`EDIT_LABELS`] and [`EDIT_OFFSETS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Names it for good.
    pub uuid: String,
    /// The lane's uuid.
    pub lane: String,
    /// Names the objects that it was made on.
    pub base: String,
    /// See [`Extra`].
    #[serde(flatten)]
    pub extra: Extra,
}

impl Document {
    /// Reads a document of this or any older version.
    ///
    /// # Errors
    /// [`Error::Project`] if it is of a newer version or does not fit the schema.
    pub fn from_json(json: &str) -> Result<Self> {
        Self::from_value(serde_json::from_str(json).map_err(|e| misfit(&e))?)
    }

    /// See [`Document::from_json`].
    ///
    /// # Errors
    /// As there.
    pub fn from_value(value: Value) -> Result<Self> {
        let version = value
            .get("version")
            .map_or(Some(VERSION), Value::as_u64)
            .filter(|&version| version > 0)
            .ok_or_else(|| Error::Project("the project has no valid schema version".into()))?;
        check_version(version, value.get("written_by").and_then(Value::as_str))?;
        let mut value = value;
        for upgrade in &UPGRADES[version as usize - 1..] {
            value = upgrade(value)?;
        }
        serde_json::from_value(value)
            .map(|document| Self {
                version: VERSION,
                ..document
            })
            .map_err(|e| misfit(&e))
    }

    /// The document as JSON text.
    ///
    /// # Errors
    /// [`Error::Project`] if it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| misfit(&e))
    }

    /// Checks that names are unique and that the masks belong to the annotations, the pixels to the edits.
    ///
    /// # Errors
    /// [`Error::Project`] otherwise.
    pub fn check(&self, arrays: &Arrays) -> Result<()> {
        let lanes = self.lanes.iter().chain(&self.removed_lanes);
        unique("lanes", lanes.map(|lane| &lane.uuid))?;
        unique("classes", self.classes.iter().map(|class| &class.uuid))?;
        unique("annotations", self.annotations.iter().map(|a| &a.uuid))?;
        unique("edits", self.edits.iter().map(|edit| &edit.uuid))?;
        check_runs(self.annotations.len(), arrays, [RUNS, RUN_OFFSETS], 4)?;
        let n_runs = check_runs(self.edits.len(), arrays, [EDIT_RUNS, EDIT_OFFSETS], 5)?;
        match arrays.get(EDIT_LABELS) {
            None if n_runs == 0 => Ok(()),
            Some(Array::U64(labels)) if labels.shape() == [n_runs, 2] => Ok(()),
            _ => Err(Error::Project(format!(
                "edits need their labels: {EDIT_LABELS} as uint64 of shape ({n_runs}, 2)"
            ))),
        }
    }
}

/// # Errors
/// [`Error::Project`] if `version` is newer than this program.
pub fn check_version(version: u64, written_by: Option<&str>) -> Result<()> {
    if version <= VERSION {
        return Ok(());
    }
    let writer = written_by.unwrap_or("a newer version of napari-objclass");
    Err(Error::Project(format!(
        "the project was written by {writer} with schema version {version}, this program reads up to {VERSION}; \
         update napari-objclass to open it"
    )))
}

fn current_version() -> u64 {
    VERSION
}

fn this_program() -> String {
    WRITER.into()
}

fn misfit(error: &serde_json::Error) -> Error {
    Error::Project(format!(
        "the project's document does not fit the schema: {error}"
    ))
}

fn unique<'a>(list: &str, uuids: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut seen = HashSet::new();
    for uuid in uuids {
        if !seen.insert(uuid) {
            return Err(Error::Project(format!(
                "two entries of the project's {list} have the same uuid {uuid}"
            )));
        }
    }
    Ok(())
}

/// The number of rows of the array `runs` of `n_columns` columns, which `offsets` share out among `n` entries.
fn check_runs(
    n: usize,
    arrays: &Arrays,
    [runs, offsets]: [&str; 2],
    n_columns: usize,
) -> Result<usize> {
    let (n_runs, ends) = match (arrays.get(runs), arrays.get(offsets)) {
        (None, None) if n == 0 => return Ok(0),
        (Some(Array::I64(runs)), Some(Array::I64(offsets)))
            if runs.ndim() == 2 && runs.shape()[1] == n_columns && offsets.ndim() == 1 =>
        {
            (runs.shape()[0], offsets)
        }
        _ => {
            return Err(Error::Project(format!(
                "the project lacks runs of pixels: {runs} as int64 of shape (n, {n_columns}) and {offsets} as int64"
            )))
        }
    };
    let rising = ends.iter().zip(ends.iter().skip(1)).all(|(a, b)| a <= b);
    let last = usize::try_from(ends.iter().last().copied().unwrap_or(-1)).ok();
    if ends.len() == n + 1 && ends.first() == Some(&0) && rising && last == Some(n_runs) {
        return Ok(n_runs);
    }
    Err(Error::Project(format!(
        "{offsets} must rise from 0 to the {n_runs} rows of {runs} in {n} steps, one per entry"
    )))
}
