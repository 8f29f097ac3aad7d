"""Starting napari with the workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets import recent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Protocol

    import napari

    from napari_objclass.widgets.workbench import Workbench
    from napari_objclass.workflow.session import Session

    class Addable(Protocol):
        """Something that can be added to a session."""

        def add_to(self, session: Session) -> None:
            """Add it."""


def launch(project: Path | None, images: Sequence[Addable]) -> None:
    """Start napari with the workbench on a project or on images; returns when the user closes it.

    Raises
    ------
    ObjClassError
        When there is no Qt.
    """
    try:
        import qtpy.QtWidgets  # noqa: F401
    except ImportError as error:
        raise ObjClassError('napari needs Qt, which is not there; run: pip install "napari-objclass[all]"') from error
    import napari

    viewer = napari.Viewer()
    open_workbench(viewer, project, images)
    try:
        napari.run()
    except KeyboardInterrupt:
        viewer.close()  # so that napari's own threads end, which would abort Python on leaving
        raise


def open_workbench(viewer: napari.viewer.Viewer, project: Path | None, images: Sequence[Addable]) -> Workbench:
    """Open the workbench in a viewer, on a project or on images."""
    _, workbench = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    if project is not None:
        recent.open_project(workbench.shared, project)
    for image in images:
        workbench.shared.do("input_data", image.add_to)
    return workbench
