"""What a click does: Annotate, Erase, Sweep or nothing; and whether predictions follow every click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from superqt import QToggleSwitch

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.key_tips import tell_key
from napari_objclass.widgets.viewer.tool import Mode
from napari_objclass.workflow import object_classification

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.live import Stale
    from napari_objclass.widgets.viewer.session import ViewerSession

#: Name, tooltip, and the action whose key does the same.
TOOLS = {
    Mode.ANNOTATE: ("Annotate", "Click objects to label them as the chosen class; press again to stop.", "annotate"),
    Mode.ERASE: ("Erase", "Click labelled objects to take their labels away.", "clear"),
    Mode.SWEEP: ("Sweep", "Drag over objects to label all of them.", ""),
}


class ToolRow(QWidget):
    """Tools as buttons of which one or none is down, and the switch *Live* with its button *Update*."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        #: Whether labels or settings changed since the prediction.
        self.outdated = False
        self.connections = Connections(self)
        self.buttons: dict[Mode, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(2)
        for mode, (name, words, action) in TOOLS.items():
            button = QPushButton(name, checkable=True, toolTip=words)
            if action:
                tell_key(button, words, action, self.connections)
            button.clicked.connect(lambda down, mode=mode: shared.set_tool(active=down, mode=mode))
            row.addWidget(button)
            self.buttons[mode] = button
        row.addStretch()
        self.update_button = QPushButton("Update", toolTip="Predict with the labels as they are now.")
        self.update_button.clicked.connect(self._update)
        self.live = QToggleSwitch("Live")
        tell_key(self.live, "Predictions follow every click.", "live", self.connections)
        self.live.clicked.connect(lambda on: shared.set_live(live=on))
        row.addWidget(self.live)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.update_button)
        self.connections.connect(shared.tool_changed, self.refresh)
        self.connections.connect(shared.live_changed, self.refresh)
        self.connections.connect(shared.changed, self._take_change)
        self.connections.connect(shared.shown_changed, self._take_parts)
        self.refresh()

    def refresh(self) -> None:
        """Show tool and switch as they are now."""
        tool, live, shown = self._shared.tool, self._shared.live, self._shared.shown
        for mode, button in self.buttons.items():
            button.setChecked(tool.active and tool.mode is mode)
        self.live.setChecked(live)
        waiting = shown is not None and (self.outdated or shown.prediction is None)
        self.update_button.setVisible(not live and waiting and self._shared.session.can_classify)

    def _update(self) -> None:
        self.outdated = False
        self._shared.update(classify=True)
        self.refresh()

    def _take_change(self, stale: Stale) -> None:
        if object_classification.ID in {applet for applet, _ in stale}:
            self.outdated = True
            self.refresh()

    def _take_parts(self, new: set[str]) -> None:
        if new & {"lane", "prediction"}:
            self.outdated = False
        self.refresh()
