"""The table of image formats, and how a path names a file and a dataset in it.

A format is one module of this package and its suffixes here. The module has ``read(path, inner) -> Image``
(``axes`` is "" if the file names none) and, if the format can be written,
``write(path, picture, inner, *, compressed)``.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari_objclass.errors import FileError

if TYPE_CHECKING:
    import os
    from types import ModuleType

FORMATS = {
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".ilp": "hdf5",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".npy": "npy",
    ".png": "picture",
    ".jpg": "picture",
    ".jpeg": "picture",
    ".zarr": "ome_zarr",
}
#: Of project files, our own and ilastik's.
PROJECT_SUFFIX, ILASTIK_SUFFIX = ".objclass", ".ilp"

#: Of images; projects of ilastik are among the formats because of the datasets in them.
IMAGES = tuple(suffix for suffix in FORMATS if suffix != ILASTIK_SUFFIX)

WRITABLE = (".h5", ".hdf5", ".tif", ".tiff", ".png", ".npy", ".zarr")

_CONTAINER = re.compile(r"\.(?:h5|hdf5|ilp|zarr)(?=[/\\]|$)", re.IGNORECASE)


class Location(NamedTuple):
    """A file or the folder of a zarr image, the dataset inside it, and the module that knows its format."""

    path: Path
    inner: str
    module: ModuleType


def locate(source: str | os.PathLike[str]) -> Location:
    """Split ``file.h5/inner/path`` (either slash, ``~`` allowed) and find the format.

    Raises
    ------
    FileError
        If it is a web address, or the suffix names no known format.
    """
    if "://" in str(source):
        raise FileError(f"{source} is a web address; download the file and name the copy")
    path, inner = split(str(Path(source).expanduser()) if str(source) else "")
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        kind = f"files ending in {path.suffix!r}" if path.suffix else "files without a suffix"
        raise FileError(f"{path}: {kind} cannot be read or written as images; known are {', '.join(FORMATS)}")
    return Location(path, inner, importlib.import_module(f"napari_objclass.io.{name}"))


def split(text: str) -> tuple[Path, str]:
    """Split into the file and the inner path, "" if there is none; wildcards may be in the file."""
    for match in _CONTAINER.finditer(text):
        outer = Path(text[: match.end()])
        if not outer.is_dir() or is_zarr(outer):
            return outer, text[match.end() :].replace("\\", "/").strip("/")
    return Path(text), ""


def matching(pattern: str) -> tuple[str, ...]:
    """Files that match a pattern with ``*``, ``?`` or ``[...]`` in its path, each with the inner path of the pattern.

    Numbers in names are compared as numbers: ``z2.png`` comes before ``z10.png``. A path without wildcards, or to a
    file that is there, is that file.

    Raises
    ------
    FileError
        If nothing matches.
    """
    path, inner = split(str(Path(pattern).expanduser()))
    wild = [number for number, part in enumerate(path.parts) if set("*?[") & set(part)]
    if not wild or path.exists():
        return (pattern,)
    found = Path(*path.parts[: wild[0]]).glob(str(Path(*path.parts[wild[0] :])))
    files = tuple(str(file / inner) for file in sorted(found, key=lambda file: with_numbers(str(file))))
    if not files:
        raise FileError(f"no file matches {pattern!r}; check the folder and the pattern")
    return files


def with_numbers(name: str) -> list[tuple[int, str]]:
    """Key by which names are sorted, numbers in them as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def is_zarr(folder: Path) -> bool:
    """Whether a folder is a zarr group or array."""
    return any((folder / name).is_file() for name in ("zarr.json", ".zgroup", ".zarray"))
