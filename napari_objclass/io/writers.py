"""Writing images and tables, so that a file is there whole or not at all."""

from __future__ import annotations

import csv
import os
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
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.io.formats import Location

_ROWS_AT_ONCE = 10_000
_POWERS = np.array([float(f"1e{k}") for k in range(23)])


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


def write_table(path: str | os.PathLike[str], columns: Mapping[str, NDArray[Any]]) -> Path:
    """Write a table as CSV: commas, one header line, numbers in the fewest digits that read back as the same number.

    Parameters
    ----------
    path
        A file ending in .csv.
    columns
        Arrays of one length (n_rows,): integers, floats (NaN is written ``nan``) or text, which is quoted where it
        has to be.

    Raises
    ------
    FileError
        If the file cannot be written.
    ShapeError
        If the columns differ in length.
    """
    target = check_table_path(path)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ShapeError(f"the columns of a table have one length, these have {sorted(lengths)}")
    with replacing(target) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for start in range(0, max(lengths, default=0), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            writer.writerows(zip(*(_cells(column[part]) for column in columns.values()), strict=True))
    return target


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


def check_table_path(path: str | os.PathLike[str]) -> Path:
    """Say before the work starts that its table could not be written: the path if it could.

    Raises
    ------
    FileError
        If the suffix is not .csv, there can be no such folder, or the place is taken by something that is not a file.
    """
    target = Path(path).expanduser()
    if target.suffix.lower() != ".csv":
        raise FileError(f"{target}: tables are written as .csv; choose this suffix")
    return check_place(target)


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
    except OSError:
        old.replace(target)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    """Remove a temporary file or folder; what keeps it from being removed has kept it from being made, and was said."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
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


def _cells(column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind == "f" and column.dtype.itemsize < 8:
        return _shortest(column.astype(np.float32, copy=False)).tolist()  # type: ignore[no-any-return]
    return column.tolist()  # type: ignore[no-any-return]


def _shortest(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Find the doubles that print like ``values``: each rounded to as few digits as still tell it from its neighbours.

    6 digits always fit into a float32 and 9 always tell it. Powers of ten up to 22 are exact doubles, so that within
    the bounds here each candidate is the double nearest to its decimal; the few other values go one by one.
    """
    shortest = values.astype(np.float64)
    size = np.abs(shortest)
    whole = (size < 2**24) & (size == np.rint(size))
    usual = (size >= 1e-12) & (size < 1e16) & ~whole
    rest = np.flatnonzero(usual)
    exact = shortest[rest]
    exponent = np.floor(np.log10(size[rest])).astype(np.intp)
    told = np.zeros(len(rest), np.bool_)
    pending = np.arange(len(rest))
    for digits in (8, 7, 6):  # most need 8, and only those told by 8 may do with fewer
        candidate = _rounded(exact[pending], exponent[pending], digits)
        same = candidate.astype(np.float32) == values[rest[pending]]
        pending = pending[same]
        shortest[rest[pending]] = candidate[same]
        told[pending] = True
    pending = np.flatnonzero(~told)
    shortest[rest[pending]] = _rounded(exact[pending], exponent[pending], 9)
    for index in np.flatnonzero(~usual & ~whole & np.isfinite(size)):
        shortest[index] = float(str(values[index]))
    return shortest


def _rounded(exact: NDArray[np.float64], exponent: NDArray[np.intp], digits: int) -> NDArray[np.float64]:
    scale = digits - 1 - exponent
    up, down = _POWERS[np.maximum(scale, 0)], _POWERS[np.maximum(-scale, 0)]  # one of them is 1
    rounded: NDArray[np.float64] = np.rint(exact * up / down) / up * down
    return rounded
