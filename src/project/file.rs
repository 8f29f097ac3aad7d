//! A project as an HDF5 file that h5py reads; the only importer of `hdf5` and `hdf5_sys`.
//!
//! ```text
//! /                 attributes format, version, generation, previous, journal_seq, written_by, saved_at, extra
//! /settings/<id>    JSON text, one per applet
//! /lanes            JSON text, one per lane
//! /removed_lanes    the same of removed ones, if they have annotations
//! /classes/         columns uuid, name, color, ignore, extra
//! /annotations/     columns uuid, lane, t, class, anchor (z, y, x), time, extra; masks runs, run_offsets
//! /samples/…        attribute about (JSON text), arrays
//! /forest/…         attribute about (JSON text), arrays
//! ```
//!
//! A column `extra` (JSON text) is there only when a row has keys unknown to this version. Every other dataset is a
//! named array. h5py may open it read-only at any time; to write into it breaks its seal. It is never held open: HDF5's own locks would keep h5py out, and an unclosed file is unreadable.

use std::ffi::c_void;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5::file::LibraryVersion;
use hdf5::types::{FloatSize, IntSize, TypeDescriptor, VarLenUnicode};
use hdf5::{Dataset, File, Group, H5Type, Location};
use hdf5_sys::h5f::H5Fget_file_image;
use ndarray::{Array1, Array2, ArrayView, Dimension};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, Map, Value};

use super::array::{with_values, Array, Arrays};
use super::schema::{self, Document, Extra};
use crate::error::{Error, Result};

/// Value of the root attribute `format`.
pub const FORMAT: &str = "napari-objclass project";

const DEFLATE: u8 = 4;
const CHUNK_BYTES: usize = 1 << 20;

const SETTINGS: &str = "settings";
const LANES: &str = "lanes";
const REMOVED_LANES: &str = "removed_lanes";
const CLASSES: &str = "classes";
const ANNOTATIONS: &str = "annotations";
const DESCRIBED: [&str; 2] = ["samples", "forest"];
const ABOUT: &str = "about";
const EXTRA: &str = "extra";
/// Columns of annotations: everything else in that group is a named array.
const ANNOTATION_COLUMNS: [&str; 7] = ["uuid", "lane", "t", "class", "anchor", "time", EXTRA];

/// The project as the content of an HDF5 file.
///
/// HDF5 composes it in memory: were it to write to disk itself, a full disk would crash the process.
///
/// # Errors
/// [`Error::Project`] if an applet or array has an impossible name, or a text holds a NUL character.
pub fn compose(document: &Document, arrays: &Arrays) -> Result<Vec<u8>> {
    check_names(document, arrays)?;
    compose_hdf5(document, arrays)
        .map_err(|error| Error::Project(format!("the project cannot be saved: {error}")))
}

/// Reads a file whose seal is known to be intact.
///
/// # Errors
/// [`Error::Damaged`] if it is not a project, [`Error::Project`] if its version is newer than this program.
pub fn read(path: &Path) -> Result<(Document, Arrays)> {
    let damaged = |error: hdf5::Error| {
        Error::Damaged(format!("{} is not a project: {error}", path.display()))
    };
    let file = open(path).map_err(damaged)?;
    let document = read_document(&file).map_err(damaged)?;
    let document = Document::from_value(document)?;
    let mut arrays = Arrays::new();
    read_arrays(&file, "", &mut arrays).map_err(damaged)?;
    document.check(&arrays)?;
    Ok((document, arrays))
}

/// The generation of a file whose seal is known to be intact.
///
/// # Errors
/// [`Error::Damaged`] if it is not a project.
pub fn read_generation(path: &Path) -> Result<String> {
    open(path)
        .and_then(|file| read_text_attribute(&file, "generation"))
        .map_err(|error| Error::Damaged(format!("{} is not a project: {error}", path.display())))
}

fn open(path: &Path) -> hdf5::Result<File> {
    // A project never changes once it has its name, so reading needs no lock (and some network folders have none).
    File::with_options()
        .with_fapl(|access| access.file_locking(false))
        .open(path)
}

