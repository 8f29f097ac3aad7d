"""Projects: opening one of ours or of ilastik, and those opened or saved last, as JSON in the user's state folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari_objclass.io.formats import ILASTIK_SUFFIX
from napari_objclass.workflow.project import recovery_folder

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

#: So many are kept.
N_KEPT = 8


class Recent(NamedTuple):
    """A project that was opened or saved, and whether it is still there."""

    path: Path
    exists: bool


def read() -> list[Recent]:
    """Projects, the last one first; looks at the disk."""
    try:
        paths = [Path(path) for path in json.loads(_file().read_text("utf-8"))]
    except (OSError, ValueError, TypeError):  # never written, or by somebody else: nothing is lost with it
        return []
    return [Recent(path, path.exists()) for path in paths[:N_KEPT]]


def add(path: Path) -> None:
    """Put a project first."""
    others = [project.path for project in read() if project.path != path]
    file = _file()
    with suppress(OSError):  # a list of conveniences is not worth an error
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps([str(each) for each in [path, *others][:N_KEPT]]), "utf-8")
        temporary.replace(file)


def add_project_of(session: Session) -> None:
    """Put the project of a session first, if it has one."""
    if session.path is not None:
        add(session.path)


def open_project(shared: ViewerSession, path: Path) -> None:
    """Go on with a project, and put it first in the list; one that is open already stays as it is.

    One of ilastik becomes a session that was never saved.
    """
    path = path.resolve()
    if path in (shared.session.path, shared.origin):
        return

    def load() -> Session:
        from napari_objclass.workflow.opening import open_project

        session = open_project(path)
        add_project_of(session)
        return session

    shared.open(load, origin=path if path.suffix.lower() == ILASTIK_SUFFIX else None)


def _file() -> Path:
    return recovery_folder().with_name("recent.json")
