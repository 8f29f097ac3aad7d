"""Starting napari with the workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets import recent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import napari

    from napari_objclass.widgets.input_data import InputDataStep
    from napari_objclass.widgets.workbench import Workbench


def launch(project: Path | None, images: Sequence[dict[str, Any]], folders: Sequence[str]) -> None:
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
    open_workbench(viewer, project, images, folders)
    try:
        napari.run()
    except KeyboardInterrupt:
        viewer.close()  # so that napari's own threads end, which would abort Python on leaving
        raise


def open_workbench(
    viewer: napari.viewer.Viewer,
    project: Path | None = None,
    images: Sequence[dict[str, Any]] = (),
    folders: Sequence[str] = (),
) -> Workbench:
    """Open the workbench in a viewer.

    Parameters
    ----------
    viewer
        The viewer.
    project
        To be opened; or
    images
        to be added: arguments of ``Session.add_lane`` for each.
    folders
        In which images are looked for, and offered.
    """
    _, workbench = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    if project is not None:
        recent.open_project(workbench.shared, project)
    step = cast("InputDataStep", workbench.step("input_data"))
    if images:
        step.intake.add(images)
    if folders:
        workbench.accordion.open(step)
        step.look_at(folders)
    return workbench
