"""The footer of the workbench: what is running, what should be known, and the project with its menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.activity_line import ActivityLine
from napari_objclass.widgets.parts.note_line import NoteLine
from napari_objclass.widgets.parts.problem_line import ProblemLine
from napari_objclass.widgets.parts.times import clock
from napari_objclass.widgets.project_menu import ProjectMenu
from napari_objclass.widgets.viewer.session import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session


class Footer(QWidget):
    """Always in sight, below the steps."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self.menu = ProjectMenu(shared, self)
        self.name = QElidingLabel()
        self.name.setStyleSheet("padding: 0px;")  # it does not leave room for that of the theme
        self.state = QLabel()
        self.save = QPushButton("Save", clicked=self.menu.save)
        self.more = QToolButton(text="⋯", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setToolTip("Open, save, keys, help")
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.more.setMenu(self.menu)
        line = QHBoxLayout()
        line.addWidget(self.name, 1)
        for widget in (self.state, self.save, self.more):
            line.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(3)
        self.activity, self.notes = ActivityLine(shared), NoteLine(shared)
        layout.addWidget(self.activity)
        layout.addWidget(self.notes)
        layout.addWidget(ProblemLine(shared, PROJECT))
        layout.addLayout(line)
        self.connections = Connections(self)
        for signal in (shared.replaced, shared.changed, shared.saved):
            self.connections.connect(signal, self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        session = self._shared.session
        file, origin = session.path, self._shared.origin
        self.name.setText(file.name if file else origin.name if origin else "New project")
        self.name.setToolTip(f"{origin} is only read; Save makes a project of it." if origin else _place(file))
        self.state.setText(saved_state(session))
        self.state.setToolTip(
            "Every label is kept from the moment you make it, saved or not; saving puts all into one file."
        )
        self.save.setEnabled(bool(session.lanes) and not session.read_only)


def _place(file: Path | None) -> str:
    return "It has no file yet." if file is None else str(file)


def saved_state(session: Session) -> str:
    """How much of the session is saved: "saved 14:03", "• saved 14:03" with changes since, "not saved yet"."""
    if session.path is None:
        return "not saved yet" if session.unsaved else ""
    if session.read_only:
        return "read only"
    saved = f"saved {clock(session.saved_at)}" if session.saved_at else "not saved yet"
    return f"• {saved}" if session.unsaved else saved
