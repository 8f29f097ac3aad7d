"""Keys in the viewer: bound while they are ours, and given back to napari exactly as they were.

napari asks the chosen layer first, then the classes of that layer, then the viewer. So our keys are bound on the viewer
and on the chosen layer, whose class has uses of its own for many of them; another choice moves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from app_model.types import KeyBinding

from napari_objclass.widgets.viewer.actions import ACTIONS, Action
from napari_objclass.widgets.viewer.key_choice import key_choice
from napari_objclass.widgets.viewer.raw_only import RawOnly
from napari_objclass.widgets.viewer.tool import pans

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_objclass.widgets.viewer.session import ViewerSession


class Bound(NamedTuple):
    """A key of ours on the viewer or a layer, and what it did there before."""

    place: ViewerModel | Layer
    key: KeyBinding
    ours: Callable[..., Any]
    before: Any


class Keys:
    """Key bindings of the viewer, in force while widgets are open and the tool is active.

    Attributes
    ----------
    choice
        Which key does what.
    raw_only
        Hides all but the pixels.
    """

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self._awake = False
        self._bound: list[Bound] = []
        self._layer: Layer | None = None
        self.choice = key_choice()
        self.raw_only = RawOnly(shared.viewer)

    def wake(self) -> None:
        """Bind the keys."""
        if self._awake:
            return
        self._awake = True
        self._shared.viewer.layers.selection.events.active.connect(self._follow)
        self._shared.tool_changed.connect(self._bind)
        self.choice.changed.connect(self._bind)
        self._follow()

    def rest(self) -> None:
        """Give them back to napari."""
        if not self._awake:
            return
        self._awake = False
        self._shared.viewer.layers.selection.events.active.disconnect(self._follow)
        self._shared.tool_changed.disconnect(self._bind)
        self.choice.changed.disconnect(self._bind)
        self._listen_to(None)
        self._release()
        self.raw_only.end()

    def _follow(self, *_: object) -> None:
        """Go to the layer that is chosen now."""
        self._listen_to(self._shared.viewer.layers.selection.active)
        self._bind()

    def _listen_to(self, layer: Layer | None) -> None:
        """Hear when the chosen layer goes into another mode."""
        if self._layer is not None:
            self._layer.events.mode.disconnect(self._bind)
        self._layer = layer
        if layer is not None:
            layer.events.mode.connect(self._bind)

    def _bind(self, *_: object) -> None:
        self._release()
        all_ours = self._shared.tool.works_in(self._shared.viewer)
        if not all_ours:
            self.raw_only.end()  # its key would not end it any more
        # While a layer is edited, its own keys go before those of ours that always work.
        places = [self._shared.viewer] + ([self._layer] if self._layer is not None and pans(self._layer) else [])
        for action in ACTIONS:
            key = self.choice[action.id]
            if key and (all_ours or action.always):
                for place in places:
                    self._bind_one(place, KeyBinding.from_str(key), action)

    def _bind_one(self, place: ViewerModel | Layer, key: KeyBinding, action: Action) -> None:
        def press(_: object) -> Callable[[], None] | None:
            return action.do(self._shared)

        before = place.bind_key(key, press, overwrite=True)
        self._bound.append(Bound(place, key, press, before))

    def _release(self) -> None:
        for place, key, ours, before in self._bound:
            if place.keymap.get(key) is ours:
                place.bind_key(key, before, overwrite=True)
        self._bound.clear()
