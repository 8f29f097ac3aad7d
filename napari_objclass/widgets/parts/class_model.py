"""The classes as a table of Qt: number, colour, name, objects labelled and predicted, counted or not, delete."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal

from napari_objclass.widgets.parts.icons import icon, swatch
from napari_objclass.widgets.parts.key_tips import with_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.parts.counts import Counts
    from napari_objclass.workflow.classes import ObjectClass

Role = Qt.ItemDataRole


class Column(IntEnum):
    """What the columns are."""

    NUMBER, COLOR, NAME, COUNTS, IGNORE, DELETE = range(6)


class ClassModel(QAbstractTableModel):
    """Rows are classes.

    Attributes
    ----------
    classes
        Those that are listed.
    chosen
        Number of the class that a click gives; it can be deleted in its row.
    renamed
        Emitted with the number of a class and the name the user wants for it.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self.classes: list[ObjectClass] = []
        self._counts: list[Counts] = []
        self.chosen = 1

    def put(self, classes: Sequence[ObjectClass], counts: Sequence[Counts], chosen: int) -> None:
        """Show these; an open editor stays open unless the classes are others."""
        if len(classes) != len(self.classes):
            self.beginResetModel()
            self.classes, self._counts, self.chosen = [*classes], [*counts], chosen
            self.endResetModel()
            return
        # What an open editor shows would be lost if its cell were told to have changed.
        first = Column.COUNTS if [*classes] == self.classes else Column.NUMBER
        self.classes, self._counts, self.chosen = [*classes], [*counts], chosen
        self.dataChanged.emit(self.index(0, first), self.index(len(classes) - 1, len(Column) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of classes."""
        return len(self.classes)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Number of columns."""
        return len(Column)

    def flags(self, index: QModelIndex) -> Any:
        """Names can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == Column.NAME else flags

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Text, colour or icon of a cell, and its tooltip."""
        number, column = index.row() + 1, Column(index.column())
        each, counts = self.classes[index.row()], self._counts[index.row()]
        if role == Role.DisplayRole:
            return {Column.NUMBER: str(number), Column.NAME: each.name, Column.COUNTS: _short(counts)}.get(column)
        if role == Role.EditRole and column is Column.NAME:
            return each.name
        if role == Role.DecorationRole:
            return self._decoration(column, each, number)
        if role == Role.TextAlignmentRole and column in {Column.NUMBER, Column.COUNTS}:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Role.ToolTipRole:
            return _tooltip(column, each, counts, number)
        return None

    def _decoration(self, column: Column, each: ObjectClass, number: int) -> Any:
        if column is Column.COLOR:
            return swatch(each.color)
        if column is Column.IGNORE:
            return icon("visibility_off" if each.ignore else "visibility", self._widget)
        if column is Column.DELETE and number == self.chosen:
            return icon("delete", self._widget)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Role.EditRole) -> bool:
        """Ask for another name; the old one is shown until the session has taken it."""
        each = self.classes[index.row()]
        if role != Role.EditRole or value.strip() == each.name:
            return False
        self.renamed.emit(index.row() + 1, value.strip())
        return True


def _short(counts: Counts) -> str:
    return str(counts.labelled) if counts.predicted is None else f"{counts.labelled} → {counts.predicted}"


def _tooltip(column: Column, each: ObjectClass, counts: Counts, number: int) -> str:
    if column is Column.COLOR:
        return "Click for another colour."
    if column is Column.IGNORE:
        now = "Left out of summaries; click to count" if each.ignore else "Counted in summaries; click to leave out"
        return f"{now} '{each.name}' (it is learnt and predicted either way)."
    if column is Column.DELETE:
        return f"Delete '{each.name}'. Its labels wait; Undo brings all back."
    if column is Column.COUNTS:
        return _in_words(counts)
    words = f"'{each.name}': click to label objects as this class, double-click to rename."
    return with_key(words, f"class_{number}") if number <= 9 else words


def _in_words(counts: Counts) -> str:
    words = f"In this image {counts.labelled} objects are labelled"
    if counts.predicted is not None:
        words += f" and {counts.predicted} predicted"
    words += " as this class."
    return words if counts.learnt is None else f"{words} Learnt from {counts.learnt} in all images."
