"""Finding objects in probabilities, or in intensities: smoothing, threshold or hysteresis, size filter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from napari_objclass import axes as ax, kernels
from napari_objclass.errors import DtypeError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Values that are compared with thresholds as they are.
AS_IS = (0.0, 1.0)

SIMPLE, HYSTERESIS = METHODS = ("simple", "hysteresis")

#: What is known of the objects on the way to them: after the core threshold, after its size filter, after the final
#: threshold, before the last size filter.
CORE, FILTERED_CORE, MASK, UNFILTERED, OBJECTS = STAGES = ("core", "filtered core", "mask", "unfiltered", "objects")


class Rule(TypedDict, total=False):
    """How objects are found, as in :func:`threshold`."""

    method: str
    channel: int
    core_channel: int | None
    sigma: float | Sequence[float]
    threshold: float
    core_threshold: float
    merge: bool
    min_size: float
    max_size: float
    fill_holes: bool


def threshold(
    probabilities: NDArray[Any],
    *,
    axes: str | None = None,
    method: str = SIMPLE,
    channel: int = 0,
    core_channel: int | None = None,
    sigma: float | Sequence[float] = 1.0,
    threshold: float = 0.5,
    core_threshold: float = 0.8,
    merge: bool = True,
    min_size: float = 10,
    max_size: float = 1_000_000,
    value_range: tuple[float, float] | None = None,
    fill_holes: bool = False,
    spacing: Sequence[float] | None = None,
    threads: int | None = None,
    progress: kernels.Progress | None = None,
    cancel: kernels.CancelToken | None = None,
) -> NDArray[np.uint32]:
    """Find objects in an image of probabilities.

    The channels are smoothed; pixels of at least ``threshold`` are foreground; its connected components (4 neighbours
    in 2D, 6 in 3D) of ``min_size`` to ``max_size`` pixels are the objects. Every frame is a matter of its own.

    Parameters
    ----------
    probabilities
        Image of any real type, 2D or 3D, with or without frames and channels.
    axes
        Its axes, letters of ``tzyxc``. By default, a last or first axis that is short (at most 8) and shorter than all
        others has the channels.
    method
        ``"simple"``, or ``"hysteresis"``: only what holds a core, a component of pixels of at least ``core_threshold``
        whose size is within bounds, is an object.
    channel, core_channel
        Channel of the threshold, and of the core threshold; None: the same. Where they differ, ``threshold`` is
        compared with their sum.
    sigma
        Standard deviation of the Gaussian in pixels: one number, or one per axis in array order. Below 0.1 along any
        axis, nothing is smoothed.
    threshold, core_threshold
        Thresholds, inclusive.
    merge
        Whether an object may have several cores; if not, each core grows into an object of its own.
    min_size, max_size
        Smallest and largest object in pixels, inclusive; with ``spacing`` in its unit, squared or cubed.
    value_range
        Values that count as 0 and 1; by default floats are as they are, and integers have the range of their type.
    fill_holes
        Whether background that is enclosed becomes foreground.
    spacing
        Size of a pixel in array order, (z, y, x) or (y, x), for sizes that are physical.
    threads
        Number of threads. Default: the CPUs this process may use.
    progress
        Called now and then with (steps done, steps in total, what is being done).
    cancel
        Token that stops the computation.

    Returns
    -------
    ndarray of uint32
        Label image with the axes of the image but for the channels. Ids are 1, 2, … in each frame, in the order in
        which a scan with x fastest first meets the objects.

    Raises
    ------
    DtypeError
        If the image is not of real numbers.
    AxesError
        If the axes do not describe the image.
    ParameterError
        For a channel that is not there, or other values without a meaning.
    """
    image = np.asarray(probabilities)
    if image.dtype.kind not in "buif":
        raise DtypeError(f"probabilities are real numbers, these are {image.dtype}; convert them first")
    axes = ax.guess(image.shape) if axes is None else ax.check(axes, image.ndim)
    found = find(
        ax.to_canonical(image, axes),
        value_range=range_of(image.dtype) if value_range is None else value_range,
        spacing=spacing,
        method=method,
        channel=channel,
        core_channel=core_channel,
        sigma=sigma,
        threshold=threshold,
        core_threshold=core_threshold,
        merge=merge,
        min_size=min_size,
        max_size=max_size,
        fill_holes=fill_holes,
        threads=threads,
        progress=progress,
        cancel=cancel,
    )
    return ax.from_canonical(found.labels, ax.without_channel(axes))


class _Options(Rule, total=False):
    threads: int | None
    progress: kernels.Progress | None
    cancel: kernels.CancelToken | None


def find(
    image: NDArray[Any],
    *,
    value_range: tuple[float, float],
    spacing: Sequence[float] | None = None,
    stage: str = OBJECTS,
    **options: Unpack[_Options],
) -> kernels.Thresholded:
    """Find the objects of an image ``tzyxc``, or what is known of them at an earlier stage; as :func:`threshold`."""
    run: Any = {name: options.get(name) for name in ("threads", "progress", "cancel")}
    method = options.get("method", SIMPLE)
    if method not in METHODS:
        raise ParameterError(f"method is 'simple' or 'hysteresis', got {method!r}")
    cored = method == HYSTERESIS
    channel, core = options.get("channel", 0), options.get("core_channel")
    last = take_channel(image, channel)
    smallest, largest = size_bounds(options.get("min_size", 10), options.get("max_size", 1_000_000), image, spacing)
    return kernels.threshold(
        last,
        take_channel(image, core) if cored and core not in {None, channel} else None,
        sigma=sigmas(options.get("sigma", 1.0)),
        value_range=value_range,
        low=options.get("threshold", 0.5),
        high=options.get("core_threshold", 0.8) if cored else None,
        merge=options.get("merge", True),
        min_size=smallest,
        max_size=largest,
        fill_holes=options.get("fill_holes", False),
        stage=stage,
        **run,
    )


def range_of(dtype: Any) -> tuple[float, float]:
    """Values that count as 0 and 1: the range of an integer type; floats are as they are."""
    kind = np.dtype(dtype)
    if kind.kind not in "ui":
        return AS_IS
    return float(np.iinfo(kind).min), float(np.iinfo(kind).max)


def take_channel(image: NDArray[Any], channel: int | None) -> NDArray[Any]:
    """View ``tzyx`` of one channel of an image ``tzyxc``."""
    if channel is None or not 0 <= channel < image.shape[-1]:
        raise ParameterError(f"there is no channel {channel}; the image has {image.shape[-1]}, counted from 0")
    return image[..., channel]


def sigmas(sigma: float | Sequence[float]) -> tuple[float, float, float]:
    """Standard deviation along z, y, x."""
    each = [float(value) for value in np.broadcast_to(sigma, np.shape(sigma) or 3)]
    if len(each) not in {2, 3} or not all(math.isfinite(value) and value >= 0 for value in each):
        raise ParameterError(f"sigma is one number, or one per axis, (y, x) or (z, y, x), got {sigma}")
    return (each[-3] if len(each) == 3 else 0.0, each[-2], each[-1])


def size_bounds(
    smallest: float, largest: float, image: NDArray[Any], spacing: Sequence[float] | None
) -> tuple[int, int]:
    """Bounds of sizes in pixels of an image ``tzyxc``, both inclusive."""
    pixel = math.prod(spacing[-3 if image.shape[1] > 1 else -2 :]) if spacing is not None else 1.0
    return max(0, math.ceil(smallest / pixel)), max(0, math.floor(largest / pixel))
