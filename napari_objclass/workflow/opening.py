"""Opening a project of either kind: our own, or one of ilastik."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.io.formats import ILASTIK_SUFFIX
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    import os


def open_project(path: str | os.PathLike[str], *, read_only: bool = False) -> Session:
    """Open a project; one of ilastik becomes a new session, and its file stays as it is.

    Parameters
    ----------
    path
        ``*.objclass``, or ``*.ilp``.
    read_only
        Write nothing anywhere: no journal, not even one of an imported project, whose images are read when they are
        asked for.

    Raises
    ------
    ProjectError
        If there is nothing to open.
    """
    if Path(path).suffix.lower() != ILASTIK_SUFFIX:
        return Session.open(path, read_only=read_only)
    from napari_objclass.workflow.ilastik_project import import_ilp

    return import_ilp(path, recover=not read_only, look=not read_only)
