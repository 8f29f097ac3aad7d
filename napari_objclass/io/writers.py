"""Writing images, so that a file is there whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import check
from napari_objclass.errors import FileError, ShapeError
from napari_objclass.io.formats import WRITABLE, locate
from napari_objclass.io.image import Picture, spatial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike

    from napari_objclass.io.formats import Location


def write_image(
    path: str | os.PathLike[str],
    array: ArrayLike,
    axes: str,
    *,
    spacing: Sequence[float] | None = None,
    channel_names: Sequence[str] | None = None,
) -> Path:
    """Write pixels of which little is known, see :func:`write_picture`."""
    spacing = None if spacing is None else tuple(spacing)
    names = None if channel_names is None else tuple(channel_names)
    return write_picture(path, Picture(np.asarray(array), axes, spacing=spacing, channel_names=names))


def write_picture(path: str | os.PathLike[str], picture: Picture, *, inner: str = "", compressed: bool = True) -> Path:
    """Write an image as OME-TIFF, HDF5 or npy, by suffix.

    Parameters
    ----------
    path
        The file. An HDF5 file that holds other datasets is not overwritten.
    picture
        Pixels with all that is known of them; as much of it is written as the format has a place for.
    inner
        Dataset inside an HDF5 file, if ``path`` does not name it (``file.h5/inner/path``); default ``exported_data``.
    compressed
        Whether to compress, where the format leaves a choice.

    Returns
    -------
    Path
        The file that was written, without the inner path.

    Raises
    ------
    FileError
        If the file cannot be written, or its format only be read.
    AxesError, ShapeError, DtypeError
        If axes, spacing, names or pixel type do not fit.
    """
    target, named, module = check_image_path(path)
    picture = _checked(picture)
    inner = named or inner
    if module.__name__.endswith("hdf5"):
        inner = inner or module.DEFAULT_INNER
        _refuse_to_replace_others(target, inner, module)
    with replacing(target) as temporary:
        module.write(temporary, picture, inner, compressed=compressed)
    return target


def _checked(picture: Picture) -> Picture:
    """Return a picture in memory whose parts fit together."""
    array = np.asarray(picture.data)
    axes = check(picture.axes, array.ndim)
    if array.size == 0:
        raise ShapeError(f"an image of shape {array.shape} has no pixels to write")
    n_spatial, spacing, names = len(spatial(axes)), picture.spacing, picture.channel_names
    if spacing is not None and len(spacing) != n_spatial:
        raise ShapeError(f"spacing has {len(spacing)} entries but axes {axes!r} has {n_spatial} of z, y, x")
    n_channels = array.shape[axes.index("c")] if "c" in axes else 0
    if names is not None and len(names) != n_channels:
        raise ShapeError(f"{len(names)} channel names were given for {n_channels} channels")
    spacing = None if spacing is None else tuple(map(float, spacing))
    return replace(picture, data=array, axes=axes, spacing=spacing)


def check_image_path(path: str | os.PathLike[str]) -> Location:
    """Say before the work starts that its image could not be written: its place if it could.

    Raises
    ------
    FileError
        If images are not written with this suffix, the folder is missing, or the place is taken by something that is
        not a file.
    """
    found = locate(path)
    if found.path.suffix.lower() not in WRITABLE:
        raise FileError(f"{found.path}: images are written as {', '.join(WRITABLE)}; choose one of these suffixes")
    check_place(found.path)
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary sibling of ``path`` that takes its place at the end, and vanishes if the block fails.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    check_place(path)
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        reason = os.strerror(error.errno) if error.errno else error  # HDF5 tells more than anyone wants to know
        raise FileError(f"{path} cannot be written: {reason}") from error
    finally:
        with suppress(OSError):  # what keeps it from being removed has kept it from being made, and was said
            temporary.unlink(missing_ok=True)


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Remove temporary siblings that :func:`replacing` left behind in processes that were killed."""
    folders: dict[Path, set[str]] = {}
    for path in paths:
        target = Path(os.path.realpath(path))
        folders.setdefault(target.parent, set()).add(target.name)
    for folder, names in folders.items():
        for left in folder.glob(".*.part") if folder.is_dir() else ():
            match = re.fullmatch(r"\.(.+)\.[0-9a-f]{8}\.part", left.name)
            if match and match[1] in names:
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def check_place(path: Path) -> Path:
    """Say before the work starts that a file could not be written: the path if it could.

    Raises
    ------
    FileError
        If the folder is missing, or the place is taken by something that is not a file.
    """
    if not path.parent.is_dir():
        raise FileError(f"{path} cannot be written: there is no folder {path.parent}; create it first")
    if path.exists() and not path.is_file():
        raise FileError(f"{path} cannot be written: it is not a file; choose another name")
    return path


def _refuse_to_replace_others(path: Path, inner: str, module: Any) -> None:
    if not path.is_file():
        return
    try:
        others = [name for name in module.datasets(path) if name != inner]
    except OSError as error:
        raise FileError(f"{path} exists and is no HDF5 file; write to another file") from error
    if others:
        raise FileError(f"{path} already holds {others[0]!r}, which would be lost; write to another file")