fn compose_hdf5(document: &Document, arrays: &Arrays) -> hdf5::Result<Vec<u8>> {
    static COMPOSED: AtomicU64 = AtomicU64::new(0);
    let file = File::with_options()
        .with_fapl(|access| {
            access
                .libver_bounds(LibraryVersion::V18, LibraryVersion::V110)
                .core_filebacked(false)
        })
        // A name of its own: HDF5 takes two files in memory for the same one by that.
        .create(format!(
            "composed {}",
            COMPOSED.fetch_add(1, Ordering::Relaxed)
        ))?;
    write_document(&file, document)?;
    for (name, array) in arrays {
        let (folder, name) = name.rsplit_once('/').unwrap_or_default();
        let group = require_group(&file, folder)?;
        with_values!(array, values => write_array(&group, name, values.view()))?;
    }
    file.flush()?;
    let image = image(&file)?;
    file.close()?;
    Ok(image)
}

/// The bytes of a file that is in memory.
fn image(file: &File) -> hdf5::Result<Vec<u8>> {
    let copy = |buffer: *mut c_void, length: usize| {
        // SAFETY: `file` is open as long as it is borrowed, and HDF5 writes at most `length` bytes to `buffer`, or
        // nothing and returns the length it needs if `buffer` is null. `sync` takes the lock of the library.
        let written = hdf5::sync::sync(|| unsafe { H5Fget_file_image(file.id(), buffer, length) });
        usize::try_from(written).map_err(|_| hdf5::Error::from("HDF5 gives no image of the file"))
    };
    let mut bytes = vec![0; copy(std::ptr::null_mut(), 0)?];
    let written = copy(bytes.as_mut_ptr().cast(), bytes.len())?;
    bytes.truncate(written);
    Ok(bytes)
}

fn write_document(file: &File, document: &Document) -> hdf5::Result<()> {
    write_text_attribute(file, "format", FORMAT)?;
    write_text_attribute(file, "generation", &document.generation)?;
    write_text_attribute(file, "written_by", &document.written_by)?;
    write_text_attribute(file, "saved_at", &document.saved_at)?;
    if let Some(previous) = &document.previous {
        write_text_attribute(file, "previous", previous)?;
    }
    for (name, number) in [
        ("version", document.version),
        ("journal_seq", document.journal_seq),
    ] {
        file.new_attr::<u64>().create(name)?.write_scalar(&number)?;
    }
    if !document.extra.is_empty() {
        write_text_attribute(file, EXTRA, &to_text(&document.extra)?)?;
    }

    let settings = file.create_group(SETTINGS)?;
    for (applet, value) in &document.settings {
        let text = to_hdf5(&to_text(value)?)?;
        settings
            .new_dataset::<VarLenUnicode>()
            .create(applet.as_str())?
            .write_scalar(&text)?;
    }
    write_lanes(file, LANES, &document.lanes)?;
    if !document.removed_lanes.is_empty() {
        write_lanes(file, REMOVED_LANES, &document.removed_lanes)?;
    }
    write_classes(&file.create_group(CLASSES)?, document)?;
    write_annotations(&file.create_group(ANNOTATIONS)?, document)?;
    for (name, about) in DESCRIBED.iter().zip([&document.samples, &document.forest]) {
        let group = file.create_group(name)?;
        if let Some(about) = about {
            write_text_attribute(&group, ABOUT, &to_text(about)?)?;
        }
    }
    Ok(())
}

fn write_lanes(file: &File, name: &str, lanes: &[schema::Lane]) -> hdf5::Result<()> {
    let texts = lanes.iter().map(to_text);
    write_texts(file, name, &texts.collect::<hdf5::Result<Vec<_>>>()?)
}

fn write_classes(group: &Group, document: &Document) -> hdf5::Result<()> {
    let classes = &document.classes;
    let column =
        |of: fn(&schema::ObjectClass) -> &String| classes.iter().map(of).collect::<Vec<_>>();
    write_texts(group, "uuid", &column(|class| &class.uuid))?;
    write_texts(group, "name", &column(|class| &class.name))?;
    write_texts(group, "color", &column(|class| &class.color))?;
    let ignore: Array1<bool> = classes.iter().map(|class| class.ignore).collect();
    write_array(group, "ignore", ignore.view())?;
    write_extras(group, classes.iter().map(|class| &class.extra))
}

