"""The switch between the images of a session, "1/5 ▾"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMenu, QToolButton

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession


class ImageSwitch(QToolButton):
    """Says which image of how many is shown, and has a menu of them; hidden while there is no choice."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("The image that is shown; Page Up and Page Down go to the others.")
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._shared = shared
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.connections = Connections(self)
        for signal in (shared.shown_changed, shared.changed, shared.replaced):
            self.connections.connect(signal, self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        n_lanes, position = len(self._shared.session.lanes), self._shared.position
        self.setVisible(n_lanes > 1)
        self.setText("" if position is None else f"{position + 1}/{n_lanes} ▾")

    def _fill(self) -> None:
        menu, shown = self.menu(), self._shared.record
        menu.clear()
        for number, record in enumerate(self._shared.session.lanes, 1):
            action = menu.addAction(f"{number}  {record.name.replace('&', '&&')}")
            action.setCheckable(True)
            action.setChecked(shown is not None and shown.uuid == record.uuid)
            action.triggered.connect(lambda _, uuid=record.uuid: self._shared.show(uuid))
