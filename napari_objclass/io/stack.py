"""Images made of several: files that are its planes, frames or channels, and arrays that are its channels."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import AxesError, FileError, ShapeError
from napari_objclass.io.image import Image, LazyArray, Picture, Stack
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Path = str | os.PathLike[str]

_PARTS = {"z": "planes", "t": "frames", "c": "channels"}


class Stacked(LazyArray):
    """Images of one shape, one after the other along a new axis; only those are read that are asked for."""

    def __init__(self, images: Sequence[Picture], axis: int) -> None:
        shape = images[0].data.shape
        dtype = np.result_type(*{image.data.dtype for image in images})
        super().__init__((*shape[:axis], len(images), *shape[axis:]), dtype)
        self.images: tuple[Any, ...] = tuple(images)
        self.axis = axis

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Pixels of basic slices and integers."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis not in keys:
            keys.append(Ellipsis)
        gap = keys.index(Ellipsis)
        keys[gap : gap + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        chosen = np.arange(len(self.images))[keys.pop(self.axis)]
        within = tuple(keys)
        if chosen.ndim == 0:
            return np.asarray(self.images[chosen].data[within], self.dtype)
        shape = list(np.broadcast_to(np.bool_(), self.images[0].data.shape)[within].shape)
        place = sum(isinstance(each, slice) for each in within[: self.axis])
        result = np.empty((*shape[:place], len(chosen), *shape[place:]), self.dtype)
        parts = np.moveaxis(result, place, 0)
        for row, number in enumerate(chosen):
            parts[row] = self.images[number].data[within]
        return result


class Reopened(LazyArray):
    """Pixels of a file that is opened for each access: no process holds a thousand maps, or a thousand pictures."""

    def __init__(self, image: Image) -> None:
        super().__init__(image.data.shape, image.data.dtype)
        self.place = f"{image.path}/{image.inner}" if image.inner else str(image.path)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        data = open_image(self.place).data
        if data.shape != self.shape:
            raise FileError(f"{self.place} was {self.shape} and is {data.shape} now; put the old file back")
        return np.asarray(data[key])


def is_path(source: object) -> bool:
    """Whether a source names a file."""
    return isinstance(source, str | os.PathLike)


def in_files(source: object) -> bool:
    """Whether files hold all the pixels of a source."""
    if isinstance(source, list | tuple):
        return len(source) > 0 and all(map(is_path, source))
    return is_path(source) or isinstance(source, Stack)


def along(source: object) -> str:
    """Axis along which the parts of a source lie: ``"c"`` for lists of paths or of arrays of two axes and more."""
    if isinstance(source, Stack):
        return source.along
    if not isinstance(source, list | tuple) or not source:
        return ""
    return "c" if all(is_path(each) or getattr(each, "ndim", 0) >= 2 for each in source) else ""


def whole_axes(axes: str, letter: str) -> str:
    """Axes of a stack, given its axes or those of a part: channels are last, frames first, planes after frames."""
    part = axes.lower().replace(letter, "")
    at = {"t": 0, "z": int(part.startswith("t")), "c": len(part)}[letter]
    return part[:at] + letter + part[at:]


def stacked(arrays: Sequence[Any]) -> NDArray[Any]:
    """Channels, some of them arrays, as one array in memory.

    Raises
    ------
    ShapeError
        If their shapes differ.
    """
    parts = [np.asarray(open_image(each).data if is_path(each) else each) for each in arrays]
    for part in parts[1:]:
        if part.shape != parts[0].shape:
            raise ShapeError(
                f"channels must have one shape, got {parts[0].shape} and {part.shape}; crop or resample them first"
            )
    return np.stack(parts, axis=-1)


def open_files(source: Path | Sequence[Path] | Stack, *, axes: str | None = None) -> Image:
    """Open an image that is one file or several.

    Parameters
    ----------
    source
        A path, as for :func:`~napari_objclass.io.readers.open_image`; a stack; or a list of channels.
    axes
        Axes of the whole, or of each of its parts, if the files name none or wrong ones.

    Returns
    -------
    Image
        A stack has the place of its first file.

    Raises
    ------
    ObjClassError
        If a file cannot be opened, or the files do not make one image.
    """
    if isinstance(source, str | os.PathLike):
        return open_image(source, axes=axes)
    stack = source if isinstance(source, Stack) else Stack(tuple(os.fspath(each) for each in source), "c")
    part_axes = None if axes is None else axes.lower().replace(stack.along, "")
    images = [_part(file, part_axes, stack.along) for file in stack.files]
    first = images[0]
    for image in images[1:]:
        _check_alike(first, image, stack.along)
    letters = whole_axes(first.axes, stack.along)
    is_volume = stack.along == "z"  # how far its planes are from each other, no file of a plane says
    return replace(
        first,
        data=Stacked(images, letters.index(stack.along)),
        axes=letters,
        spacing=None if is_volume else first.spacing,
        units=None if is_volume else first.units,
        offset=None if is_volume else first.offset,
        channel_names=_names(images) if stack.along == "c" else first.channel_names,
        drange=first.drange if len({image.drange for image in images}) == 1 else None,
    )


def _part(file: str, axes: str | None, letter: str) -> Image:
    image = open_image(file, axes=axes)
    if letter in image.axes:
        raise AxesError(
            f"{image.path} has {_PARTS[letter]} itself (axes {image.axes}); give it alone, or name its axes"
        )
    return image if isinstance(image.data, LazyArray) else replace(image, data=Reopened(image))


def _check_alike(first: Image, image: Image, letter: str) -> None:
    parts = _PARTS[letter]
    if image.axes != first.axes:
        raise AxesError(f"the {parts} have different axes ({first.axes}, {image.axes} in {image.path}); name them")
    if image.data.shape != first.data.shape:
        raise ShapeError(
            f"{parts} must have one shape, got {first.data.shape} and {image.data.shape} in {image.path}; "
            "crop or resample them first"
        )


def _names(images: Sequence[Image]) -> tuple[str, ...] | None:
    names = tuple(image.path.stem for image in images)
    return names if len(set(names)) > 1 else None
