"""What settings find in the slice on the screen; while thresholds alone change, what was smoothed is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.thresholding import AS_IS, OBJECTS, sigmas
from napari_objclass.widgets.viewer.intermediate import colored, whole
from napari_objclass.workflow import thresholding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.thresholding import Channels
    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.thresholding import Thresholding

    Floats = NDArray[np.float32]

N_BINS = 128
#: So many pixels tell how values are distributed.
N_SAMPLES = 1 << 18
#: Larger than any object.
NO_BOUND = 2**62


class Distribution(NamedTuple):
    """How often values occur between two values.

    Attributes
    ----------
    low, high
        The values.
    counts
        (N_BINS,) pixels of the final input.
    core_counts
        The same of the core channel; None if it is no other.
    """

    low: float
    high: float
    counts: NDArray[np.int64]
    core_counts: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Look:
    """What is looked at.

    Attributes
    ----------
    images
        The pixels.
    settings
        How objects are found.
    region
        The slice: whole along the axes on the screen.
    stage
        What to return the pixels of; None for none.
    spacing
        Of a voxel.
    is_applied
        Whether the session has these settings, so that a stage is shown of the whole image.
    """

    images: Images
    settings: Thresholding
    region: Region
    stage: str | None
    spacing: tuple[float, float, float] | None = None
    is_applied: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether pixels are wanted of the whole image: once the settings are applied, if it fits into memory."""
        return self.stage is not None and self.is_applied and not self.images.is_large

    @property
    def has_whole_objects(self) -> bool:
        """Whether no object reaches beyond the slice."""
        return self.region.start[1:] == (0, 0, 0) and self.region.stop[1:] == tuple(self.images.shape[1:])


class Seen(NamedTuple):
    """What was found in a slice.

    Attributes
    ----------
    look
        What was looked at.
    n_channels
        Of what is thresholded.
    distribution
        Of values in the slice; None if the image has not the channels that are asked for.
    pixels
        Of the stage, ``tzyx`` of the region, or of the whole image where the settings are applied; uint8 or float32.
    """

    look: Look
    n_channels: int
    distribution: Distribution | None = None
    pixels: NDArray[Any] | None = None


class SliceFinder:
    """Finds objects in slices, for one thread."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] = ()
        self._smoothed: NDArray[np.float32]
        self._distribution: Distribution

    def see(self, look: Look) -> Seen:
        """Look at a slice.

        Raises
        ------
        ObjClassError
            For settings that cannot be applied to the image.
        """
        image = look.images.thresholded
        assert image is not None
        n_channels = image.shape[-1]
        if max(_channels(look.settings)) >= n_channels:
            return Seen(look, n_channels)
        self._smooth(image, look)
        pixels = None
        if look.is_whole and look.stage is not None:
            pixels = whole(look.images, look.settings, look.stage, look.spacing)
        elif look.stage == thresholding.SMOOTHED:
            pixels = self._smoothed.sum(axis=-1)
        elif look.stage is not None:
            pixels = self._find(look)
        return Seen(look, n_channels, self._distribution, pixels)

    def _smooth(self, image: Channels, look: Look) -> None:
        """Smooth the channels that are needed, in the region and as far around it as it depends on."""
        settings, channels = look.settings, _channels(look.settings)
        key = (look.images, look.region, settings.sigma, channels)
        if key == self._key:
            return
        block, inside = _with_rim(look.region, image.shape, sigmas(settings.sigma, image))
        smooth = [
            thresholding.smoothed(
                image[..., channel][block][..., np.newaxis],
                replace(settings, channel=0, core_channel=None),
                value_range=look.images.value_range,
            )[inside]
            for channel in channels
        ]
        self._smoothed = np.moveaxis(np.stack(smooth), 0, -1)
        self._distribution = _distribution(smooth)
        self._key = key

    def _find(self, look: Look) -> NDArray[np.uint8]:
        """Threshold what is smoothed; sizes are no matter in a slice through a volume."""
        only = replace(look.settings, sigma=0.0, channel=0, core_channel=self._smoothed.shape[-1] - 1)
        if not look.has_whole_objects:
            only = replace(only, min_size=0, max_size=NO_BOUND, physical_sizes=False)
        stage = look.stage or OBJECTS
        found = thresholding.find(self._smoothed, only, value_range=AS_IS, spacing=look.spacing, stage=stage)
        return colored(found.labels)


def _channels(settings: Thresholding) -> tuple[int, ...]:
    """Final channel, and the core channel if it is another one."""
    core = settings.effective.core_channel
    return (settings.channel,) if core in {None, settings.channel} else (settings.channel, core)


def _with_rim(
    region: Region, shape: tuple[int, ...], sigma: tuple[float, float, float]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Block that smoothing needs for a region, and the region in the block."""
    rim = (0, *(max(1, int(2 * each + 0.5)) for each in sigma))
    start = [max(0, first - around) for first, around in zip(region.start, rim, strict=True)]
    stop = [min(length, last + around) for last, around, length in zip(region.stop, rim, shape, strict=False)]
    inside = (slice(a - at, b - at) for a, b, at in zip(region.start, region.stop, start, strict=True))
    return tuple(map(slice, start, stop)), tuple(inside)


def _distribution(smoothed: list[Floats]) -> Distribution:
    """Distribution of the final input, which is the sum where the core channel is another, and of that one."""
    some = [each.ravel()[:: max(1, each.size // N_SAMPLES)] for each in smoothed]
    final = np.sum(some, axis=0)
    low, high = (float(each) for each in (min(map(np.min, some)), final.max()))
    if low >= 0 and high <= len(some):
        low, high = 0.0, float(len(some))  # probabilities
    if low == high:
        high = low + 1
    counts = [np.histogram(each, N_BINS, (low, high))[0] for each in (final, *some[1:])]
    return Distribution(low, high, *counts)
