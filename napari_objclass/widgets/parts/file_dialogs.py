"""Questions for a project file, which leave the viewer usable while they are open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

SUFFIX = ".objclass"
_FILTER = f"Projects (*{SUFFIX})"


def ask_for_project(parent: QWidget, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask which project to open; ``chosen`` gets its path."""
    dialog = _dialog(parent, "Open project", chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()
    return dialog


def ask_where_to_save(parent: QWidget, proposed: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask where to save a project; ``chosen`` gets a path that ends in ``.objclass``."""
    dialog = _dialog(parent, "Save project", lambda path: chosen(with_suffix(path)))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(SUFFIX[1:])
    dialog.setDirectory(str(proposed.parent))
    dialog.selectFile(proposed.name)
    dialog.open()
    return dialog


def with_suffix(path: Path) -> Path:
    """The path, with the suffix of projects."""
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


def _dialog(parent: QWidget, title: str, chosen: Callable[[Path], object]) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setNameFilters([_FILTER, "All files (*)"])
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog
