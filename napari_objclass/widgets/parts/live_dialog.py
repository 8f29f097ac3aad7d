"""A dialog beside the work: it follows the session of a viewer until it is closed, and there is one of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QDialog, QDialogButtonBox

from napari_objclass.widgets._connections import Connections

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.session import ViewerSession


class LiveDialog(QDialog):
    """A dialog that does not block.

    Signals connected by ``connections`` are let go when it is closed.
    """

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(parent.window())
        self.shared = shared
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.connections = Connections(self)
        self.finished.connect(self.connections.release)

    def make_buttons(self, kinds: QDialogButtonBox.StandardButton) -> QDialogButtonBox:
        """Make buttons without icons, which would not follow the theme, of which none is pressed by Enter."""
        buttons = QDialogButtonBox(kinds)
        for button in buttons.buttons():
            button.setIcon(QIcon())
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        return buttons

    @classmethod
    def open_for(cls, shared: ViewerSession, parent: QWidget) -> Self:
        """Show the dialog of the window that ``parent`` is in; one that is open already comes to the front."""
        found = (d for d in parent.window().findChildren(cls) if type(d) is cls)
        dialog = next((d for d in found if d.isVisible() and d.shared is shared), None)
        if dialog is None:
            dialog = cls(shared, parent)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog
