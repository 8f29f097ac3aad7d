"""Tooltips that name the key for what a button does, whichever the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets.viewer.key_choice import key_choice

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets._connections import Connections


def tell_key(button: QWidget, words: str, action: str, connections: Connections) -> None:
    """Give a button the tooltip ``words`` with the key of an action, now and when it is another."""
    choice = key_choice()

    def put() -> None:
        button.setToolTip(with_key(words, action))

    connections.connect(choice.changed, put)
    put()


def with_key(words: str, action: str) -> str:
    """Add the key of an action to a sentence: "Go there. (N)"."""
    key = key_choice()[action]
    return f"{words} ({key})" if key else words
