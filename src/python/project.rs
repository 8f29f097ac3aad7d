//! Project file and journal for Python: JSON text and dictionaries of arrays in and out.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use numpy::{PyReadonlyArrayDyn, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::detach::{detach, Run};
use crate::error::{Error, Result};
use crate::project::array::{with_values, Array, Arrays};
use crate::project::journal::{self, Entry, Owner};
use crate::project::schema::{Document, WRITER};
use crate::project::{opening, saving};

macro_rules! project_arrays {
    ($($variant:ident($number:ty)),+ $(,)?) => {
        /// An array of any number type that a project may hold.
        #[derive(FromPyObject)]
        enum ProjectArray<'py> {
            $(#[doc = stringify!($number)] $variant(PyReadonlyArrayDyn<'py, $number>)),+
        }

        impl ProjectArray<'_> {
            fn copy(&self) -> Array {
                match self { $(Self::$variant(array) => array.as_array().as_standard_layout().into_owned().into()),+ }
            }
        }
    };
}

project_arrays! {
    Bool(bool), U8(u8), U16(u16), U32(u32), U64(u64),
    I8(i8), I16(i16), I32(i32), I64(i64), F32(f32), F64(f64),
}

/// Generation, number and JSON text of a change.
type PlainEntry = (String, u64, String);

fn plain(entry: &Entry) -> PlainEntry {
    (entry.generation.clone(), entry.seq, entry.event.to_string())
}

/// What `open_project` found.
#[pyclass(frozen, get_all, module = "napari_objclass")]
pub(crate) struct OpenedProject {
    document: Option<String>,
    arrays: Py<PyDict>,
    events: Vec<String>,
    adopted: Option<PathBuf>,
    n_adopted: usize,
    foreign: Vec<PlainEntry>,
    tip: Option<(String, Option<String>)>,
    saved_seq: u64,
    seq: u64,
    notes: Vec<String>,
}

/// Open the project at `path`, with those journals of it that could not be kept beside it.
#[pyfunction]
pub(crate) fn open_project(
    py: Python<'_>,
    run: &Run,
    path: PathBuf,
    recovered: Vec<PathBuf>,
) -> PyResult<OpenedProject> {
    let opened = detach(py, run, |_| opening::open(&path, &recovered))?;
    let (document, found) = opened.project.unzip();
    let arrays = PyDict::new(py);
    for (name, array) in found.unwrap_or_default() {
        with_values!(array, values => arrays.set_item(name, values.to_pyarray(py))?);
    }
    Ok(OpenedProject {
        document: document.map(|document| document.to_json()).transpose()?,
        arrays: arrays.unbind(),
        events: opened.events.iter().map(ToString::to_string).collect(),
        adopted: opened.adopted,
        n_adopted: opened.n_adopted,
        foreign: opened.foreign.iter().map(plain).collect(),
        tip: opened.tip,
        saved_seq: opened.saved_seq,
        seq: opened.seq,
        notes: opened.notes,
    })
}

