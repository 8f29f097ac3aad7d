"""Which layers of the viewer may have the objects, or are what they are found in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Labels

from napari_objclass.axes import guess
from napari_objclass.widgets.viewer.from_layers import fits, named_axes
from napari_objclass.widgets.viewer.layer_files import level_0
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari.layers import Layer

_PROBABILITIES = re.compile(r"prob|foreground|membrane", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One layer, or several as channels.

    Attributes
    ----------
    layers
        The layers, of one size.
    roles
        What they may be; what they are likely to be comes first.
    """

    layers: tuple[Labels | Image, ...]
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """Names of the layers."""
        return ", ".join(layer.name for layer in self.layers)

    def is_same(self, other: Candidate | None) -> bool:
        """Whether these are the same layers."""
        return other is not None and self.layers == other.layers


def candidates(layers: Iterable[Layer]) -> list[Candidate]:
    """All that may have objects, the likeliest first: labels from the top, then probabilities, then images."""
    layers = list(layers)
    labels = [Candidate((each,), (LABELS, SEGMENTATION)) for each in reversed(layers) if isinstance(each, Labels)]
    images = [each for each in reversed(layers) if isinstance(each, Image)]
    likely = [each for each in images if _may_be_probabilities(each, images)]
    channels = [each for each in reversed(likely) if each.ndim == likely[-1].ndim and fits(each, likely[-1])]
    several = [Candidate(tuple(channels), (PROBABILITIES,))] if len(channels) > 1 and _is_single(channels) else []
    single = [
        Candidate((each,), (RAW,) if each.rgb else (PROBABILITIES, RAW) if each in likely else (RAW, PROBABILITIES))
        for each in sorted(images, key=lambda each: each not in likely)
    ]
    return labels + several + single


def _may_be_probabilities(image: Image, images: Sequence[Image]) -> bool:
    """Whether an image is called so; or has fractions of 1, and another image is there for the intensities."""
    if image.rgb:
        return False
    if _PROBABILITIES.search(image.name):
        return True
    return len(images) > 1 and _has_fractions(image) and not all(_has_fractions(each) for each in images)


def _has_fractions(image: Image) -> bool:
    low, high = image.contrast_limits_range
    return np.dtype(image.dtype).kind == "f" and low >= 0 and high <= 1


def _is_single(images: Sequence[Image]) -> bool:
    """Whether images of one shape have no axis of channels."""
    shapes = {tuple(level_0(each).shape) for each in images}
    return len(shapes) == 1 and all("c" not in (named_axes(each) or guess(*shapes)) for each in images)
