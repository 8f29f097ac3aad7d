"""Which layers are masks and which label images: guessed on another thread, for the pixels may be far away."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal

from napari_objclass.labels import is_mask
from napari_objclass.widgets.viewer.layer_files import level_0

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_objclass.widgets.viewer.session import ViewerSession


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
