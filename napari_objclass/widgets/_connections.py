"""Connections of a widget to signals that live longer than it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakMethod

from napari.utils.events import EventEmitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget


class Signal(Protocol):
    """A signal of psygnal, or an event of napari."""

    def connect(self, slot: Callable[..., Any], /) -> object:
        """Call ``slot`` from now on."""

    def disconnect(self, slot: Callable[..., Any], /) -> object:
        """Call it no more; nothing happens if it was not connected."""


class Connections:
    """Signals of longer life than a widget, connected until the widget is gone."""

    def __init__(self, owner: QWidget) -> None:
        self._made: list[tuple[Signal, Callable[..., Any]]] = []
        self._gone = False
        owner.destroyed.connect(self.release)

    def connect(self, signal: Signal, slot: Callable[..., Any]) -> None:
        """Connect until :meth:`release`; a slot of an event of napari is a method, and gets the event."""
        slot = _weakly(slot) if isinstance(signal, EventEmitter) else slot
        signal.connect(slot)
        self._made.append((signal, slot))

    def while_here(self, call: Callable[..., object] | None) -> Callable[..., object]:
        """``call``, which does nothing once the widget is gone: for what comes back from other threads."""

        def guarded(*values: object) -> None:
            if call is not None and not self._gone:
                call(*values)

        return guarded

    def release(self, *_: object) -> None:
        """Disconnect all."""
        self._gone = True
        for signal, slot in self._made:
            signal.disconnect(slot)
        self._made.clear()


def _weakly(method: Callable[[Any], object]) -> Callable[[Any], None]:
    """Make a function of a method, which does not keep its widget.

    To find a method again, an event of napari compares the object it belongs to with those of all others; that fails
    with a widget that is gone.
    """
    reference = WeakMethod(method)

    def call(event: Any) -> None:
        found = reference()
        if found is not None:
            found(event)

    return call
