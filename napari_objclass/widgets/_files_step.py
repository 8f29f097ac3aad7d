"""A step that takes image files: chosen or dropped, paired by their names, and shown before they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_objclass.io.formats import IMAGES
from napari_objclass.widgets._base import Step
from napari_objclass.widgets.parts.dropping import dropped_project
from napari_objclass.widgets.parts.pairing_table import PairingTable
from napari_objclass.widgets.viewer.adding import Intake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QDragEnterEvent, QDropEvent

    from napari_objclass.widgets.viewer.session import ViewerSession

FILES = f"Images ({' '.join('*' + suffix for suffix in IMAGES)})"


class FilesStep(Step):
    """A page that gives way to the table of pairs while the user chooses files.

    Attributes
    ----------
    main
        The page.
    pairing
        The table.
    intake
        Looks at files.
    add_files, add_folder, remove
        Buttons for the page, see :meth:`file_buttons`.
    images_chosen
        Emitted with a list of arguments of ``Session.add_lane``, one per image.
    """

    images_chosen = Signal(list)

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.main, self.pairing, self.intake = QWidget(), PairingTable(), Intake(shared, self.ID)
        self.add_files, self.add_folder = QPushButton("Add files…"), QPushButton("Add folder…")
        self.remove = QPushButton("Remove")
        self.add_files.setToolTip(
            "Images with label images, masks or probabilities: they are paired by name, and shown before."
        )
        self.add_folder.setToolTip("All images in a folder and the folders in it, such as raw/ and labels/.")
        self.setAcceptDrops(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.main)
        layout.addWidget(self.pairing)
        self.pairing.hide()
        self.connections.connect(self.intake.looked, self.pairing.take)
        self.add_files.clicked.connect(self.ask_for_files)
        self.add_folder.clicked.connect(self._ask_for_folder)
        self.pairing.accepted.connect(self._accept)
        self.pairing.cancelled.connect(self._show_main)
        self.pairing.more.connect(self.ask_for_files)

    @property
    def hint(self) -> str:
        """What to do while files are chosen."""
        return "" if self.pairing.isHidden() else "Check which files belong together, then add them."

    def file_buttons(self) -> QHBoxLayout:
        """Return a row of the buttons."""
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.add_files, self.add_folder, self.remove):
            row.addWidget(button)
        return row

    def ask_for_files(self) -> None:
        """Ask for images and label images."""
        self.ask("Images and label images", QFileDialog.FileMode.ExistingFiles, self.look_at)

    def _ask_for_folder(self) -> None:
        self.ask("Folder of images", QFileDialog.FileMode.Directory, self.look_at)

    def ask(self, title: str, mode: QFileDialog.FileMode, chosen: Callable[[list[str]], object]) -> QFileDialog:
        """Ask for files; the viewer stays usable meanwhile."""
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        if mode != QFileDialog.FileMode.Directory:
            dialog.setNameFilters([FILES, "All files (*)"])
        dialog.filesSelected.connect(chosen)
        dialog.open()
        return dialog

    def look_at(self, paths: Sequence[str]) -> None:
        """Look at files and folders, and show which make an image."""
        if paths:
            self.pairing.expect()
            self.main.hide()
            self.pairing.show()
            self.intake.look(paths)
            self.told.emit()

    def _accept(self, images: list[dict[str, Any]]) -> None:
        self._show_main()
        self.images_chosen.emit(images)

    def _show_main(self) -> None:
        self.pairing.hide()
        self.main.show()
        self.told.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, but leave a project to the workbench."""
        if event.mimeData().hasUrls() and dropped_project(event.mimeData()) is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at the files that were dropped."""
        self.look_at([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()
