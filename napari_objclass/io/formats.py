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
}
#: Of project files, our own and ilastik's.
PROJECT_SUFFIX, ILASTIK_SUFFIX = ".objclass", ".ilp"

WRITABLE = (".h5", ".hdf5", ".tif", ".tiff", ".png", ".npy")

_CONTAINER = re.compile(r"\.(?:h5|hdf5|ilp)(?=[/\\]|$)", re.IGNORECASE)


class Location(NamedTuple):
    """A file, the dataset inside it, and the module that knows its format."""

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
        if not outer.is_dir():
            return outer, text[match.end() :].replace("\\", "/").strip("/")
    return Path(text), ""
