"""Which session belongs to which viewer, and which widgets use it.

The session is awake while there is such a widget, rests without, and ends with the window of its viewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets._gui_thread import GuiThread
from napari_objclass.widgets.object_menu import ObjectMenu
from napari_objclass.widgets.viewer.session import ViewerSession

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

#: By the id of the viewer: a session holds its viewer, so no other gets that id while it is here.
_entries: dict[int, _Entry] = {}


def session_of(viewer: napari.viewer.Viewer, user: QWidget) -> ViewerSession:
    """Session that all widgets of a viewer share; ``user`` is one of them, until it is destroyed."""
    entry = entry_of(viewer)
    entry.join(user)
    return entry.shared


def entry_of(viewer: napari.viewer.Viewer) -> _Entry:
    """Session of a viewer and its users; made if there is none."""
    # napari hands every widget a proxy of its own; that the viewers behind them are one is seen without it.
    viewer = getattr(viewer, "__wrapped__", viewer)
    if id(viewer) not in _entries:
        _entries[id(viewer)] = _Entry(viewer)
    return _entries[id(viewer)]


class _Entry:
    """A session, and the widgets that use it."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        self._viewer = viewer
        self._gui = GuiThread()
        self._users: set[object] = set()
        self.shared = ViewerSession(viewer, self._gui.post)
        self.shared.replaced.connect(self._tell_console)
        self._tell_console()
        window = viewer.window.main_menu.window()
        window.destroyed.connect(self._close)
        ObjectMenu(self.shared, window)

    def join(self, user: QWidget) -> None:
        """Take note of a widget that uses the session, until it is destroyed."""
        token = object()
        user.destroyed.connect(lambda: self._leave(token))
        self._users.add(token)
        if len(self._users) == 1:
            self.shared.wake()

    def _leave(self, token: object) -> None:
        self._users.remove(token)
        if not self._users and id(self._viewer) in _entries:
            self.shared.rest()

    def _close(self) -> None:
        if _entries.pop(id(self._viewer), None) is not None:
            self.shared.close()

    def _tell_console(self) -> None:
        self._viewer.update_console({"objclass": self.shared.session})
