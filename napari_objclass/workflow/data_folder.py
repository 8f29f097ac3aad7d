"""Data without a file of its own: label images and raw that were only on screen, kept beside the project."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from napari_objclass import axes as axis_letters
from napari_objclass.errors import FileError
from napari_objclass.io.formats import PROJECT_SUFFIX
from napari_objclass.io.hdf5 import axistags

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

SUFFIX = f"{PROJECT_SUFFIX}.data"
DATASET = "data"
"""Path of the array inside the file."""

_CHUNK_PIXELS = 1 << 18


def store_data(project_path: str | PathLike[str], name: str, array: NDArray[Any], axes: str) -> str:
    """Keep ``array`` beside a project; written once, however often it is stored.

    Parameters
    ----------
    project_path
        The project file; ``<stem>.objclass.data/`` beside it takes the data.
    name
        For people; the file's name begins with it and ends with a hash of the content.
    array
        Any image; bool and numbers.
    axes
        Letters of ``tczyx``, one per dimension.

    Returns
    -------
    str
        Path of the HDF5 file relative to the project's folder, with ``/``; the array is its dataset :data:`DATASET`.

    Raises
    ------
    AxesError
        If ``axes`` do not fit.
    FileError
        If it cannot be written; nothing is left behind then.
    """
    letters = axis_letters.check(axes, array.ndim)
    project = Path(project_path)
    folder = project.with_name(project.stem + SUFFIX)
    path = folder / f"{_slug(name)}-{_hash(array, letters)}.h5"
    relative = path.relative_to(project.parent).as_posix()
    if path.exists():
        return relative
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        folder.mkdir(exist_ok=True)
        _write(temporary, array, letters)
        temporary.replace(path)
        _sync_folder(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FileError(f"cannot store {name!r} in {folder} ({error}); free some space or save elsewhere") from error
    return relative


def _write(path: Path, array: NDArray[Any], letters: str) -> None:
    composed = BytesIO()  # were HDF5 to write to disk itself, a full disk would crash the process
    with h5py.File(composed, "w") as file:
        compression = {"compression": "gzip", "shuffle": True, "chunks": _chunks(array.shape)} if array.size else {}
        dataset = file.create_dataset(DATASET, data=array, **compression)
        dataset.attrs["axistags"] = axistags(letters, {}, None)
    with path.open("wb") as stored:
        stored.write(composed.getbuffer())
        stored.flush()
        os.fsync(stored.fileno())


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Whole last axes as far as they fit: reading a frame or a plane touches few chunks."""
    chunks, room = [], _CHUNK_PIXELS
    for length in reversed(shape):
        chunks.append(max(1, min(length, room)))
        room //= chunks[-1]
    return tuple(reversed(chunks))


def _hash(array: NDArray[Any], letters: str) -> str:
    digest = hashlib.blake2b(f"{array.dtype.str}{array.shape}{letters}".encode(), digest_size=8)
    for part in array if array.ndim else array[None]:
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "data"


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
