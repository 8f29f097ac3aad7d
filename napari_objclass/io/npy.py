"""Numpy's own files: one array, no axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.errors import DtypeError
from napari_objclass.io.image import Image, Picture, slabs

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, inner: str) -> Image:
    """Map the array into memory."""
    try:
        data = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        if "Python objects" in str(error):
            raise DtypeError(f"{path} holds Python objects; save it as an array of numbers") from None
        raise
    return Image(data=data, axes="", path=path)


def write(path: Path, picture: Picture, inner: str, *, compressed: bool) -> None:
    """Write the array; axes, spacing and names have no place in this format."""
    data = np.asarray(picture.data)
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(data.dtype), "fortran_order": False, "shape": data.shape}
        np.lib.format.write_array_header_1_0(file, header)
        for part in slabs(data):  # numpy itself would not tell that the disk is full
            file.write(np.ascontiguousarray(data[part]).data)
