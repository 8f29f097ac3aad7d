"""Labels as a table of Qt: class, image, frame, object, state in words; filtered and sorted."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from napari_objclass.widgets.parts.icons import swatch
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_objclass.workflow.annotations import Annotation

Role = Qt.ItemDataRole

#: States as the user reads them.
WORDS = {
    AnnotationState.ACTIVE: "label",
    AnnotationState.CHANGED: "object changed — please confirm",
    AnnotationState.CONFLICT: "two classes here",
    AnnotationState.PARKED: "no object here now",
}


class Column(IntEnum):
    """What the columns are."""

    CLASS, IMAGE, FRAME, OBJECT, STATE = range(5)


HEADERS = ("Class", "Image", "Frame", "Object", "State")


class LabelModel(QAbstractTableModel):
    """Rows are the labels that pass the filter, in the order that the user chose."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Annotation] = []
        self._all: Sequence[Annotation] = ()
        self._images: Sequence[str] = ()
        self._colors: Sequence[str] = ()
        self._cls: int | None = None
        self._state: AnnotationState | None = None
        self._order, self._falling = Column.IMAGE, False

    def put(self, labels: Sequence[Annotation], images: Sequence[str], colors: Sequence[str]) -> None:
        """Show these; ``images`` are the names of all images, ``colors`` those of all classes."""
        self._all, self._images, self._colors = labels, images, colors
        self._arrange()

    def filter(self, cls: int | None, state: AnnotationState | None) -> None:
        """Show labels of one class, in one state; None for any."""
        self._cls, self._state = cls, state
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._order, self._falling = Column(column), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        passing = (
            label
            for label in self._all
            if (self._cls is None or label.cls == self._cls) and (self._state is None or label.state == self._state)
        )
        self.rows = sorted(passing, key=self._sort_key(), reverse=self._falling)
        self.endResetModel()

    def _sort_key(self) -> Callable[[Annotation], Any]:
        keys: dict[Column, Callable[[Annotation], Any]] = {
            Column.CLASS: lambda label: (_last(label.cls), _place(label)),
            Column.IMAGE: _place,
            Column.FRAME: lambda label: (label.t, _place(label)),
            Column.OBJECT: lambda label: (_last(label.object_id), _place(label)),
            Column.STATE: lambda label: (WORDS[label.state], _place(label)),
        }
        return keys[self._order]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of labels that pass."""
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Number of columns."""
        return len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Names of the columns."""
        return HEADERS[section] if role == Role.DisplayRole and orientation == Qt.Orientation.Horizontal else None

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Text of a cell; colour of a class; why a label waits, as tooltip."""
        label, column = self.rows[index.row()], Column(index.column())
        if role == Role.DisplayRole:
            return self._text(label, column)
        if role == Role.DecorationRole and column is Column.CLASS and label.cls and label.cls <= len(self._colors):
            return swatch(self._colors[label.cls - 1])
        if role == Role.ToolTipRole and column is Column.STATE:
            return label.reason
        return None

    def _text(self, label: Annotation, column: Column) -> str:
        if column is Column.CLASS:
            return label.class_name or "deleted class"
        if column is Column.IMAGE:
            return "removed image" if label.lane is None else self._images[label.lane]
        if column is Column.FRAME:
            return str(label.t)
        if column is Column.OBJECT:
            return "" if label.object_id is None else str(label.object_id)
        return WORDS[label.state]


def _place(label: Annotation) -> tuple[float, int, tuple[int, int, int]]:
    return _last(label.lane), label.t, label.anchor


def _last(number: int | None) -> float:
    """A number to sort by; what has none comes last."""
    return float("inf") if number is None else number
