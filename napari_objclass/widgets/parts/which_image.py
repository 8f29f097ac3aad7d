"""The question which image of another project is meant; it leaves the viewer usable while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QInputDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QWidget


def ask_which_image(
    parent: QWidget, image: str, project: str, names: Sequence[str], chosen: Callable[[str], object]
) -> QInputDialog:
    """Ask which of the images ``names`` of a project is ``image``; ``chosen`` gets its name."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Which image?")
    dialog.setLabelText(f"Which image of {project} is {image}?")
    dialog.setComboBoxItems(names)
    dialog.textValueSelected.connect(chosen)
    dialog.open()
    return dialog
