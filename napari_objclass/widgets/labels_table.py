"""A table of all labels: find them, confirm those whose object changed, take them away, exchange them with others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtCore import QEvent, QModelIndex, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.widgets import label_exchange
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.label_exchange import LabelExchange
from napari_objclass.widgets.parts.label_model import WORDS, Column, LabelModel
from napari_objclass.widgets.parts.problem_line import ProblemLine
from napari_objclass.widgets.parts.visit import Visit
from napari_objclass.workflow.annotations import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QShowEvent

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.annotations import Annotation
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.session import Session

#: Problems of the table are kept under this name, as those of a step are, and shown in it.
PROBLEMS = "labels"
TITLE = "Labels"


class Listing(NamedTuple):
    """Labels, with all images and classes at that moment, to which their positions and numbers refer."""

    labels: list[Annotation]
    images: list[LaneRecord]
    classes: list[ObjectClass]


class LabelsTable(QWidget):
    """All labels of the image shown, or of all images.

    Attributes
    ----------
    closed
        Emitted when the user closed it.
    """

    closed = Signal()

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._was_docked = False
        self._listing = self._stale = False  # being listed; other than listed
        self._images: list[str] = []  # uuids
        self.model = LabelModel(self)
        self.table = self._make_table()
        self.images = self._make_combo(["This image", "All images"])
        self.classes = self._make_combo(["All classes"])
        self.states = self._make_combo(["All states"])
        for state, words in WORDS.items():
            self.states.addItem(words, state)
        self.images.currentIndexChanged.connect(self.refresh)
        self.classes.currentIndexChanged.connect(self._filter)
        self.states.currentIndexChanged.connect(self._filter)
        self.confirm = QPushButton("Confirm", toolTip="Label the objects of the chosen rows as the rows say.")
        self.clear = QPushButton("Clear", toolTip="Take the chosen labels away; Undo brings them back.")
        self.confirm.clicked.connect(self._confirm)
        self.clear.clicked.connect(self._clear)
        self.note = QLabel()
        bar = QHBoxLayout()
        for each in (self.images, self.classes, self.states, self.confirm, self.clear):
            bar.addWidget(each)
        self.exchange = LabelExchange(shared)
        bar.addWidget(self.exchange, 1)
        bar.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(bar)
        layout.addWidget(ProblemLine(shared, PROBLEMS, label_exchange.PROBLEMS))
        layout.addWidget(self.table)
        self.connections = Connections(self)
        self._visit = Visit(shared, self.connections)
        self.connections.connect(shared.replaced, self.refresh)
        self.connections.connect(shared.changed, self.refresh)
        self.connections.connect(shared.shown_changed, self._take_parts)
        self.connections.connect(shared.problems_changed, self._end_listing)
        self._show_what_can_be_done()

    def _make_table(self) -> QTableView:
        table = QTableView(showGrid=False, sortingEnabled=True, wordWrap=False)
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setMinimumHeight(44)  # as a dock it must not make a small window grow
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(22)
        table.horizontalHeader().setSectionResizeMode(Column.STATE, QHeaderView.ResizeMode.Stretch)
        table.sortByColumn(Column.IMAGE, Qt.SortOrder.AscendingOrder)
        table.doubleClicked.connect(self._jump)
        table.selectionModel().selectionChanged.connect(self._show_what_can_be_done)
        self.model.modelReset.connect(self._show_what_can_be_done)
        return table

    def _make_combo(self, words: Sequence[str]) -> QComboBox:
        combo = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
        combo.addItems(words)
        return combo

    def changeEvent(self, event: QEvent) -> None:
        """Be gone with the dock: napari takes a widget out of a dock that is closed, and leaves it behind."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ParentChange:
            if self.parent() is None and self._was_docked:
                self.connections.release()
                self.deleteLater()
                self.closed.emit()
            self._was_docked = self.parent() is not None

    # ------------------------------------------------------------------------------------------------ listing

    def refresh(self, *_: object) -> None:
        """List the labels anew, on the thread of changes; once more if they change meanwhile."""
        if not self.isVisible() or self._listing:
            self._stale = True
            return
        self._listing, self._stale = True, False
        shown = self._shared.shown
        find = _of_all if self.images.currentIndex() == 1 else lambda s: _of_image(s, shown)
        self._shared.do(PROBLEMS, lambda s: _list(s, find(s)), self.connections.while_here(self._put))

    def showEvent(self, event: QShowEvent) -> None:
        """List what changed while the table was hidden."""
        super().showEvent(event)
        self.refresh()

    def _put(self, listing: Listing) -> None:
        self._listing = False
        if self._stale:
            self.refresh()
        self._images = [image.uuid for image in listing.images]
        self._offer_classes([each.name for each in listing.classes])
        scrolled = self.table.verticalScrollBar().value()
        names, colors = [image.name for image in listing.images], [each.color for each in listing.classes]
        self.model.put(listing.labels, names, colors)
        self.table.verticalScrollBar().setValue(scrolled)

    def _take_parts(self, new: set[str]) -> None:
        if new & {"lane", "claims"}:
            self.refresh()

    def _offer_classes(self, names: Sequence[str]) -> None:
        if names != [self.classes.itemText(n) for n in range(1, self.classes.count())]:
            while self.classes.count() > 1:
                self.classes.removeItem(1)
            self.classes.addItems(names)

    def _filter(self) -> None:
        self.model.filter(self.classes.currentIndex() or None, self.states.currentData())

    # ------------------------------------------------------------------------------------------------ changes

    def _chosen(self) -> list[Annotation]:
        return [self.model.rows[index.row()] for index in self.table.selectionModel().selectedRows()]

    def _confirm(self) -> None:
        by_image: defaultdict[str, list[Annotation]] = defaultdict(list)
        for label in self._chosen():
            if label.lane is not None and label.object_id is not None and label.class_name is not None:
                by_image[self._images[label.lane]].append(label)
        self._shared.do(PROBLEMS, lambda s: _label_again(s, by_image))

    def _clear(self) -> None:
        uuids = [label.uuid for label in self._chosen()]
        self._shared.do(PROBLEMS, lambda s: s.remove_annotations(uuids))

    def _jump(self, index: QModelIndex) -> None:
        label = self.model.rows[index.row()]
        if label.lane is None:
            return
        image = self._images[label.lane]
        if label.object_id is None:
            self._visit.go_to_place(image, label.t, label.box)
        else:
            self._visit.go(image, label.t, label.object_id)

    def _show_what_can_be_done(self, *_: object) -> None:
        chosen = self._chosen()
        self.confirm.setEnabled(any(label.object_id is not None for label in chosen))
        self.clear.setEnabled(bool(chosen))
        n = len(self.model.rows)
        self.note.setText(f"{n} label{'' if n == 1 else 's'}")

    def _end_listing(self) -> None:
        if self._shared.problem(PROBLEMS):
            self._listing = False


