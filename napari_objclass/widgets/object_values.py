"""The window with all values of one object: names and values, many values of one feature under it; search and Copy."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication, QIcon
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.about_object import AboutObject, Value


class ObjectValues(QDialog):
    """What was known about an object when the window was opened."""

    def __init__(self, object_: AboutObject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(object_.title)
        self._object = object_
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.search.textChanged.connect(self._filter)
        self.rows = _rows(object_)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())  # it would not follow the theme
        self.copy = self.buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy names and values of all rows, separated by tabs")
        self.copy.clicked.connect(self._copy)
        self.buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.rows, self.buttons):
            layout.addWidget(widget)
        self.resize(500, 480)

    def _filter(self, wanted: str) -> None:
        words = wanted.lower().split()
        for i in range(self.rows.topLevelItemCount()):
            _show(self.rows.topLevelItem(i), words)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._object.text)


def _rows(object_: AboutObject) -> QTreeWidget:
    rows = QTreeWidget()
    rows.setColumnCount(2)
    rows.header().hide()
    rows.header().setStretchLastSection(False)
    rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    rows.header().resizeSection(1, 150)
    rows.setUniformRowHeights(True)
    rows.setIndentation(14)
    rows.addTopLevelItems([_row(name, text) for name, text in object_.facts])
    for feature, group in groupby(object_.values, key=lambda value: value.feature):
        values = list(group)
        rows.addTopLevelItems([_branch(feature, values)] if feature else [_row(v.name, v.text) for v in values])
    return rows


def _branch(feature: str, values: Sequence[Value]) -> QTreeWidgetItem:
    """One row for the many values of a feature, which tells between which they lie; they are below it."""
    known = [value.value for value in values if not value.missing]
    extent = f"{min(known):.3g} to {max(known):.3g}" if known else f"missing: {values[0].missing}"
    branch = _row(f"{feature}, {len(values)} values", extent)
    branch.addChildren([_row(v.name, v.text, v.name.removeprefix(f"{feature}, ")) for v in values])
    return branch


def _row(name: str, text: str, shown: str = "") -> QTreeWidgetItem:
    """A row that is searched by its name, whatever is shown of that."""
    item = QTreeWidgetItem([shown or name, text])
    for column, words in enumerate((name, text)):
        item.setToolTip(column, words)
    return item


def _show(item: QTreeWidgetItem, words: Sequence[str]) -> None:
    """Show a row, with those below it, if all words are in its name; otherwise those below that have them."""
    below = [item.child(i) for i in range(item.childCount())]
    is_found = _has(item, words)
    for child in below:
        child.setHidden(not (is_found or _has(child, words)))
    n_shown = sum(not child.isHidden() for child in below)
    item.setHidden(not (is_found or n_shown))
    item.setExpanded(bool(n_shown) and not is_found)


def _has(item: QTreeWidgetItem, words: Sequence[str]) -> bool:
    name = item.toolTip(0).lower()
    return all(word in name for word in words)