/// Write the project to `path`; the save that it continues becomes the backup.
#[pyfunction]
pub(crate) fn save_project(
    py: Python<'_>,
    run: &Run,
    path: PathBuf,
    document: String,
    arrays: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let mut owned = Arrays::new();
    for (name, array) in arrays {
        owned.insert(name.extract()?, array.extract::<ProjectArray<'_>>()?.copy());
    }
    detach(py, run, |_| {
        let document = Document {
            written_by: WRITER.into(),
            ..Document::from_json(&document)?
        };
        saving::save(&path, &document, &owned)
    })
}

/// The generation of the project at `path`; none if it is missing or damaged.
#[pyfunction]
pub(crate) fn project_generation(
    py: Python<'_>,
    run: &Run,
    path: PathBuf,
) -> PyResult<Option<String>> {
    detach(py, run, |_| saving::generation(&path))
}

/// Remove what crashed saves of `path` left; only for the owner of its journal.
#[pyfunction]
pub(crate) fn remove_project_leftovers(py: Python<'_>, run: &Run, path: PathBuf) -> PyResult<()> {
    detach(py, run, |_| saving::remove_leftovers(&path))
}

/// What a journal tells about itself.
#[pyclass(frozen, get_all, module = "napari_objclass")]
pub(crate) struct JournalContent {
    project: Option<PathBuf>,
    pid: Option<u32>,
    host: Option<String>,
    locked: bool,
    entries: Vec<PlainEntry>,
}

/// Read a journal without owning it; a missing one is empty.
#[pyfunction]
pub(crate) fn read_journal(py: Python<'_>, run: &Run, path: PathBuf) -> PyResult<JournalContent> {
    let content = detach(py, run, |_| journal::read(&path))?;
    let owner = content.owner();
    Ok(JournalContent {
        project: owner.and_then(|owner| owner.project.clone()),
        pid: owner.map(|owner| owner.pid),
        host: owner.map(|owner| owner.host.clone()),
        locked: owner.is_some_and(|owner| owner.locked),
        entries: content.entries().map(plain).collect(),
    })
}

/// A journal that this process owns until it is closed.
#[pyclass(frozen, module = "napari_objclass")]
pub(crate) struct Journal {
    journal: Mutex<Option<journal::Journal>>,
}

#[pymethods]
impl Journal {
    /// Make or take over the journal at `path`; `locked` asks for a lock.
    #[new]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        host: String,
        project: Option<PathBuf>,
        locked: bool,
    ) -> PyResult<Self> {
        let owner = Owner {
            pid: std::process::id(),
            host,
            project,
            locked,
        };
        let journal = py.detach(|| journal::Journal::open(&path, owner))?;
        Ok(Self {
            journal: Mutex::new(Some(journal)),
        })
    }

    /// State which save the next entries follow, and the number of the last change so far.
    fn start(
        &self,
        py: Python<'_>,
        generation: &str,
        previous: Option<&str>,
        seq: u64,
    ) -> PyResult<()> {
        self.with(py, |journal| journal.start(generation, previous, seq))
    }

    /// Before a save named `generation`: state that it will contain the entries so far.
    fn announce(&self, py: Python<'_>, generation: &str) -> PyResult<()> {
        self.with(py, |journal| journal.announce(generation))
    }

    /// Append JSON texts; returns the number of the last one once all are durable.
    fn append(&self, py: Python<'_>, events: Vec<String>) -> PyResult<u64> {
        self.with(py, |journal| {
            let events = events.iter().map(|event| serde_json::from_str(event));
            let events = events
                .collect::<serde_json::Result<_>>()
                .map_err(|error| Error::Project(format!("a change is not valid JSON: {error}")))?;
            journal.append(events)
        })
    }

    /// Move the changes up to `seq`, which a save contains, to `backup`, and go on from that save.
    fn rotate(
        &self,
        py: Python<'_>,
        backup: PathBuf,
        seq: u64,
        generation: &str,
        previous: Option<&str>,
    ) -> PyResult<()> {
        self.with(py, |journal| {
            journal.rotate(&backup, seq, generation, previous)
        })
    }

    /// Drop all changes; the next one follows `seq`.
    fn clear(
        &self,
        py: Python<'_>,
        generation: &str,
        previous: Option<&str>,
        seq: u64,
    ) -> PyResult<()> {
        self.with(py, |journal| journal.clear(generation, previous, seq))
    }

    /// Give the journal up; one without changes is removed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let close = || {
            let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.take().map_or(Ok(()), journal::Journal::close)
        };
        Ok(py.detach(close)?)
    }
}

impl Journal {
    /// Not through the door of long computations: a click waits for nothing but its own fsync.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut journal::Journal) -> Result<T> + Send,
    ) -> PyResult<T> {
        let work = || {
            let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            let journal = journal
                .as_mut()
                .ok_or_else(|| Error::Project("the project is closed".into()))?;
            work(journal)
        };
        Ok(py.detach(work)?)
    }
}
