"""Opening an image file of any known format."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from napari_objclass.axes import check
from napari_objclass.errors import AxesError, DtypeError, FileError, ObjClassError
from napari_objclass.io.formats import is_zarr, locate
from napari_objclass.io.image import Image, spatial

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

T = TypeVar("T")

__all__ = ["Image", "default_axes", "open_image"]


def open_image(source: str | os.PathLike[str], *, axes: str | None = None) -> Image:
    """Open an image; pixels are read when they are asked for, wherever the format allows it.

    Parameters
    ----------
    source
        Path of a file; for HDF5 ``file.h5/inner/path``, where the inner path may be left out if there is one dataset;
        for OME-Zarr also ``image.zarr/1`` for a level, ``image.zarr/labels/cells`` for an image inside.
    axes
        Axes of the array, if the file names none or wrong ones.

    Raises
    ------
    FileError
        If there is no such file or dataset, or it cannot be read.
    AxesError
        If the axes do not fit the array.
    DtypeError
        If the pixels are not real numbers.
    """
    path, inner, module = locate(source)
    if path.is_dir() and not is_zarr(path):
        raise FileError(f"{path} is a folder; name one image file in it")
    if not path.exists():
        raise FileError(f"there is no file {path}; check the path")
    try:
        image: Image = module.read(path.absolute(), inner)  # pixels are read later, maybe by a process elsewhere
    except (ObjClassError, MemoryError):
        raise
    except PermissionError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # a damaged file can fail anywhere in the libraries that decode it
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileError(f"{path} is damaged or not what its suffix says ({reason})") from error
    _check_dtype(image)
    return _with_axes(image, axes)


def default_axes(shape: Sequence[int]) -> str:
    """Axes of a file that names none, as ilastik reads it: yx; zyx, but yxc if the last is at most 4; zyxc; tzyxc.

    Raises
    ------
    AxesError
        Unless there are 2 to 5 axes.
    """
    by_ndim = {2: "yx", 3: "zyx", 4: "zyxc", 5: "tzyxc"}
    if len(shape) not in by_ndim:
        raise AxesError(
            f"an image has 2 to 5 axes, this array has shape {tuple(shape)}; name its axes or another dataset"
        )
    return "yxc" if len(shape) == 3 and shape[-1] <= 4 else by_ndim[len(shape)]


def _check_dtype(image: Image) -> None:
    dtype = image.data.dtype
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise DtypeError(f"{_name(image)} holds {dtype} values; an image has integer or float pixels of up to 64 bit")


def _with_axes(image: Image, axes: str | None) -> Image:
    letters = axes if axes is not None else image.axes or default_axes(image.data.shape)
    try:
        letters = check(letters, image.data.ndim)
    except AxesError as error:
        hint = "" if axes is not None else "; name its axes"
        raise AxesError(f"{_name(image)}: {error}{hint}") from None
    spacing = _reordered(image.spacing, image.axes, letters)
    return dataclasses.replace(
        image,
        axes=letters,
        spacing=spacing,
        units=None if spacing is None else image.units,
        offset=_reordered(image.offset, image.axes, letters),
    )


def _reordered(values: tuple[T, ...] | None, axes: str, letters: str) -> tuple[T, ...] | None:
    """Values for the axes of space among ``letters``, of those for ``axes``; None unless all are known."""
    by_letter = dict(zip(spatial(axes), values or (), strict=False))
    known = tuple(by_letter[letter] for letter in spatial(letters) if letter in by_letter)
    return known if len(known) == len(spatial(letters)) else None


def _name(image: Image) -> str:
    return f"{image.path}/{image.inner}" if image.inner else str(image.path)
