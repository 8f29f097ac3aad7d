"""Pixels of a layer at full resolution, and the file that holds them, if one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import ObjClassError
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.io.formats import locate, split
from napari_objclass.io.image import is_lazy
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    from napari.layers import Layer


def level_0(layer: Layer) -> Any:
    """Pixels of a layer at full resolution, maybe not in memory yet."""
    return layer.data[0] if layer.multiscale else layer.data


def without_alpha(layer: Layer) -> Any:
    """Pixels at full resolution; opacity holds no measurement."""
    pixels = level_0(layer)
    return pixels[..., :3] if getattr(layer, "rgb", False) and pixels.shape[-1] == 4 else pixels


def file_of(layer: Layer, letters: str, *, whole: bool = False) -> str | None:
    """File (with inner path) that holds the pixels of a layer; None if none does any more.

    Parameters
    ----------
    layer
        Its source may be wrong: it stays when the pixels are painted on or assigned.
    letters
        Axes of its pixels.
    whole
        Compare all pixels, which may have been painted on, if they are in memory; else those of a fingerprint.
    """
    path = getattr(layer.source, "path", None)
    if not path:
        return None
    pixels = without_alpha(layer)
    for place in _places_in(str(path)):
        try:
            stored = open_image(place, axes=letters).data
        except ObjClassError:
            continue
        if stored.shape != pixels.shape or not _same_type(stored.dtype, pixels.dtype):
            continue
        same = fingerprint(stored, letters) == fingerprint(pixels, letters)
        if same and (not whole or is_lazy(pixels) or _same(stored, pixels)):
            return place
    return None


def _places_in(path: str) -> list[str]:
    """The file, or its datasets if it is a container of them."""
    file, inner = split(path)
    if inner or file.suffix.lower() not in (".h5", ".hdf5", ".ilp", ".zarr"):
        return [path]
    try:
        return [f"{file}/{each}" for each in locate(file).module.datasets(file)]
    except OSError:
        return []


def _same_type(one: Any, other: Any) -> bool:
    return bool(np.dtype(one).newbyteorder("=") == np.dtype(other).newbyteorder("="))


def _same(stored: Any, pixels: Any) -> bool:
    """Compare plane by plane, so that two large images need not be in memory."""
    leading = stored.shape[:-2]
    return all(np.array_equal(stored[at], np.asarray(pixels[at])) for at in np.ndindex(leading))
