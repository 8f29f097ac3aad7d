"""Which layers are masks and which label images: guessed on another thread, for the pixels may be far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from psygnal import Signal

from napari_objclass.widgets.viewer.layer_files import level_0

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_objclass.widgets.viewer.session import ViewerSession

#: Planes looked at when a mask is told from a label image.
PLANES_LOOKED_AT = 64


class MaskGuesses:
    """A guess for each layer that was asked about.

    Attributes
    ----------
    made
        Emitted when there is a guess more.
    """

    made = Signal()

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self._guesses: WeakKeyDictionary[Labels, bool | None] = WeakKeyDictionary()

    def of(self, layer: Labels) -> bool | None:
        """Whether a layer is a mask; None until that is known, which ``made`` tells."""
        if layer not in self._guesses:
            self._guesses[layer] = None
            pixels = level_0(layer)
            self._shared.aside(lambda: is_mask(pixels), lambda mask: self._take(layer, mask=mask))
        return self._guesses[layer]

    def forget(self, layer: Labels) -> None:
        """Guess again when asked the next time: the pixels are others."""
        self._guesses.pop(layer, None)

    def _take(self, layer: Labels, *, mask: bool) -> None:
        self._guesses[layer] = mask
        self.made.emit()


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
