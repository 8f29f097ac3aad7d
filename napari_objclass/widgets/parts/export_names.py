"""How exported files are named: a folder, a template, and what they make of the image shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QToolButton, QWidget

from napari_objclass.widgets.parts.file_lines import FileLines
from napari_objclass.widgets.parts.line import Line
from napari_objclass.widgets.viewer.export_names import NAME, PLACEHOLDERS, joined, parted

if TYPE_CHECKING:
    from napari_objclass.workflow.export import Export

_TIP = "Name of the files, without suffix." + "".join(f"\n{name}: {what}" for name, what in PLACEHOLDERS.items())


class ExportNames(QWidget):
    """Folder and name of exported files, with examples.

    Attributes
    ----------
    examples
        What the files of the image shown would be called.
    typed
        Emitted with every letter.
    edited
        Emitted when the user finished a change.
    """

    typed = Signal()
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._template = ""
        self.folder, self.name = Line(clearButtonEnabled=True), Line(placeholderText=NAME, toolTip=_TIP)
        self.folder.setToolTip("Folder of the files; empty for the folder of each image. Placeholders work here too.")
        self.pick = QToolButton(text="…", clicked=self._ask_for_folder, toolTip="Choose a folder")
        self.examples = FileLines()
        folder = QHBoxLayout()
        folder.setSpacing(2)
        folder.addWidget(self.folder, 1)
        folder.addWidget(self.pick)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(6)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Folder", folder)
        form.addRow("Name", self.name)
        form.addRow(self.examples)
        for line in (self.folder, self.name):
            line.textChanged.connect(self.typed)
            line.edited.connect(self.edited)

    def show_settings(self, settings: Export) -> None:
        """Show where images go."""
        self._template = settings.filename
        folder, name = parted(settings.filename)
        self.folder.show_text(folder)
        self.name.show_text(name)

    def applied_to(self, settings: Export) -> Export:
        """Settings with the names that are written here."""
        here = self.folder.text().strip(), self.name.text().strip()
        return replace(settings, filename=self._template if here == parted(self._template) else joined(*here))

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Folder for the results", self.folder.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._take_folder)
        dialog.open()

    def _take_folder(self, folder: str) -> None:
        self.folder.setText(folder)
        self.edited.emit()
