"""The list of classes: choose what a click labels; add, rename, recolour, ignore, delete classes; undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPoint, QSize, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.class_model import ClassModel, Column
from napari_objclass.widgets.parts.counts import count
from napari_objclass.widgets.parts.key_tips import tell_key
from napari_objclass.widgets.viewer.session import CLASSIFY
from napari_objclass.widgets.viewer.tool import Mode

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

ROW_HEIGHT = 24
#: More rows are scrolled.
ROWS_SHOWN = 6
WIDTHS = {Column.NUMBER: 24, Column.COLOR: 28, Column.IGNORE: 26, Column.DELETE: 24}


class ClassList(QWidget):
    """One row per class; the chosen row is the class of the tool."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self.model = ClassModel(self)
        self.table = self._make_table()
        self.add = QPushButton("Add class", toolTip="Add a class and give it a name.", clicked=self._add)
        self.undo, self.redo = QPushButton("Undo", clicked=shared.undo), QPushButton("Redo", clicked=shared.redo)
        self.connections = Connections(self)
        tell_key(self.undo, "Take back the latest change.", "undo", self.connections)
        tell_key(self.redo, "Make the change again that was taken back.", "redo", self.connections)
        caption = QLabel("labelled → predicted", alignment=Qt.AlignmentFlag.AlignRight)
        caption.setContentsMargins(0, 0, WIDTHS[Column.IGNORE] + WIDTHS[Column.DELETE], 0)
        bottom = QHBoxLayout()
        bottom.addWidget(self.add)
        bottom.addStretch()
        bottom.addWidget(self.undo)
        bottom.addWidget(self.redo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(caption)
        layout.addWidget(self.table)
        layout.addLayout(bottom)
        for signal in (shared.replaced, shared.tool_changed, shared.changed, shared.shown_changed):
            self.connections.connect(signal, self.refresh)
        self.model.renamed.connect(self._rename)
        self.refresh()

    def _make_table(self) -> QTableView:
        table = QTableView(showGrid=False, wordWrap=False)
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Keys are the viewer's: a table with focus would search for a row that starts with "n".
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setIconSize(QSize(14, 14))
        table.verticalHeader().hide()
        table.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = table.horizontalHeader()
        header.hide()
        header.setMinimumSectionSize(8)
        for column, width in WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.COUNTS, QHeaderView.ResizeMode.ResizeToContents)
        table.clicked.connect(self._clicked)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._ask_menu)
        return table

    def refresh(self, *_: object) -> None:
        """Show classes, counts and the chosen class as they are now."""
        classes = self._shared.session.classes
        cls = min(self._shared.tool.cls, len(classes))
        self.model.put(classes, count(self._shared.shown, classes), cls)
        self.table.setFixedHeight(ROW_HEIGHT * min(max(len(classes), 2), ROWS_SHOWN) + 2)
        if self.table.currentIndex().row() != cls - 1:
            self.table.setCurrentIndex(self.model.index(cls - 1, Column.NAME))

    def _clicked(self, index: QModelIndex) -> None:
        cls, column = index.row() + 1, index.column()
        if column == Column.COLOR:
            self._ask_color(cls)
        elif column == Column.IGNORE:
            self._toggle_ignored(cls)
        elif column == Column.DELETE and cls == self._shared.tool.cls:
            self._delete(cls)
        else:
            self._choose(cls)

    def _choose(self, cls: int) -> None:
        erasing = self._shared.tool.mode is Mode.ERASE
        self._shared.set_tool(cls=cls, **({"mode": Mode.ANNOTATE} if erasing else {}))

    def _add(self) -> None:
        def begin_naming(cls: int) -> None:
            self._shared.set_tool(cls=cls)
            self.refresh()
            self.table.edit(self.model.index(cls - 1, Column.NAME))

        self._shared.do(CLASSIFY, lambda s: s.add_class(), begin_naming)

    def _rename(self, cls: int, name: str) -> None:
        uuid = self.model.classes[cls - 1].uuid
        self._shared.do(CLASSIFY, lambda s: s.rename_class(uuid, name))

    def _toggle_ignored(self, cls: int) -> None:
        each = self.model.classes[cls - 1]
        self._shared.do(CLASSIFY, lambda s: s.ignore_class(each.uuid, ignore=not each.ignore))

    def _delete(self, cls: int) -> None:
        """Delete a class; once, however often it is asked for."""
        uuid = self.model.classes[cls - 1].uuid

        def delete(session: Session) -> None:
            if any(each.uuid == uuid for each in session.classes):
                session.delete_class(uuid)

        self._shared.do(CLASSIFY, delete)

    def _ask_color(self, cls: int) -> None:
        each = self.model.classes[cls - 1]

        def recolour(color: QColor) -> None:
            self._shared.do(CLASSIFY, lambda s: s.recolour_class(each.uuid, color.name()))

        dialog = QColorDialog(QColor(each.color), self)
        dialog.setWindowTitle(f"Colour of {each.name}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(recolour)
        dialog.show()

    def _ask_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            return
        cls = index.row() + 1
        ignored = self.model.classes[cls - 1].ignore
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename", lambda: self.table.edit(self.model.index(cls - 1, Column.NAME)))
        menu.addAction("Colour…", lambda: self._ask_color(cls))
        menu.addAction("Count in summaries" if ignored else "Leave out of summaries", lambda: self._toggle_ignored(cls))
        menu.addSeparator()
        menu.addAction("Delete (labels wait; Undo brings all back)", lambda: self._delete(cls))
        menu.popup(self.table.viewport().mapToGlobal(place))
