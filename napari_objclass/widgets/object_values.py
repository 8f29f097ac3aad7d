"""The window with all values of one object: a table of names and values, with search and Copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.about_object import AboutObject


class ObjectValues(QDialog):
    """What was known about an object when the window was opened."""

    def __init__(self, object_: AboutObject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(object_.title)
        self._object = object_
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.search.textChanged.connect(self._filter)
        self.table = _table(object_.rows)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = self.buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy names and values of all rows, separated by tabs")
        self.copy.clicked.connect(self._copy)
        self.buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.table, self.buttons):
            layout.addWidget(widget)
        self.resize(420, 480)

    def _filter(self, wanted: str) -> None:
        words = wanted.lower().split()
        for row in range(self.table.rowCount()):
            name = self.table.item(row, 0).text().lower()
            self.table.setRowHidden(row, not all(word in name for word in words))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._object.text)


def _table(rows: list[tuple[str, str]]) -> QTableWidget:
    table = QTableWidget(len(rows), 2)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.horizontalHeader().hide()
    table.verticalHeader().hide()
    table.setWordWrap(False)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.setColumnWidth(1, 130)
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(row, column, item)
    return table
