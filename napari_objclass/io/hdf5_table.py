"""HDF5 tables as ilastik documents them: a structured array ``table``, and below ``images`` the pixels of every object.

``file["table"]["Mean Intensity"]`` are the values of a column, ``file["images"]["1"]["labeling"]`` is 1 on the object
of row 1, counted from 0, and 0 elsewhere. A table that is too wide for a structured array is a group with a dataset
per column; ``file["table"]["Mean Intensity"][:]`` reads both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5p, h5s, h5t

from napari_objclass.io.disk_file import disk_file
from napari_objclass.io.hdf5 import axistags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.io.parts import Watch
    from napari_objclass.io.tables import Crops

#: The formats of HDF5 1.8, which everything reads: twice as many columns fit, and small groups take less space.
_VERSION = ("v108", "v108")

#: Fewer bytes are kept with the description of a dataset, which is a fifth faster; HDF5 allows twice as many.
_INLINE = 32_000

_ROWS_AT_ONCE = 10_000
_OBJECTS_AT_ONCE = 200


def write(
    path: Path, columns: Mapping[str, NDArray[Any]], *, about: Mapping[str, Any], crops: Crops | None, watch: Watch
) -> None:
    """Write columns of one length, with attributes ``about`` them all and crops."""
    with disk_file(path) as composed, h5py.File(composed, "w", libver=_VERSION) as file:
        n_rows = max(map(len, columns.values()), default=0)
        _write_columns(file, {name: _storable(column) for name, column in columns.items()}, n_rows, watch)
        file["table"].attrs.update(about)
        if crops is not None:
            _write_crops(file.create_group("images"), crops, n_rows, watch)


def names(path: Path) -> list[str]:
    """Names of the columns of a file."""
    with h5py.File(path, "r") as file:
        return _names(file["table"])


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Columns of a file."""
    with h5py.File(path, "r") as file:
        table = file["table"]
        if isinstance(table, h5py.Dataset):
            rows = table[()]
            columns = {name: rows[name] for name in _names(table)}
        else:
            columns = {name: table[_link(name)][()] for name in _names(table)}
    return {name: np.char.decode(each, "utf-8") if each.dtype.kind == "S" else each for name, each in columns.items()}


def _names(table: h5py.Dataset | h5py.Group) -> list[str]:
    return list(table.dtype.names) if hasattr(table, "dtype") else list(json.loads(table.attrs["columns"]))


def _link(name: str) -> str:
    """Name of the dataset of a column: a slash would begin a group."""
    return name.replace("/", "\N{DIVISION SLASH}")


def _storable(column: NDArray[Any]) -> NDArray[Any]:
    """Numbers, ids as int64 where they fit; anything else as UTF-8 of fixed length."""
    if column.dtype.kind == "u":
        return column.astype(np.int64) if column.max(initial=0) < 1 << 63 else column.astype(np.uint64)
    if column.dtype.kind in "bif":
        return column
    encoded = np.char.encode(column.astype(np.str_), "utf-8")
    return encoded.astype(h5py.string_dtype("utf-8", max(1, encoded.dtype.itemsize)))


def _write_columns(file: h5py.File, columns: Mapping[str, NDArray[Any]], n_rows: int, watch: Watch) -> None:
    """As a structured array if HDF5 can describe it, else as a group."""
    dtype = np.dtype([(name, column.dtype) for name, column in columns.items()])
    try:
        table = file.create_dataset("table", (n_rows,), dtype)
    except ValueError:
        group = file.create_group("table", track_order=True)
        group.attrs["columns"] = json.dumps(list(columns))
        for name, column in columns.items():
            group[_link(name)] = column
        return
    for part in watch.parts(n_rows, _ROWS_AT_ONCE, "writing the table"):
        rows = np.empty(part.stop - part.start, dtype)
        for name, column in columns.items():
            rows[name] = column[part]
        table[part] = rows


def _write_crops(group: h5py.Group, crops: Crops, n_rows: int, watch: Watch) -> None:
    """Write the pixels of all objects, and raw where it is wanted as a whole."""
    if crops.whole is not None:
        raw = group.create_dataset("raw", data=crops.whole, compression="gzip", compression_opts=1, shuffle=True)
        raw.attrs["type"] = "image"
        raw.attrs["axistags"] = axistags(crops.raw_axes, crops.spacing, crops.units)
    labeling = _Pixels("labeling", "labeling", axistags(crops.axes, crops.spacing, crops.units))
    image = _Pixels("raw", "image", axistags(crops.raw_axes, crops.spacing, crops.units))
    objects = iter(crops.objects)
    for part in watch.parts(n_rows, _OBJECTS_AT_ONCE, "writing the objects"):
        for row in range(part.start, part.stop):
            mask, raw = next(objects)
            own = h5g.create(group.id, str(row).encode())
            labeling.write(own, mask)
            if raw is not None:
                image.write(own, raw)


class _Pixels:
    """Datasets of one name with the same attributes, written by HDF5's own functions: h5py's take twice as long."""

    def __init__(self, name: str, kind: str, tags: str) -> None:
        self._name = name.encode()
        self._attributes = [(b"type", np.array(kind, object)), (b"axistags", np.array(tags, object))]
        self._text, self._scalar = h5t.py_create(h5py.string_dtype(), logical=True), h5s.create(h5s.SCALAR)
        self._inline = h5p.create(h5p.DATASET_CREATE)
        self._inline.set_layout(h5d.COMPACT)

    def write(self, group: h5g.GroupID, pixels: NDArray[Any]) -> None:
        """Write those of one object into its group."""
        dtype, space = h5t.py_create(pixels.dtype, logical=True), h5s.create_simple(pixels.shape)
        layout = self._inline if pixels.nbytes < _INLINE else None
        dataset = h5d.create(group, self._name, dtype, space, layout)
        dataset.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(pixels))
        for name, value in self._attributes:
            h5a.create(dataset, name, self._text, self._scalar).write(value)
