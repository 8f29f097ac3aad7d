"""Label images from segmentations, for arrays of any axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as ax, kernels
from napari_objclass.errors import DtypeError

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
