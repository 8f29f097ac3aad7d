"""Axis letters ``tczyx``: guessing them, and bringing arrays into canonical order and back.

Kernels see raw as ``tzyxc`` and label images as ``tzyx``; every axis present, views wherever numpy can make one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import AxesError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

LABELS = "tzyx"
RAW = "tzyxc"
LETTERS = "tczyx"

#: A longer axis is not taken for channels unasked.
MOST_CHANNELS = 8

_LABEL_AXES = {2: "yx", 3: "zyx", 4: "tzyx"}


def label_axes(ndim: int) -> str:
    """Axes of a label image that names none: 2D ``yx``, 3D ``zyx``, 4D ``tzyx``."""
    try:
        return _LABEL_AXES[ndim]
    except KeyError:
        raise AxesError(
            f"a label image has 2 to 4 dimensions (yx, zyx or tzyx), this one has {ndim}; "
            "name its axes if it has a channel axis, or take one channel of it"
        ) from None


def raw_axes(raw_shape: Sequence[int], labels_shape: Sequence[int], labels_axes: str) -> str:
    """Axes of raw that names none, from the label image it belongs to.

    Same number of dimensions: same axes. One more: the channel axis is the one whose removal gives the
    labels' shape; the last axis is tried first, then the first.
    """
    raw_shape, labels_shape = tuple(raw_shape), tuple(labels_shape)
    if raw_shape == labels_shape:
        return labels_axes
    if len(raw_shape) == len(labels_shape) + 1:
        if raw_shape[:-1] == labels_shape:
            return labels_axes + "c"
        if raw_shape[1:] == labels_shape:
            return "c" + labels_axes
        for position in range(1, len(raw_shape) - 1):
            if raw_shape[:position] + raw_shape[position + 1 :] == labels_shape:
                return labels_axes[:position] + "c" + labels_axes[position:]
    raise ShapeError(
        f"raw of shape {raw_shape} does not fit the label image of shape {labels_shape}: "
        "every axis but the channel axis must be as long; name the axes if their order differs"
    )


def guess(shape: Sequence[int]) -> str:
    """Axes of an image that may have channels, from its shape alone.

    The last axis, else the first, has the channels where it is short (at most 8) and shorter than all others.
    """
    ndim = len(shape)
    for place, letters in ((-1, "{}c"), (0, "c{}")):
        others = [length for i, length in enumerate(shape) if i != place % ndim]
        if ndim > 2 and shape[place] <= MOST_CHANNELS and shape[place] < min(others):
            return letters.format(label_axes(ndim - 1))
    return label_axes(ndim) if ndim < 5 else "tzyxc"


def with_channel(axes: str, ndim: int) -> list[str]:
    """What axes of ``ndim`` letters can be made of ``axes``, as they are or with channels: last, first, or between."""
    places = (len(axes), 0, *range(1, len(axes)))
    return [each for each in (axes, *(f"{axes[:i]}c{axes[i:]}" for i in places)) if len(each) == ndim]


def without_channel(axes: str) -> str:
    """The axes of the label image that belongs to raw of these axes."""
    return axes.replace("c", "")


def check(axes: str, ndim: int) -> str:
    """``axes`` in lower case, if it names each of ``ndim`` axes once and has y and x.

    Raises
    ------
    AxesError
        Otherwise.
    """
    letters = axes.lower()
    unknown = sorted(set(letters) - set(LETTERS))
    if unknown:
        raise AxesError(f"unknown axis {unknown[0]!r} in axes {axes!r}; the letters are t, c, z, y and x")
    if len(set(letters)) != len(letters):
        raise AxesError(f"axes {axes!r} names an axis twice")
    if not {"y", "x"} <= set(letters):
        raise AxesError(f"axes {axes!r} lacks y or x")
    if len(letters) != ndim:
        raise AxesError(f"axes {axes!r} names {len(letters)} axes but the array has {ndim}")
    return letters


def to_canonical(array: Array, axes: str, target: str = RAW) -> Array:
    """View of ``array`` with exactly the axes of ``target``, missing ones of length 1.

    The result has native byte order and is aligned, copying only when the array is not.

    Raises
    ------
    AxesError
        If the letters do not fit, or an axis that ``target`` lacks is longer than 1.
    """
    axes = check(axes, array.ndim)
    for letter in set(axes) - set(target):
        position = axes.index(letter)
        if array.shape[position] != 1:
            raise AxesError(f"axis {letter!r} of length {array.shape[position]} has no place here; choose one of them")
        array, axes = array.squeeze(position), axes.replace(letter, "")
    present = [letter for letter in target if letter in axes]
    view = array.transpose([axes.index(letter) for letter in present])
    view = view[tuple(slice(None) if letter in axes else None for letter in target)]
    return np.require(view.astype(view.dtype.newbyteorder("="), copy=False), requirements="A")


def from_canonical(array: Array, axes: str, source: str = LABELS) -> Array:
    """Inverse of :func:`to_canonical`: the view of ``array`` (axes ``source``) with the axes ``axes``."""
    dropped = tuple(i for i, letter in enumerate(source) if letter not in axes)
    kept = [letter for letter in source if letter in axes]
    squeezed = array.squeeze(dropped)
    return squeezed.transpose([kept.index(letter) for letter in axes if letter in kept])
