"""Stages on the way to objects, under the names that ilastik has for them, as pixels that layers show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.thresholding import CORE, FILTERED_CORE, HYSTERESIS, MASK, UNFILTERED
from napari_objclass.workflow import thresholding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.thresholding import Thresholding

_SIMPLE = {"Smoothed input": thresholding.SMOOTHED, "Before size filter": UNFILTERED}
_HYSTERESIS = {
    "Smoothed input": thresholding.SMOOTHED,
    "After high threshold": CORE,
    "After high threshold and size filter": FILTERED_CORE,
    "After low threshold": MASK,
    "Before size filter": UNFILTERED,
}

#: Colours that napari has for labels, beside that of the background.
N_COLORS = 254


def stages(method: str) -> dict[str, str]:
    """Stages of a method by name."""
    return _HYSTERESIS if method == HYSTERESIS else _SIMPLE


def whole(
    images: Images, settings: Thresholding, stage: str, spacing: tuple[float, float, float] | None
) -> NDArray[Any]:
    """A stage of the whole image, ``tzyx``: float32 where it is smoothed, else the colour of each pixel, uint8."""
    image = images.thresholded
    assert image is not None
    if stage == thresholding.SMOOTHED:
        return thresholding.smoothed(image, settings, value_range=images.value_range)
    found = thresholding.find(image, settings, value_range=images.value_range, spacing=spacing, stage=stage)
    return colored(found.labels)


def colored(labels: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Number of a colour for each pixel, 1 to 254, 0 for background: one byte is drawn faster than four."""
    numbers = np.arange(int(labels.max(initial=0)) + 1)
    colors = ((numbers - 1) % N_COLORS + 1).astype(np.uint8)
    colors[0] = 0
    return colors[labels]
