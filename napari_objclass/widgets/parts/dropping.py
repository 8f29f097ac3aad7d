"""What is dragged onto our widgets from a file manager."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.io.formats import ILASTIK_SUFFIX, PROJECT_SUFFIX

if TYPE_CHECKING:
    from qtpy.QtCore import QMimeData


def dropped_project(data: QMimeData) -> Path | None:
    """The project that is dragged, ours or one of ilastik; None if it is something else, or more than one file."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    is_project = len(paths) == 1 and paths[0].suffix.lower() in (PROJECT_SUFFIX, ILASTIK_SUFFIX)
    return paths[0] if is_project else None