fn write_annotations(group: &Group, document: &Document) -> hdf5::Result<()> {
    let annotations = &document.annotations;
    let column =
        |of: fn(&schema::Annotation) -> &String| annotations.iter().map(of).collect::<Vec<_>>();
    write_texts(group, "uuid", &column(|annotation| &annotation.uuid))?;
    write_texts(group, "lane", &column(|annotation| &annotation.lane))?;
    write_texts(group, "class", &column(|annotation| &annotation.class))?;
    let t: Array1<i64> = annotations.iter().map(|annotation| annotation.t).collect();
    write_array(group, "t", t.view())?;
    let time: Array1<f64> = annotations
        .iter()
        .map(|annotation| annotation.time)
        .collect();
    write_array(group, "time", time.view())?;
    let anchor = Array2::from_shape_fn((annotations.len(), 3), |(row, axis)| {
        annotations[row].anchor[axis]
    });
    write_array(group, "anchor", anchor.view())?;
    write_extras(
        group,
        annotations.iter().map(|annotation| &annotation.extra),
    )
}

fn write_extras<'a>(
    group: &Group,
    extras: impl Iterator<Item = &'a Extra> + Clone,
) -> hdf5::Result<()> {
    if extras.clone().all(Map::is_empty) {
        return Ok(());
    }
    let texts = extras.map(to_text).collect::<hdf5::Result<Vec<_>>>()?;
    write_texts(group, EXTRA, &texts)
}

fn write_array<T: H5Type, D: Dimension>(
    group: &Group,
    name: &str,
    values: ArrayView<'_, T, D>,
) -> hdf5::Result<()> {
    let builder = group.new_dataset_builder();
    // HDF5 filters work on chunks, and there are none in a scalar or in an empty array.
    if values.is_empty() || values.ndim() == 0 {
        builder.with_data(values).create(name)?;
    } else {
        let chunk = chunk_shape(values.shape(), std::mem::size_of::<T>());
        builder
            .with_data(values)
            .chunk(chunk)
            .shuffle()
            .deflate(DEFLATE)
            .create(name)?;
    }
    Ok(())
}

/// Whole rows of the first axis, about [`CHUNK_BYTES`] of them.
fn chunk_shape(shape: &[usize], item: usize) -> Vec<usize> {
    let row: usize = shape[1..].iter().product::<usize>() * item;
    let mut chunk = shape.to_vec();
    chunk[0] = (CHUNK_BYTES / row.max(1)).clamp(1, shape[0]);
    chunk
}

fn write_texts<S: AsRef<str>>(group: &Group, name: &str, texts: &[S]) -> hdf5::Result<()> {
    let texts = texts.iter().map(|text| to_hdf5(text.as_ref()));
    let texts = texts.collect::<hdf5::Result<Array1<_>>>()?;
    group
        .new_dataset_builder()
        .with_data(texts.view())
        .create(name)?;
    Ok(())
}

fn write_text_attribute(location: &Location, name: &str, text: &str) -> hdf5::Result<()> {
    let text = to_hdf5(text)?;
    location
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&text)
}

