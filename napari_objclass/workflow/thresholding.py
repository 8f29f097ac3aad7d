"""The applet that finds objects in probabilities, or in the image itself: threshold and size filter."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack, cast

from napari_objclass import kernels, thresholding
from napari_objclass.errors import ParameterError
from napari_objclass.thresholding import OBJECTS, STAGES, counted_as_zero
from napari_objclass.workflow.applet import Settings
from napari_objclass.workflow.blockwise.thresholding import Rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_objclass.thresholding import Channels
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.sources import Volume

__all__ = ["OBJECTS", "SMOOTHED", "STAGES", "Thresholding", "counted_as_zero", "find", "fitted", "smoothed"]

ID = "thresholding"

#: What is compared with the threshold: shown like a stage on the way to objects.
SMOOTHED = "smoothed"


@dataclass(frozen=True)
class Thresholding(Settings):
    """How objects are found; see :func:`napari_objclass.threshold`.

    Attributes
    ----------
    physical_sizes
        Whether ``min_size`` and ``max_size`` are areas or volumes in the unit of the voxel size; else they are in
        pixels.
    """

    method: str = thresholding.SIMPLE
    channel: int = 0
    core_channel: int | None = None
    sigma: float | tuple[float, ...] = 1.0
    threshold: float = 0.5
    core_threshold: float = 0.8
    merge: bool = True
    min_size: float = 10
    max_size: float = 1_000_000
    fill_holes: bool = False
    physical_sizes: bool = False

    def __post_init__(self) -> None:
        for name, value in thresholding.checked(_rule(self)).items():
            object.__setattr__(self, name, value)

    @property
    def effective(self) -> Thresholding:
        """The same with what does not matter as it is at first: with one threshold, all about cores."""
        if self.method == thresholding.HYSTERESIS:
            return self
        first = Thresholding()
        return replace(self, core_channel=None, core_threshold=first.core_threshold, merge=first.merge)


def find(
    image: Channels,
    settings: Thresholding,
    *,
    value_range: tuple[float, float],
    spacing: tuple[float, float, float] | None = None,
    stage: str = OBJECTS,
    **run: Unpack[RunOptions],
) -> kernels.Thresholded:
    """Find the objects of an image ``tzyxc``, or what is known of them at an earlier stage.

    Parameters
    ----------
    value_range
        Values that count as 0 and 1; (0, 1) takes them as they are.
    spacing
        Size of a voxel, z, y, x; for sizes that are physical.
    stage
        One of ``napari_objclass.thresholding.STAGES``.

    Raises
    ------
    ParameterError
        If the settings do not fit the image.
    """
    return thresholding.find(
        image,
        _rule(settings),
        value_range=value_range,
        spacing=spacing_of_sizes(settings, spacing),
        stage=stage,
        **run,
    )


def block_rule(
    settings: Thresholding,
    volume: Volume,
    *,
    value_range: tuple[float, float],
    spacing: tuple[float, float, float] | None = None,
) -> Rule:
    """What the settings mean in an image that is worked on block by block; parameters and errors as of :func:`find`."""
    return Rule.of(_rule(settings), volume, value_range=value_range, spacing=spacing_of_sizes(settings, spacing))


def spacing_of_sizes(
    settings: Thresholding, spacing: tuple[float, float, float] | None
) -> tuple[float, float, float] | None:
    """Size of a voxel if sizes are physical, else None."""
    if settings.physical_sizes and spacing is None:
        raise ParameterError(
            "sizes in physical units need a voxel size; set that of the image, or give sizes in pixels"
        )
    return spacing if settings.physical_sizes else None


def smoothed(
    image: Channels, settings: Thresholding, *, value_range: tuple[float, float], **run: Unpack[RunOptions]
) -> NDArray[np.float32]:
    """What is compared with the threshold in an image ``tzyxc``, ``tzyx``: of two channels, their sum."""
    sigma = thresholding.sigmas(settings.sigma, image)
    used = settings.effective
    channels = {used.channel, used.channel if used.core_channel is None else used.core_channel}
    parts = [
        kernels.smooth(thresholding.take_channel(image, each), sigma=sigma, value_range=value_range, **run)
        for each in sorted(channels)
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def fitted(image: Channels, settings: Thresholding) -> Thresholding:
    """Settings with thresholds in the units of an image ``tzyxc``: Otsu's, and for cores that of what is above it.

    They have no more digits than a thousandth of the range of values, so that a user can read and repeat them.
    """
    values = smoothed(image, settings, value_range=thresholding.AS_IS)
    width = float(values.max()) - float(values.min())
    digits = 3 - math.floor(math.log10(width)) if width else 0
    low = round(thresholding.otsu(values), digits)
    return replace(settings, threshold=low, core_threshold=round(thresholding.otsu(values[values >= low]), digits))


def _rule(settings: Thresholding) -> thresholding.Rule:
    rule: Any = asdict(settings)
    del rule["physical_sizes"]
    return cast("thresholding.Rule", rule)
