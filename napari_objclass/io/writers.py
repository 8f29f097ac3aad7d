"""Writing images: what is said of them fits, and the module of the format writes them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import check
from napari_objclass.errors import AxesError, FileError, ShapeError
from napari_objclass.io.formats import FORMATS, WRITABLE, locate
from napari_objclass.io.image import Picture, spatial
from napari_objclass.io.whole_files import check_place, replacing

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

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
        refuse_to_replace_others(target, inner, module)
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


def refuse_to_replace_others(path: Path, inner: str, module: Any) -> None:
    """Raise a FileError if an HDF5 file holds other datasets than ``inner``, or is none."""
    if not path.is_file():
        return
    try:
        others = [name for name in module.datasets(path) if name != inner]
    except OSError as error:
        raise FileError(f"{path} exists and is no HDF5 file; write to another file") from error
    if others:
        raise FileError(f"{path} already holds {others[0]!r}, which would be lost; write to another file")
