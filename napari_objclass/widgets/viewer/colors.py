"""The colours of our layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap, ensure_colormap

from napari_objclass.widgets.viewer.painting import N_LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.workflow.classes import ObjectClass

#: Of labels that wait for a click: those of an object that has changed, and those that contradict each other.
CHANGED_COLOR, CONFLICT_COLOR = "#ff00ff", "#ff0000"

#: How unsure a prediction is, from sure to unsure.
UNCERTAINTY_COLORS = "magma"
#: Probability and feature values; missing ones are transparent.
OVERLAY_COLORS = "viridis"


def of_classes(classes: Sequence[ObjectClass]) -> DirectLabelColormap:
    """Colours by class number, and of the two numbers beyond."""
    colors = [each.color for each in classes] + [CHANGED_COLOR, CONFLICT_COLOR]
    return _by_number(dict(enumerate(colors, 1)))


def of_uncertainty() -> DirectLabelColormap:
    """Colours by level of uncertainty; surer is more transparent, so that the eye goes to what is unsure."""
    levels = ensure_colormap(UNCERTAINTY_COLORS).map(np.linspace(0.2, 0.95, N_LEVELS))
    levels[:, 3] = np.linspace(0.4, 1, N_LEVELS)
    return _by_number(dict(enumerate(levels, 1)))


def _by_number(colors: dict[int, Any]) -> DirectLabelColormap:
    known: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    return DirectLabelColormap(color_dict=known | colors)
