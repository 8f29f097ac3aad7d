"""Channels that are files, or arrays, of their own: one image with the channel axis last."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import AxesError, ShapeError
from napari_objclass.io.image import Image, LazyArray
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Stacked(LazyArray):
    """Images of one shape, stacked along a last axis; only those are read that are asked for."""

    def __init__(self, images: Sequence[Image]) -> None:
        shapes = [image.data.shape for image in images]
        super().__init__((*_common(shapes), len(images)), np.result_type(*(image.data.dtype for image in images)))
        self.images = tuple(images)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Pixels of basic slices and integers."""
        key = key if isinstance(key, tuple) else (key,)
        if Ellipsis in key:
            at = key.index(Ellipsis)
            key = (*key[:at], *(slice(None),) * (self.ndim - len(key) + 1), *key[at + 1 :])
        key = (*key, *(slice(None),) * (self.ndim - len(key)))
        chosen = np.arange(len(self.images))[key[-1]]
        if chosen.ndim == 0:
            return np.asarray(self.images[chosen].data[key[:-1]], self.dtype)
        parts = [np.asarray(self.images[number].data[key[:-1]], self.dtype) for number in chosen]
        return np.stack(parts, axis=-1) if parts else np.empty((*self[(*key[:-1], 0)].shape, 0), self.dtype)


def is_path(source: object) -> bool:
    """Whether a source names a file."""
    return isinstance(source, str | os.PathLike)


def is_list(source: object) -> bool:
    """Whether a source is a list of channels: all paths, or arrays of at least two axes."""
    return (
        isinstance(source, list | tuple)
        and len(source) > 0
        and all(is_path(each) or getattr(each, "ndim", 0) >= 2 for each in source)
    )


def stacked(arrays: Sequence[Any]) -> NDArray[Any]:
    """Channels, some of them arrays, as one array in memory.

    Raises
    ------
    ShapeError
        If their shapes differ.
    """
    parts = [np.asarray(open_image(each).data if is_path(each) else each) for each in arrays]
    _common([part.shape for part in parts])
    return np.stack(parts, axis=-1)


def open_channels(sources: Sequence[str | os.PathLike[str]], *, axes: str | None = None) -> Image:
    """Open one image file per channel as one image, which has the place of the first and is named by all.

    Parameters
    ----------
    sources
        Paths, as for :func:`~napari_objclass.io.readers.open_image`.
    axes
        Axes of each, if the files name none or wrong ones; a ``c`` at the end is that of the list.

    Raises
    ------
    ObjClassError
        If one cannot be opened, has several channels itself, or another shape than the first.
    """
    images = [_one_channel(open_image(source, axes=without_last(axes))) for source in sources]
    data, first = Stacked(images), images[0]
    if len({image.axes for image in images}) > 1:
        raise AxesError(f"the channels have different axes ({', '.join(image.axes for image in images)}); name them")
    names = tuple(image.path.stem for image in images)
    return replace(
        first,
        data=data,
        axes=first.axes + "c",
        channel_names=names if len(set(names)) > 1 else None,
        drange=first.drange if len({image.drange for image in images}) == 1 else None,
    )


def without_last(axes: str | None) -> str | None:
    """Axes of one of a list of channels, where a ``c`` at the end is that of the list."""
    return None if axes is None else axes.lower().removesuffix("c")


def _one_channel(image: Image) -> Image:
    if "c" in image.axes:
        raise AxesError(f"{image.path} has channels itself (axes {image.axes}); give it alone, or name its axes")
    return image


def _common(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise ShapeError(f"channels must have one shape, got {shapes[0]} and {shape}; crop or resample them first")
    return shapes[0]
