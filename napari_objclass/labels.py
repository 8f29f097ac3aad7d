"""Label images: from segmentations, told from masks, and from arrays whose pixels mean ids but are not integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as ax, kernels
from napari_objclass.errors import DtypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Planes looked at when a mask is told from a label image.
PLANES_LOOKED_AT = 64


def connected_components(
    image: NDArray[Any],
    *,
    axes: str | None = None,
    threads: int | None = None,
    progress: kernels.Progress | None = None,
    cancel: kernels.CancelToken | None = None,
) -> NDArray[np.uint32]:
    """Label the connected components of a segmentation.

    Pixels are joined when they are adjacent (4 neighbours in 2D, 6 in 3D) and of the same non-zero value, so two
    touching regions of different values stay two objects. Every frame is labelled on its own.

    Parameters
    ----------
    image
        Segmentation of any integer type or bool; 0 is background.
    axes
        Its axes, letters of ``tzyx``. Default: ``yx``, ``zyx`` or ``tzyx``.
    threads
        Number of threads. Default: the CPUs this process may use.
    progress
        Called now and then with (steps done, steps in total, what is being done).
    cancel
        Token that stops the computation.

    Returns
    -------
    ndarray of uint32
        Label image of the same shape. Ids are 1, 2, … in each frame, in the order in which a scan with x fastest
        first meets the objects.

    Raises
    ------
    DtypeError
        If the image is not of an integer type.
    AxesError
        If the axes do not describe the image.
    """
    image = np.asarray(image)
    if image.dtype.kind not in "bui":
        raise DtypeError(f"a segmentation holds whole numbers, this one is {image.dtype}; threshold it first")
    axes = ax.label_axes(image.ndim) if axes is None else ax.check(axes, image.ndim)
    canonical = ax.to_canonical(image, axes, ax.LABELS)
    labels = kernels.connected_components(canonical, threads=threads, progress=progress, cancel=cancel)
    return ax.from_canonical(labels, axes)


def as_ids(image: NDArray[Any], what: str) -> NDArray[Any]:
    """Integers as they are, bool as 0 and 1, floats as integers if all are whole numbers.

    Parameters
    ----------
    image
        Pixels that mean ids.
    what
        What to call it in messages.

    Raises
    ------
    DtypeError
        For other pixels.
    """
    if image.dtype.kind in "ui":
        return image
    if image.dtype.kind == "b":
        return image.view(np.uint8)
    if image.dtype.kind != "f":
        raise DtypeError(f"{what} has pixels of type {image.dtype}; a label image holds integers, convert it first")
    # Comparing in double precision: float16 has no number that bounds the ids.
    if not (np.isfinite(image) & (image == np.trunc(image)) & (np.abs(image) < np.float64(2**63))).all():
        raise DtypeError(f"{what} has fractions; ids are whole numbers, probabilities need a threshold first")
    return image.astype(np.int64)


def is_mask(array: Any) -> bool:
    """Whether all that is not background has one value, in a label image or as many planes of it as are looked at."""
    if 0 in array.shape or np.dtype(array.dtype) == np.bool_:
        return 0 not in array.shape
    values: set[Any] = set()
    planes = int(np.prod(array.shape[:-2], dtype=np.int64))
    for plane in np.unique(np.linspace(0, planes - 1, PLANES_LOOKED_AT, dtype=np.int64)):
        pixels = np.asarray(array[np.unravel_index(plane, array.shape[:-2])])
        present = pixels[pixels != 0]
        values |= {present.min(), present.max()} if present.size else set()
        if len(values) > 1:
            return False
    return len(values) == 1
