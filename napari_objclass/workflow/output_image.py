"""What becomes of an image on its way into a file: region, range of values, pixel type and order of axes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.axes import to_canonical
from napari_objclass.errors import AxesError, DtypeError, ParameterError
from napari_objclass.io.image import slabs, spatial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray, Picture
    from napari_objclass.workflow.export import Export, Part
    from napari_objclass.workflow.file_names import Region

    Array = NDArray[Any]


def prepared(picture: Picture, settings: Export) -> Picture:
    """Return the part of an image that is written, in the form in which it is written.

    Raises
    ------
    ParameterError
        If the region has no pixel of the image.
    DtypeError
        If values do not fit the pixel type.
    AxesError
        If the order of axes lacks one that is longer than 1.
    """
    part = _cropped(picture, bounds(picture, settings.region))
    part = replace(_declared(part, settings), data=_converted(part.data, settings))
    return part if settings.axes is None else _ordered(part, settings.axes)


def outline(picture: Picture, settings: Export) -> Picture:
    """Return :func:`prepared` but for the pixels, of which only number and type are right.

    Raises
    ------
    ParameterError, AxesError
        As for :func:`prepared`.
    """
    blank = np.broadcast_to(np.zeros((), picture.data.dtype), picture.data.shape)
    part = _cropped(replace(picture, data=blank), bounds(picture, settings.region))
    dtype = np.dtype(settings.dtype or blank.dtype)
    part = replace(_declared(part, settings), data=np.broadcast_to(np.zeros((), dtype), part.data.shape))
    return part if settings.axes is None else _ordered(part, settings.axes)


def converted(pixels: Array, axes: str, settings: Export) -> Array:
    """Pixels of a part of an image, in the form in which they are written.

    Raises
    ------
    DtypeError
        If values do not fit the pixel type.
    """
    values: Array = np.asarray(_converted(pixels, settings))
    return values if settings.axes is None else to_canonical(values, axes, settings.axes)


def bounds(picture: Picture, region: Sequence[Part]) -> Region:
    """First pixel and end along each axis of an image, clipped to it."""
    whole = {axis: (0, length) for axis, length in zip(picture.axes, picture.data.shape, strict=True)}
    found = dict(whole)
    for axis, start, stop in region:
        length = whole.get(axis, (0, 1))[1]
        low, high = start or 0, length if stop is None else min(stop, length)
        if low >= high:
            raise ParameterError(f"the region of axis {axis} begins at {low}, but the image ends at {length}")
        if axis in whole:
            found[axis] = low, high
    return found


def clipping(picture: Picture, region: Sequence[Part]) -> str:
    """One sentence if a region reaches beyond the image; else ""."""
    ends = dict(zip(picture.axes, picture.data.shape, strict=True))
    beyond = [f"{axis} at {ends[axis]}" for axis, _, stop in region if stop is not None and stop > ends.get(axis, stop)]
    return f"the region was clipped to the image, which ends along {', '.join(beyond)}" if beyond else ""


def _cropped(picture: Picture, region: Region) -> Picture:
    names, letters = picture.channel_names, spatial(picture.axes)
    starts = [region[letter][0] for letter in letters]
    offset = picture.offset or (0,) * len(letters)
    return replace(
        picture,
        data=picture.data[tuple(slice(*region[letter]) for letter in picture.axes)],
        channel_names=names[slice(*region["c"])] if names and "c" in region else names,
        offset=tuple(a + b for a, b in zip(offset, starts, strict=True)) if any(starts) else picture.offset,
    )


def _converted(data: Array | LazyArray, settings: Export) -> Array | LazyArray:
    """Values of another range or type, made part by part."""
    dtype = np.dtype(settings.dtype or data.dtype)
    if settings.renormalize is None and dtype == data.dtype:
        return data
    converted = np.empty(data.shape, dtype)
    for part in slabs(data):
        converted[part] = _values(np.asarray(data[part]), settings.renormalize, dtype)
    return converted


def _values(values: Array, mapped: tuple[float, float, float, float] | None, dtype: np.dtype[Any]) -> Array:
    return _fitting(values if mapped is None else _renormalized(values, mapped), dtype)


def _declared(picture: Picture, settings: Export) -> Picture:
    """What is said of values of another range or type."""
    mapped, dtype = settings.renormalize, np.dtype(settings.dtype or picture.data.dtype)
    if mapped is None and dtype == picture.data.dtype:
        return picture
    return replace(
        picture,
        drange=picture.drange if mapped is None else mapped[2:],
        colors=picture.colors if mapped is None and dtype.kind in "iu" else None,  # it shows no classes any more
    )


def _renormalized(values: Array, mapped: tuple[float, float, float, float]) -> Array:
    in_low, in_high, out_low, out_high = mapped
    scale = (out_high - out_low) / (in_high - in_low) if in_high != in_low else 0.0
    result: Array = out_low + (values.astype(np.float64) - in_low) * scale
    return result


def _fitting(values: Array, dtype: np.dtype[Any]) -> Array:
    """Values that ``dtype`` holds: floats rounded to the nearest integer, integers exact also as floats."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = int(limits.min), int(limits.max)
        values = np.rint(values) if values.dtype.kind == "f" else values
    elif values.dtype.kind in "iu":
        high = 2 ** (np.finfo(dtype).nmant + 1)
        low = -high
    else:
        return values
    least, most = values.min().item(), values.max().item()
    if not (low <= least and most <= high):  # NaN neither
        raise DtypeError(
            f"values from {least:g} to {most:g} do not fit into {dtype}; choose another dtype, or renormalize them"
        )
    return values


def _ordered(picture: Picture, axes: str) -> Picture:
    for letter, length in zip(picture.axes, picture.data.shape, strict=True):
        if letter not in axes and length > 1:
            raise AxesError(
                f"the image is {length} long along {letter}, which the order of axes {axes!r} lacks; add it there, or "
                "export a region of length 1"
            )
    sizes = dict(zip(spatial(picture.axes), picture.spacing or (), strict=False))
    starts = dict(zip(spatial(picture.axes), picture.offset or (), strict=False))
    letters = spatial(axes)
    return replace(
        picture,
        data=to_canonical(np.asarray(picture.data), picture.axes, axes),
        axes=axes,
        spacing=picture.spacing and tuple(sizes.get(letter, 1.0) for letter in letters),
        offset=picture.offset and tuple(starts.get(letter, 0) for letter in letters),
        channel_names=picture.channel_names if "c" in axes else None,
    )