def show_labels(shared: ViewerSession, parent: QWidget) -> LabelsTable:
    """Open the table below the canvas, or, where there is no napari window, in a window of its own."""
    table = LabelsTable(shared)
    window: Any = getattr(shared.viewer, "window", None)
    if window is not None:
        window.add_dock_widget(table, name=TITLE, area="bottom", add_vertical_stretch=False)
    else:
        table.setParent(parent, Qt.WindowType.Window)
        table.setWindowTitle(TITLE)
        table.show()
    return table


def _of_all(session: Session) -> list[Annotation]:
    return session.annotations


def _of_image(session: Session, shown: Shown | None) -> list[Annotation]:
    position = next((n for n, lane in enumerate(session.lanes) if shown and lane.uuid == shown.uuid), None)
    if shown is None or shown.claims is None or position is None:
        return []
    return describe(shown.claims, position, session.classes, session.lanes[position].offset)


def _list(session: Session, labels: list[Annotation]) -> Listing:
    return Listing(labels, session.lanes, session.classes)


def _label_again(session: Session, by_image: Mapping[str, Sequence[Annotation]]) -> None:
    """Annotate the objects that labels claim as the labels say, one change per image."""
    for image, own in by_image.items():
        ids, classes, frames = ([getattr(label, name) for label in own] for name in ("object_id", "class_name", "t"))
        session.annotate_many(image, ids=ids, classes=classes, t=frames)
