"""Recognising an image again: a short text made of its shape, its pixel type and a hash of pixels at fixed places.

The places depend on the shape only. An edit elsewhere goes unnoticed in images above 16 MB: the fingerprint tells
one image from another, it does not prove that nothing was touched.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray

WHOLE_BYTES = 16 * 2**20
N_SAMPLES = 64
SAMPLE_EDGE = 64
#: Files of a folder that are looked at.
MOST_FILES = 2000

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
    """Number of files, bytes of those that are looked at, and when the last one changed (ns); nothing is read.

    It tells whether an image was touched. Of a folder with very many files, some are looked at, and all folders in it:
    these change when files come, go, or are replaced.
    """
    walked = list(os.walk(path))
    files = sorted((folder, name) for folder, _, names in walked for name in names)
    if path.is_file():
        files = [(str(path), "")]
    looked_at = files[:: -(-len(files) // MOST_FILES) or 1] + [(folder, "") for folder, _, _ in walked]
    known = [Path(*each).stat() for each in looked_at]
    return len(files), sum(each.st_size for each in known), max((each.st_mtime_ns for each in known), default=0)


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