/// The document as JSON in the version it was written in.
fn read_document(file: &File) -> hdf5::Result<Value> {
    let format = read_text_attribute(file, "format")?;
    if format != FORMAT {
        return Err(format!("its format is {format:?}, not {FORMAT:?}").into());
    }
    let mut document: Map<String, Value> = match read_text_attribute(file, EXTRA) {
        Ok(extra) => from_text(&extra)?,
        Err(_) => Map::new(),
    };
    for name in ["generation", "written_by", "saved_at"] {
        document.insert(name.into(), read_text_attribute(file, name)?.into());
    }
    if let Ok(previous) = read_text_attribute(file, "previous") {
        document.insert("previous".into(), previous.into());
    }
    for name in ["version", "journal_seq"] {
        let number: u64 = file.attr(name)?.read_scalar()?;
        document.insert(name.into(), number.into());
    }
    if document["version"].as_u64() > Some(schema::VERSION) {
        // The rest may look different then; whoever checks the version must get to see it.
        return Ok(document.into());
    }

    let settings = file.group(SETTINGS)?;
    let mut by_applet = Map::new();
    for applet in settings.member_names()? {
        let text: VarLenUnicode = settings.dataset(&applet)?.read_scalar()?;
        by_applet.insert(applet, from_text(&text)?);
    }
    document.insert(SETTINGS.into(), by_applet.into());
    document.insert(LANES.into(), read_lanes(file, LANES)?.into());
    if file.link_exists(REMOVED_LANES) {
        document.insert(
            REMOVED_LANES.into(),
            read_lanes(file, REMOVED_LANES)?.into(),
        );
    }
    document.insert(CLASSES.into(), read_classes(&file.group(CLASSES)?)?.into());
    let annotations = read_annotations(&file.group(ANNOTATIONS)?)?;
    document.insert(ANNOTATIONS.into(), annotations.into());
    for name in DESCRIBED {
        let group = file.group(name)?;
        if let Ok(about) = read_text_attribute(&group, ABOUT) {
            document.insert(name.into(), from_text(&about)?);
        }
    }
    Ok(document.into())
}

fn read_lanes(file: &File, name: &str) -> hdf5::Result<Vec<Value>> {
    let texts = read_texts(file, name)?;
    texts.iter().map(|lane| from_text(lane)).collect()
}

fn read_classes(group: &Group) -> hdf5::Result<Vec<Value>> {
    let uuid = read_texts(group, "uuid")?;
    let name = read_texts(group, "name")?;
    let color = read_texts(group, "color")?;
    let ignore: Vec<bool> = group.dataset("ignore")?.read_raw()?;
    same_length(&[uuid.len(), name.len(), color.len(), ignore.len()])?;
    let row = |i: usize| json!({"uuid": uuid[i], "name": name[i], "color": color[i], "ignore": ignore[i]});
    with_extras(group, (0..uuid.len()).map(row).collect())
}

fn read_annotations(group: &Group) -> hdf5::Result<Vec<Value>> {
    let uuid = read_texts(group, "uuid")?;
    let lane = read_texts(group, "lane")?;
    let class = read_texts(group, "class")?;
    let t: Vec<i64> = group.dataset("t")?.read_raw()?;
    let time: Vec<f64> = group.dataset("time")?.read_raw()?;
    let anchor: Array2<i64> = group.dataset("anchor")?.read_2d()?;
    same_length(&[
        uuid.len(),
        lane.len(),
        class.len(),
        t.len(),
        time.len(),
        anchor.nrows(),
    ])?;
    let row = |i: usize| {
        json!({
            "uuid": uuid[i], "lane": lane[i], "class": class[i], "t": t[i], "time": time[i],
            "anchor": anchor.row(i).to_vec(),
        })
    };
    with_extras(group, (0..uuid.len()).map(row).collect())
}

/// `rows` with the keys that only their writer knew.
fn with_extras(group: &Group, mut rows: Vec<Value>) -> hdf5::Result<Vec<Value>> {
    if group.link_exists(EXTRA) {
        let extras = read_texts(group, EXTRA)?;
        same_length(&[rows.len(), extras.len()])?;
        for (row, extra) in rows.iter_mut().zip(&extras) {
            if let Value::Object(row) = row {
                row.extend(from_text::<Extra>(extra)?);
            }
        }
    }
    Ok(rows)
}

fn same_length(lengths: &[usize]) -> hdf5::Result<()> {
    if lengths.iter().all(|length| *length == lengths[0]) {
        Ok(())
    } else {
        Err(format!("its columns have different lengths {lengths:?}").into())
    }
}

