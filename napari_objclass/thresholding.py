"""Finding objects in probabilities, or in intensities: smoothing, threshold or hysteresis, size filter."""

from __future__ import annotations

import logging
import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack

import numpy as np

from napari_objclass import axes as ax, kernels
from napari_objclass.errors import DtypeError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import EllipsisType

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

#: Values that are compared with thresholds as they are.
AS_IS = (0.0, 1.0)

SIMPLE, HYSTERESIS = METHODS = ("simple", "hysteresis")

#: What is known of the objects on the way to them: after the core threshold, after its size filter (both with
#: hysteresis only), after the final threshold, before the last size filter.
CORE, FILTERED_CORE, MASK, UNFILTERED, OBJECTS = STAGES = ("core", "filtered core", "mask", "unfiltered", "objects")

#: Pixels; kernels of Gaussians without a bound would not fit into memory.
LARGEST_SIGMA = 1000

_BINS = 256


class Shaped(Protocol):
    """An image whose axes begin with ``tzyx``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""


class Channels(Shaped, Protocol):
    """An image ``tzyxc``, an array or one that is read channel by channel."""

    def __getitem__(self, key: tuple[EllipsisType, int], /) -> NDArray[Any]:
        """Return a channel ``tzyx``, given ``..., channel``."""


class Rule(TypedDict):
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


class _Run(TypedDict, total=False):
    threads: int | None
    progress: kernels.Progress | None
    cancel: kernels.CancelToken | None


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
    in 2D, 6 in 3D) of ``min_size`` to ``max_size`` pixels are the objects. Every frame is a matter of its own. NaN
    counts as 0, and the log says how many there were.

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
        Standard deviation of the Gaussian in pixels: one number, or (z, y, x) or (y, x); z does not matter in 2D. Its
        reach is that of ilastik, round(2 sigma) but at least 1 pixel. With less than 0.1 along any axis, nothing is
        smoothed along the others either, which ilastik refuses, as it does more than a third of the image.
    threshold, core_threshold
        Thresholds, inclusive. Beyond all values, they leave no object, or all of the image as one.
    merge
        Whether an object may have several cores; if not, each core grows into an object of its own.
    min_size, max_size
        Smallest and largest object in pixels, inclusive; with ``spacing`` in its unit, squared or cubed. With
        hysteresis the cores have to keep to them, too.
    value_range
        Values that count as 0 and 1; by default floats are as they are, and integers have the range of their type.
    fill_holes
        Whether background that is enclosed becomes foreground.
    spacing
        Size of a pixel, (z, y, x) or (y, x), for sizes that are physical.
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
    if image.dtype.kind not in "buif" or image.dtype.itemsize > 8:
        raise DtypeError(f"probabilities are real numbers of up to 64 bit, these are {image.dtype}; convert them first")
    axes = ax.guess(image.shape) if axes is None else ax.check(axes, image.ndim)
    rule: Rule = {
        "method": method,
        "channel": channel,
        "core_channel": core_channel,
        "sigma": sigma,
        "threshold": threshold,
        "core_threshold": core_threshold,
        "merge": merge,
        "min_size": min_size,
        "max_size": max_size,
        "fill_holes": fill_holes,
    }
    found = find(
        ax.to_canonical(image, axes),
        checked(rule),
        value_range=range_of(image.dtype) if value_range is None else checked_range(value_range),
        spacing=spacing,
        threads=threads,
        progress=progress,
        cancel=cancel,
    )
    if found.n_nan:
        log.warning(counted_as_zero(found.n_nan, "the probabilities"))
    return ax.from_canonical(found.labels, ax.without_channel(axes))


def find(
    image: Channels,
    rule: Rule,
    *,
    value_range: tuple[float, float],
    spacing: Sequence[float] | None = None,
    stage: str = OBJECTS,
    **run: Unpack[_Run],
) -> kernels.Thresholded:
    """Find the objects of an image ``tzyxc`` by a :func:`checked` rule, or what is known of them at an earlier stage.

    Raises
    ------
    ParameterError
        If the image has no such channel or axis, or the rule no such stage.
    """
    if stage not in STAGES:
        raise ParameterError(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    if stage in {CORE, FILTERED_CORE} and rule["method"] != HYSTERESIS:
        raise ParameterError("there are no cores with one threshold; method 'hysteresis' has them")
    how = in_pixels(rule, image, value_range=value_range, spacing=spacing)
    last, *core = (take_channel(image, channel) for channel in used_channels(rule))
    return kernels.threshold(last, core[0] if core else None, stage=stage, **how, **run)


def in_pixels(
    rule: Rule, image: Shaped, *, value_range: tuple[float, float], spacing: Sequence[float] | None = None
) -> kernels.How:
    """What a :func:`checked` rule means in an image ``tzyx`` or ``tzyxc``.

    Raises
    ------
    ParameterError
        If the image has no such axis.
    """
    smallest, largest = size_bounds(rule["min_size"], rule["max_size"], image, spacing)
    return kernels.How(
        sigma=sigmas(rule["sigma"], image),
        value_range=value_range,
        low=rule["threshold"],
        high=rule["core_threshold"] if rule["method"] == HYSTERESIS else None,
        merge=rule["merge"],
        min_size=smallest,
        max_size=largest,
        fill_holes=rule["fill_holes"],
    )


def used_channels(rule: Rule) -> tuple[int, ...]:
    """Channel of a rule, and that of the core if it is another one."""
    core = rule["core_channel"] if rule["method"] == HYSTERESIS else None
    return (rule["channel"],) if core is None or core == rule["channel"] else (rule["channel"], core)


def checked(rule: Rule) -> Rule:
    """Return a rule in plain numbers.

    Raises
    ------
    ParameterError
        For values that mean nothing on any image.
    """
    if rule["method"] not in METHODS:
        raise ParameterError(f"method is {' or '.join(map(repr, METHODS))}, got {rule['method']!r}")
    smallest, largest = _size("min_size", rule["min_size"]), _size("max_size", rule["max_size"])
    if smallest > largest:
        raise ParameterError(f"the smallest size, {smallest:g}, is above the largest, {largest:g}; lower it")
    return Rule(
        method=rule["method"],
        channel=_channel("channel", rule["channel"]),
        core_channel=None if rule["core_channel"] is None else _channel("core_channel", rule["core_channel"]),
        sigma=_sigma(rule["sigma"]),
        threshold=_number("threshold", rule["threshold"]),
        core_threshold=_number("core_threshold", rule["core_threshold"]),
        merge=bool(rule["merge"]),
        min_size=smallest,
        max_size=largest,
        fill_holes=bool(rule["fill_holes"]),
    )


def range_of(dtype: Any) -> tuple[float, float]:
    """Values that count as 0 and 1: the range of an integer type; floats are as they are."""
    kind = np.dtype(dtype)
    if kind.kind not in "ui":
        return AS_IS
    return float(np.iinfo(kind).min), float(np.iinfo(kind).max)


def checked_range(value_range: tuple[float, float]) -> tuple[float, float]:
    """Return the values that count as 0 and 1 in plain numbers.

    Raises
    ------
    ParameterError
        If they are not two, or the second is not larger.
    """
    values = tuple(np.ravel(value_range).tolist())
    if len(values) != 2 or not all(math.isfinite(each) for each in values) or values[0] >= values[1]:
        raise ParameterError(f"value_range is the value that counts as 0, and a larger one for 1, got {value_range}")
    return values[0], values[1]


def take_channel(image: Channels, channel: int) -> NDArray[Any]:
    """View ``tzyx`` of one channel of an image ``tzyxc``.

    Raises
    ------
    ParameterError
        If there is none.
    """
    check_channel(channel, image.shape[-1])
    return image[..., channel]


def check_channel(channel: int, n_channels: int) -> None:
    """Raise ParameterError if an image does not have so many channels."""
    if not 0 <= channel < n_channels:
        raise ParameterError(f"there is no channel {channel}; the image has {n_channels}, counted from 0")


def sigmas(sigma: float | Sequence[float], image: Shaped) -> tuple[float, float, float]:
    """Standard deviation along z, y, x of an image ``tzyxc``; that of a plane along z does not matter."""
    return _zyx("sigma", (sigma,) * 3 if isinstance(sigma, Real) else tuple(sigma), image)  # type: ignore[arg-type]


def size_bounds(smallest: float, largest: float, image: Shaped, spacing: Sequence[float] | None) -> tuple[int, int]:
    """Bounds of sizes in pixels of an image ``tzyxc``, both inclusive; sizes are in pixels if there is no spacing."""
    pixel = 1.0
    if spacing is not None:
        sizes = np.ravel(spacing).tolist()
        if len(sizes) not in {2, 3} or not all(math.isfinite(each) and each > 0 for each in sizes):
            raise ParameterError(f"spacing is (y, x) or (z, y, x) of positive numbers, got {spacing}")
        pixel = math.prod(_zyx("spacing", sizes, image)[0 if image.shape[1] > 1 else 1 :])
    most = math.prod(image.shape[1:4])  # a larger bound means the same, but may not fit into an integer
    return math.ceil(min(smallest / pixel, most + 1)), math.floor(min(largest / pixel, most))


def otsu(values: NDArray[Any]) -> float:
    """Otsu's threshold: where a histogram of 256 bins is cut so that its two parts differ most.

    The cut maximises n₀ n₁ (μ₀ - μ₁)² of the numbers and means on either side; of equal cuts, the middle one counts.

    Parameters
    ----------
    values
        Array of any shape; those that are not finite are left out.

    Returns
    -------
    float
        A threshold as in :func:`threshold`: values of at least it are foreground. Where all values are the same it is
        that value, and 0 where there are none.
    """
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0
    smallest, largest = np.float64(values.min()), np.float64(values.max())
    if smallest == largest:
        return float(smallest)
    # Of values of 32 bit, numpy 1 makes edges of 32 bit, which can all be one number.
    counts, edges = np.histogram(values.astype(np.float64, copy=False), _BINS, range=(smallest, largest))
    sums = counts * np.arange(_BINS)  # in bins: the best cut does not depend on the unit
    n_below, sum_below = np.cumsum(counts)[:-1], np.cumsum(sums)[:-1]
    n_above, sum_above = values.size - n_below, sums.sum() - sum_below
    between = n_below.astype(np.float64) * n_above * (sum_below / n_below - sum_above / n_above) ** 2
    best = np.flatnonzero(between == between.max())
    return float(edges[1:-1][[best[0], best[-1]]].mean())


def counted_as_zero(n: int, what: str) -> str:
    """Say how many values were NaN."""
    return f"{n} {'value' if n == 1 else 'values'} of {what} {'is' if n == 1 else 'are'} NaN and counted as 0"


def _zyx(name: str, values: Sequence[float], image: Shaped) -> tuple[float, float, float]:
    """Values along z, y, x from those, or from (y, x) for a plane."""
    if len(values) == 2 and image.shape[1] > 1:
        raise ParameterError(f"{name} has two values, but the image three axes in space; give (z, y, x)")
    return (values[0] if len(values) == 3 else 0.0, values[-2], values[-1])


def _sigma(sigma: float | Sequence[float]) -> float | tuple[float, ...]:
    if isinstance(sigma, Real):
        return _number("sigma", sigma, least=0, most=LARGEST_SIGMA)
    each = tuple(_number("sigma", value, least=0, most=LARGEST_SIGMA) for value in np.ravel(sigma).tolist())
    if len(each) not in {2, 3}:
        raise ParameterError(f"sigma is one number, or (y, x) or (z, y, x), got {sigma}")
    return each


def _size(name: str, value: object) -> float:
    """Whole numbers as such."""
    number = _number(name, value, least=0)
    return int(number) if number.is_integer() else number


def _channel(name: str, value: object) -> int:
    if not isinstance(value, Integral) or int(value) < 0:
        raise ParameterError(f"{name} is the number of a channel, counted from 0, got {value!r}")
    return int(value)


def _number(name: str, value: object, *, least: float = -math.inf, most: float = math.inf) -> float:
    if not isinstance(value, Real) or not math.isfinite(value) or not least <= float(value) <= most:
        bounds = (f" from {least}" if math.isfinite(least) else "") + (f" to {most}" if math.isfinite(most) else "")
        raise ParameterError(f"{name} is a finite number{bounds}, got {value!r}")
    return float(value)
