"""Questions for a file, which leave the viewer usable while they are open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_objclass.io.formats import FORMATS, ILASTIK_SUFFIX, PROJECT_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

#: Projects of ours, and those that can be opened.
OURS = f"Projects (*{PROJECT_SUFFIX})"
OPENED = f"Projects (*{PROJECT_SUFFIX} *{ILASTIK_SUFFIX})"
_TABLES = "Tables (*.csv)"
_LABELS = f"Labels ({' '.join(f'*{suffix}' for suffix in (PROJECT_SUFFIX, '.csv', '.tsv', '.txt', *FORMATS))})"


def ask_for_project(
    parent: QWidget, chosen: Callable[[Path], object], *, title: str = "Open project", kinds: str = OPENED
) -> QFileDialog:
    """Ask which project to open; ``chosen`` gets its path."""
    return _ask_for_file(_dialog(parent, title, chosen, kinds))


def ask_for_labels(parent: QWidget, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask for a file with labels: a project, a table or an image of classes; ``chosen`` gets its path."""
    return _ask_for_file(_dialog(parent, "Import labels", chosen, _LABELS))


def ask_for_table(parent: QWidget, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask where to write a table; ``chosen`` gets a path that ends in ``.csv``."""
    dialog = _dialog(parent, "Save table", chosen, _TABLES)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("csv")
    dialog.open()
    return dialog


def _ask_for_file(dialog: QFileDialog) -> QFileDialog:
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()
    return dialog


def ask_where_to_save(parent: QWidget, proposed: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Ask where to save a project; ``chosen`` gets a path that ends in ``.objclass``."""
    dialog = _dialog(parent, "Save project", lambda path: chosen(with_suffix(path)))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(PROJECT_SUFFIX[1:])
    dialog.setDirectory(str(proposed.parent))
    dialog.selectFile(proposed.name)
    dialog.open()
    return dialog


def with_suffix(path: Path) -> Path:
    """The path, with the suffix of projects."""
    return path if path.suffix == PROJECT_SUFFIX else path.with_name(path.name + PROJECT_SUFFIX)


def _dialog(parent: QWidget, title: str, chosen: Callable[[Path], object], kinds: str = OURS) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setNameFilters([kinds, "All files (*)"])
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    return dialog