/// Collects every dataset below `group` that is no part of the document, as `<prefix>/<name>`.
fn read_arrays(group: &Group, prefix: &str, arrays: &mut Arrays) -> hdf5::Result<()> {
    for name in group.member_names()? {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        if is_document(&path) {
            continue;
        }
        match group.group(&name) {
            Ok(folder) => read_arrays(&folder, &path, arrays)?,
            Err(_) => {
                arrays.insert(path, read_array(&group.dataset(&name)?)?);
            }
        }
    }
    Ok(())
}

fn read_array(dataset: &Dataset) -> hdf5::Result<Array> {
    use IntSize::{U1, U2, U4, U8};
    Ok(match dataset.dtype()?.to_descriptor()? {
        TypeDescriptor::Boolean => dataset.read_dyn::<bool>()?.into(),
        TypeDescriptor::Unsigned(U1) => dataset.read_dyn::<u8>()?.into(),
        TypeDescriptor::Unsigned(U2) => dataset.read_dyn::<u16>()?.into(),
        TypeDescriptor::Unsigned(U4) => dataset.read_dyn::<u32>()?.into(),
        TypeDescriptor::Unsigned(U8) => dataset.read_dyn::<u64>()?.into(),
        TypeDescriptor::Integer(U1) => dataset.read_dyn::<i8>()?.into(),
        TypeDescriptor::Integer(U2) => dataset.read_dyn::<i16>()?.into(),
        TypeDescriptor::Integer(U4) => dataset.read_dyn::<i32>()?.into(),
        TypeDescriptor::Integer(U8) => dataset.read_dyn::<i64>()?.into(),
        TypeDescriptor::Float(FloatSize::U4) => dataset.read_dyn::<f32>()?.into(),
        TypeDescriptor::Float(FloatSize::U8) => dataset.read_dyn::<f64>()?.into(),
        other => return Err(format!("{} is of type {other}", dataset.name()).into()),
    })
}

fn read_texts(group: &Group, name: &str) -> hdf5::Result<Vec<String>> {
    let texts: Vec<VarLenUnicode> = group.dataset(name)?.read_raw()?;
    Ok(texts.iter().map(ToString::to_string).collect())
}

fn read_text_attribute(location: &Location, name: &str) -> hdf5::Result<String> {
    let text: VarLenUnicode = location.attr(name)?.read_scalar()?;
    Ok(text.to_string())
}

fn require_group(file: &File, path: &str) -> hdf5::Result<Group> {
    let mut group = file.group("/")?;
    for name in path.split('/') {
        group = if group.link_exists(name) {
            group.group(name)?
        } else {
            group.create_group(name)?
        };
    }
    Ok(group)
}

/// Whether the dataset or group at `path` belongs to the document and not to the arrays.
fn is_document(path: &str) -> bool {
    let (folder, name) = path.split_once('/').unwrap_or((path, ""));
    match folder {
        SETTINGS | LANES | REMOVED_LANES | CLASSES => true,
        ANNOTATIONS => ANNOTATION_COLUMNS.contains(&name),
        _ => false,
    }
}

fn check_names(document: &Document, arrays: &Arrays) -> Result<()> {
    let is_valid = |part: &str| {
        part.chars().any(char::is_alphanumeric)
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    let is_array_name =
        |name: &str| name.contains('/') && name.split('/').all(is_valid) && !is_document(name);
    let applet = document.settings.keys().find(|name| !is_valid(name));
    let array = arrays.keys().find(|name| !is_array_name(name));
    applet.or(array).map_or(Ok(()), |name| {
        Err(Error::Project(format!(
            "nothing can be stored under the name {name:?}; an applet is named like input_data, an array like samples/X"
        )))
    })
}

fn to_hdf5(text: &str) -> hdf5::Result<VarLenUnicode> {
    text.parse()
        .map_err(|_| format!("the text {text:?} holds a NUL character").into())
}

fn to_text(value: &impl Serialize) -> hdf5::Result<String> {
    serde_json::to_string(value).map_err(|error| error.to_string().into())
}

fn from_text<T: DeserializeOwned>(text: &str) -> hdf5::Result<T> {
    serde_json::from_str(text).map_err(|error| error.to_string().into())
}
