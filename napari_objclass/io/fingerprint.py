"""Recognising an image again: a short text made of its shape, its pixel type and a hash of pixels at fixed places.

The places depend on the shape only. An edit elsewhere goes unnoticed in images above 16 MB: the fingerprint tells
one image from another, it does not prove that nothing was touched.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray

WHOLE_BYTES = 16 * 2**20
N_SAMPLES = 64
SAMPLE_EDGE = 64

_STEPS = (2654435769, 1640531527, 3039394381, 2246822519, 3266489917)  # odd: each walks all of the 2**32 places


def fingerprint(array: NDArray[Any] | LazyArray, axes: str) -> str:
    """Text such as ``yx 512x512 uint16 9f86d081884c7d65`` that belongs to these pixels in this shape.

    It does not depend on byte order, strides or whether the pixels are in a file: of large images at most 64 tiles
    of up to 64 x 64 pixels are read.

    Parameters
    ----------
    array
        Pixels: anything with ``shape``, ``dtype`` and slicing.
    axes
        Letters of ``tczyx``, one per axis.
    """
    dtype = np.dtype(array.dtype).newbyteorder("<")
    hashed = hashlib.blake2b(digest_size=16)
    for place in _places(tuple(array.shape), dtype.itemsize):
        hashed.update(np.ascontiguousarray(array[place], dtype=dtype).tobytes())
    shape = "x".join(map(str, array.shape))
    return f"{axes} {shape} {dtype.newbyteorder('=').name} {hashed.hexdigest()}"


def stamp(path: Path) -> tuple[int, int, int]:
    """Number of files, their bytes, and when the last one changed (ns): all files in it if it is a folder.

    Nothing is read; it tells whether an image was touched.
    """
    files = (path.rglob("*") if path.is_dir() else [path]) if path.exists() else []
    known = [each.stat() for each in files]
    return len(known), sum(each.st_size for each in known), max((each.st_mtime_ns for each in known), default=0)


def _places(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[slice, ...]]:
    if np.prod(shape, dtype=np.float64) * itemsize < WHOLE_BYTES:
        yield (slice(None),) * len(shape)
        return
    edges = [1] * (len(shape) - 2) + [SAMPLE_EDGE] * 2
    edges = [min(edge, length) for edge, length in zip(edges[-len(shape) :], shape, strict=True)]
    corners = {
        tuple(
            (number * step % 2**32) * (length - edge + 1) >> 32
            for length, edge, step in zip(shape, edges, _STEPS, strict=False)
        )
        for number in range(1, N_SAMPLES + 1)
    }
    for corner in sorted(corners):  # in the order of the file, so that no page is decoded twice
        yield tuple(slice(start, start + edge) for start, edge in zip(corner, edges, strict=True))
