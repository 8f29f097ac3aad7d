"""The menu of the project: new, open, save, the session as a script, keys and help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QApplication, QMenu, QMessageBox

from napari_objclass.io.formats import PROJECT_SUFFIX
from napari_objclass.widgets import recent
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.file_dialogs import ask_for_project, ask_where_to_save
from napari_objclass.widgets.viewer.session import PROJECT
from napari_objclass.workflow.script import script
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.session import ViewerSession

HELP = """<b>Object classification</b>
<p>1. Add an image and its objects (a label image, or a mask).<br>
2. Features are measured by themselves.<br>
3. In <i>Classify</i>, switch on <i>Annotate</i> (G), choose a class (1…9) and click a few objects of each class.<br>
4. All objects are classified at once; correct what is wrong (N goes to the most unsure).<br>
5. In <i>Results</i>, export images and tables.</p>
<p>No label is ever lost: each is on disk from the moment you make it.</p>
<p>In napari's console the session is <code>objclass</code>.</p>"""


class ProjectMenu(QMenu):
    """What is done with the project as a whole."""

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(parent)
        self._shared, self._parent = shared, parent
        self.connections = Connections(self)
        self.connections.connect(shared.saved, self._remember)
        self.addAction("New").triggered.connect(lambda: shared.open(Session))
        self.addAction("Open project or .ilp…").triggered.connect(self._ask_for_project)
        self._recent = self.addMenu("Open recent")
        self.addSeparator()
        self._save = self.addAction("Save")
        self._save.triggered.connect(self.save)
        self._save_as = self.addAction("Save as…")
        self._save_as.triggered.connect(self.save_as)
        self.addSeparator()
        self._copy = self.addAction("Copy as Python")
        self._copy.setToolTip("A script that makes this session again, without napari")
        self._copy.triggered.connect(self._copy_script)
        self.addAction("Keys…").triggered.connect(self._show_keys)
        self.addAction("Help").triggered.connect(self._show_help)
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._refresh)

    def save(self) -> None:
        """Save the project; the first time, ask where."""
        if self._shared.session.path is None:
            self.save_as()
        else:
            self._shared.save()

    def save_as(self) -> None:
        """Ask where, and save the project there."""
        ask_where_to_save(self._parent, self._shared.session.path or self._proposed(), self._shared.save)

    def _proposed(self) -> Path:
        """Where a project that was never saved may go: beside the one it came from, or beside its first image."""
        origin, lanes = self._shared.origin, self._shared.session.lanes
        if origin is not None:
            return origin.with_suffix(PROJECT_SUFFIX)
        folder, name = (lanes[0].folder, Path(lanes[0].name).stem) if lanes else (Path.cwd(), "objects")
        return folder / f"{name}{PROJECT_SUFFIX}"

    def _remember(self) -> None:
        self._shared.fetch(PROJECT, recent.add_project_of, lambda _: None)

    def _refresh(self) -> None:
        session = self._shared.session
        self._save.setEnabled(bool(session.lanes) and not session.read_only)
        self._save_as.setEnabled(bool(session.lanes))
        self._copy.setEnabled(bool(session.lanes))
        self._recent.setEnabled(False)
        self._shared.fetch(PROJECT, lambda _: recent.read(), self.connections.while_here(self._fill_recent))

    def _fill_recent(self, projects: list[recent.Recent]) -> None:
        self._recent.clear()
        self._recent.setEnabled(bool(projects))
        for project in projects:
            action = self._recent.addAction(str(project.path).replace("&", "&&"))
            action.setEnabled(project.exists)
            action.triggered.connect(lambda _, path=project.path: recent.open_project(self._shared, path))

    def _ask_for_project(self) -> None:
        ask_for_project(self._parent, lambda path: recent.open_project(self._shared, path))

    def _copy_script(self) -> None:
        self._shared.fetch(PROJECT, script, _copy)

    def _show_keys(self) -> None:
        from napari_objclass.widgets.keys_dialog import show_keys_dialog

        show_keys_dialog(self._shared, self._parent)

    def _show_help(self) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Object Classification", HELP, parent=self._parent)
        box.setModal(False)
        box.open()


def _copy(text: str) -> None:
    QApplication.clipboard().setText(text)
    show_info("The script is in the clipboard.")
