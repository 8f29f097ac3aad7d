"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.errors import FileError
from napari_objclass.io.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def replacing(path: Path, key: str = "") -> Iterator[Path]:
    """Lend a temporary sibling of ``path`` that takes its place at the end, and vanishes if the block fails.

    The block makes it a file or a folder. A missing folder around it is made.

    Parameters
    ----------
    path
        The file.
    key
        Sixteen hexadecimal digits: what fails stays, and is lent again to the next one with this key.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    check_place(path)
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary = target.with_name(f".{target.name}.{key or uuid.uuid4().hex[:8]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if target.is_dir():
            _replace_folder(target, temporary)
        else:
            temporary.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        reason = os.strerror(error.errno) if error.errno else error  # HDF5 tells more than anyone wants to know
        raise FileError(f"{path} cannot be written: {reason}") from error
    finally:
        if not key:
            _remove(temporary)


def remove_leftovers(paths: Iterable[Path], *, keyed: bool = False) -> None:
    """Remove temporary siblings that :func:`replacing` left behind in processes that were killed.

    ``keyed`` are those that it left on purpose; they are kept otherwise.
    """
    folders: dict[Path, set[str]] = {}
    for path in paths:
        target = Path(os.path.realpath(path))
        folders.setdefault(target.parent, set()).add(target.name)
    for folder, names in folders.items():
        for left in folder.glob(".*") if folder.is_dir() else ():
            match = re.fullmatch(rf"\.(.+)\.[0-9a-f]{{{16 if keyed else 8}}}\.(part|old)", left.name)
            if match and match[1] in names:
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def check_place(path: Path) -> Path:
    """Say before the work starts that a file could not be written: the path if it could.

    Raises
    ------
    FileError
        If there can be no such folder, or the place is taken by something that is not a file, nor where a folder goes
        nothing but an OME-Zarr image.
    """
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    if not nearest.is_dir():
        raise FileError(f"{path} cannot be written: {nearest} is not a folder; choose another name")
    if FORMATS.get(path.suffix.lower()) == "ome_zarr":
        from napari_objclass.io.ome_zarr import is_only_an_image

        if path.exists() and not is_only_an_image(path):
            raise FileError(f"{path} cannot be written: it is there, and not just an image; choose another name")
    elif path.exists() and not path.is_file():
        raise FileError(f"{path} cannot be written: it is not a file; choose another name")
    return path


def _replace_folder(target: Path, new: Path) -> None:
    """Put a folder in the place of another, which is back if that fails."""
    old = new.with_suffix(".old")
    try:
        target.replace(old)
        new.replace(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.replace(target)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    """Remove a temporary file or folder; what keeps it from being removed has kept it from being made, and was said."""
    with suppress(OSError):  # also of a name that is too long to look for
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
