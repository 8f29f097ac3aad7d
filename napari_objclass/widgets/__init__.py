"""The faces in napari; the only importers of Qt and napari."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import napari

    from napari_objclass.workflow.session import Session


def session_of(viewer: napari.viewer.Viewer) -> Session:
    """Session that the widgets of a viewer work on, for scripts; in napari's console it is ``objclass``.

    What is changed there shows in the widgets. Opening a project in the widgets gives the viewer another session.

    Parameters
    ----------
    viewer
        The viewer; its widgets need not be open.
    """
    from napari_objclass.widgets._sharing import entry_of

    return entry_of(viewer).shared.session
