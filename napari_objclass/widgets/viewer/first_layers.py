"""The first layers of all, made for nobody: napari reads a lot before it makes them."""

import numpy as np
import pint
from napari.layers import Image, Labels

from napari_objclass.widgets.viewer import colors, layer_set


def read_units() -> None:
    """Let the units of layers be read, before another thread makes layers: two that read them at once read halves."""
    _ = pint.get_application_registry().pixel


def make_first_layers() -> None:
    """Make layers such as ours, on another thread than the GUI's: the window would stand still for a second.

    What takes so long are SciPy, pandas and colormaps, which napari reads when it needs them.
    """
    pixels, place = np.zeros((2, 2), np.uint8), layer_set.spaced("yx", None)
    Image(pixels, **place, colormap=colors.OVERLAY_COLORS)
    Labels(pixels, **place, colormap=colors.of_uncertainty(), features={"index": [1]})
    Labels(pixels.astype(np.uint32), **place)
