"""Numpy's own files: one array, no axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.errors import DtypeError
from napari_objclass.io.image import Image, Picture

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
    with path.open("wb") as file:  # given a name, numpy would append its suffix
        np.save(file, np.asarray(picture.data), allow_pickle=False)
