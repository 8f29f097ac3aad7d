"""Which session belongs to which viewer, and who uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.widgets._gui_thread import GuiThread
from napari_objclass.widgets.viewer.session import ViewerSession

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

_sessions: dict[int, ViewerSession] = {}


def session_of(viewer: napari.viewer.Viewer, user: QWidget) -> ViewerSession:
    """Session that all widgets of a viewer share; ``user`` is one of them, until it is destroyed."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    if id(viewer) not in _sessions:
        gui = GuiThread()
        _sessions[id(viewer)] = ViewerSession(viewer, gui.post)
    return _sessions[id(viewer)]
