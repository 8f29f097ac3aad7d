"""The window with all keys, to see and to change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app_model.backends.qt import QKeyBindingSequence, QModelKeyBindingEdit
from app_model.types import KeyBinding
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.errors import ParameterError
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.viewer.actions import ACTIONS
from napari_objclass.widgets.viewer.key_choice import Preset

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession

INTRODUCTION = (
    "Keys work while Annotate is on and the layer is in pan/zoom mode. A click labels an object, Shift + drag labels "
    "all it passes over, a right click opens the menu of an object, and a drag moves the picture."
)


class KeysDialog(QDialog):
    """Every action with its key; a change holds at once, in all viewers."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keys")
        self._choice = shared.keys.choice
        self.table = QTableWidget(len(ACTIONS), 2)
        self.edits = {action.id: _edit() for action in ACTIONS}
        self.told = QLabel(wordWrap=True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.presets = {
            preset: self.buttons.addButton(preset.value, QDialogButtonBox.ButtonRole.ResetRole) for preset in Preset
        }
        self._fill()
        layout = QVBoxLayout(self)
        for widget in (QLabel(INTRODUCTION, wordWrap=True), self.table, self.told, self.buttons):
            layout.addWidget(widget)
        self.resize(420, 640)
        self.buttons.rejected.connect(self.close)
        for preset, button in self.presets.items():
            button.clicked.connect(partial(self._use, preset))
        for action, edit in self.edits.items():
            edit.editingFinished.connect(partial(self._choose, action))
        self.connections = Connections(self)
        self.connections.connect(self._choice.changed, self._show)
        self._show()

    def _fill(self) -> None:
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(1, 140)
        for row, action in enumerate(ACTIONS):
            words = QTableWidgetItem(action.words)
            words.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(row, 0, words)
            self.table.setCellWidget(row, 1, self.edits[action.id])

    def _show(self) -> None:
        for action, edit in self.edits.items():
            key = self._choice[action]
            edit.setKeySequence(QKeyBindingSequence(KeyBinding.from_str(key)) if key else QKeySequence())

    def _use(self, preset: Preset, *_: object) -> None:
        self._choice.use(preset)
        self.told.setText("")

    def _choose(self, action: str) -> None:
        edit = self.edits[action]
        binding = edit.keyBinding()
        key = "" if binding is None else str(binding)
        if key == self._choice[action]:
            return
        menu = self._menu_with(edit.keySequence())
        if menu:
            self.told.setText(f"{key} belongs to “{menu}” in napari's menus, which come first; choose another key.")
            self._show()
            return
        try:
            self.told.setText(self._choice.choose(action, key))
        except ParameterError as error:
            self.told.setText(str(error))
            self._show()

    def _menu_with(self, key: QKeySequence) -> str | None:
        """Entry of the window's menus that has a key as shortcut."""
        window = self.parentWidget().window() if self.parentWidget() else self
        found = [action for action in window.findChildren(QAction) if not key.isEmpty() and key in action.shortcuts()]
        return found[0].text().replace("&", "") if found else None


def show_keys_dialog(shared: ViewerSession, parent: QWidget) -> KeysDialog:
    """Show the window with all keys; the one that is open, if one is."""
    for dialog in parent.findChildren(KeysDialog):
        if dialog.isVisible():
            dialog.raise_()
            return dialog
    dialog = KeysDialog(shared, parent)
    dialog.show()
    return dialog


def _edit() -> QModelKeyBindingEdit:
    edit = QModelKeyBindingEdit()
    edit.setMaximumSequenceLength(1)
    edit.setClearButtonEnabled(True)
    return edit
