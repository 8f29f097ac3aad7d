"""Writing images, so that a file is there whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import check
from napari_objclass.errors import AxesError, FileError, ShapeError
from napari_objclass.io.formats import FORMATS, WRITABLE, locate
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
    units: str | None = "µm",
    channel_names: Sequence[str] | None = None,
) -> Path:
    """Write pixels of which little is known, see :func:`write_picture`."""
    spacing = None if spacing is None else tuple(spacing)
    names = None if channel_names is None else tuple(channel_names)
    return write_picture(path, Picture(np.asarray(array), axes, spacing=spacing, units=units, channel_names=names))


def write_picture(
    path: str | os.PathLike[str],
    picture: Picture,
    *,
    inner: str = "",
    compressed: bool = True,
    multiscale: bool = True,
) -> Path:
    """Write an image as OME-TIFF, HDF5, PNG, npy or OME-Zarr, by suffix.

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
    multiscale
        Whether an OME-Zarr image has smaller copies for viewers.

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
    form = {"compressed": compressed} | ({"multiscale": multiscale} if module.__name__.endswith("ome_zarr") else {})
    with replacing(target) as temporary:
        module.write(temporary, picture, inner, **form)
    return target


def write_sequence(path: str | os.PathLike[str], picture: Picture, *, first: int = 0) -> list[Path]:
    """Write one file for each slice along the first axis: all of them appear, or none.

    Parameters
    ----------
    path
        With ``{slice_index}`` in place of the number of the slice, which gets as many digits as the last one.
    picture
        Pixels with all that is known of them.
    first
        Number of the first slice.

    Returns
    -------
    list of Path
        The files, in order.

    Raises
    ------
    FileError, AxesError, ShapeError, DtypeError
        As for :func:`write_picture`; also if the first axis is y or x.
    """
    picture = _checked(picture)
    along, last = picture.axes[0], first + len(picture.data) - 1
    if along in "yx":
        raise AxesError(
            f"a sequence has one file for each slice along the first axis, which is {along} in {picture.axes!r}; "
            "choose an order of axes that begins with t, c or z, or write one file"
        )
    template, digits = str(path), len(str(last))
    paths = [Path(template.replace("{slice_index}", f"{i:0{digits}}")) for i in range(first, last + 1)]
    with ExitStack() as stack:
        for number, each in enumerate(paths):
            target, inner, module = check_image_path(each)
            module.write(stack.enter_context(replacing(target)), _slice(picture, number), inner, compressed=True)
    return paths


def _slice(picture: Picture, number: int) -> Picture:
    in_space = picture.axes[0] in "zyx"
    return replace(
        picture,
        data=picture.data[number],
        axes=picture.axes[1:],
        spacing=picture.spacing[1:] if picture.spacing and in_space else picture.spacing,
        offset=picture.offset[1:] if picture.offset and in_space else picture.offset,
        channel_names=picture.channel_names if "c" in picture.axes[1:] else None,
    )


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
        If images are not written with this suffix, there can be no such folder, or the place is taken by something
        that is not a file.
    """
    found = locate(path)
    if found.path.suffix.lower() not in WRITABLE:
        raise FileError(f"{found.path}: images are written as {', '.join(WRITABLE)}; choose one of these suffixes")
    if found.inner and FORMATS[found.path.suffix.lower()] == "ome_zarr":
        raise FileError(f"{path} would be inside {found.path}; choose a folder of its own for an OME-Zarr image")
    check_place(found.path)
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary sibling of ``path`` that takes its place at the end, and vanishes if the block fails.

    The block makes it a file or a folder. A missing folder around it is made.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    check_place(path)
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
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
        _remove(temporary)


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
        If there can be no such folder, or the place is taken by something that is not a file, nor where a folder goes
        nothing but an OME-Zarr image.
    """
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    if not nearest.is_dir():
        raise FileError(f"{path} cannot be written: {nearest} is not a folder; choose another name")
    if FORMATS.get(path.suffix.lower()) == "ome_zarr":
        if path.exists() and not _is_only_an_image(path):
            raise FileError(f"{path} cannot be written: it is there, and not just an image; choose another name")
    elif path.exists() and not path.is_file():
        raise FileError(f"{path} cannot be written: it is not a file; choose another name")
    return path


def _is_only_an_image(folder: Path) -> bool:
    from napari_objclass.io.ome_zarr import is_only_an_image

    return is_only_an_image(folder)


def _replace_folder(target: Path, new: Path) -> None:
    """Put a folder in the place of another, which is back if that fails."""
    old = new.with_suffix(".old")
    target.replace(old)
    try:
        new.replace(target)
    except BaseException:
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


def _refuse_to_replace_others(path: Path, inner: str, module: Any) -> None:
    if not path.is_file():
        return
    try:
        others = [name for name in module.datasets(path) if name != inner]
    except OSError as error:
        raise FileError(f"{path} exists and is no HDF5 file; write to another file") from error
    if others:
        raise FileError(f"{path} already holds {others[0]!r}, which would be lost; write to another file")
