"""A tree of features to tick: by group, with a quick filter; made for several hundred of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.tick_boxes import TickBoxes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from qtpy.QtWidgets import QWidget

    from napari_objclass.features import FeatureSpec

NAME, VALUES = range(2)


class FeatureTree(QTreeWidget):
    """Features by group; groups and features can be ticked.

    Attributes
    ----------
    ticked
        Emitted when the user ticked, or took a tick away.
    looked_at
        Emitted with the feature that the user went to; None for a group.
    """

    ticked = Signal()
    looked_at = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: dict[str, QTreeWidgetItem] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._specs: dict[str, FeatureSpec] = {}
        self._texts: dict[str, str] = {}
        self.setColumnCount(2)
        self.setHeaderLabels(["Feature", "Values"])
        self.setUniformRowHeights(True)
        self.setItemDelegate(TickBoxes(self))
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(VALUES, QHeaderView.ResizeMode.Fixed)
        self.itemChanged.connect(self._item_changed)
        self.currentItemChanged.connect(lambda item, _: self.looked_at.emit(self._spec_of(item)))

    def offer(self, features: Mapping[FeatureSpec, str]) -> None:
        """Show these features, each with the reason why it cannot be ticked, "" if it can."""
        with signals_blocked(self):
            self.clear()
            self._specs = {spec.id: spec for spec in features}
            self._texts = {spec.id: f"{spec.display} {spec.id} {spec.doc}".casefold() for spec in features}
            self._groups = {name: QTreeWidgetItem(self, [name]) for name in dict.fromkeys(s.group for s in features)}
            self._items = {s.id: _row(self._groups[s.group], s, reason) for s, reason in features.items()}
            for group in self._groups.values():
                group.setFlags(_FLAGS)
                group.setDisabled(all(group.child(i).isDisabled() for i in range(group.childCount())))
                _count(group)
            self.expandAll()
            self.resizeColumnToContents(VALUES)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Ids of the features that are ticked, in the order they were offered."""
        return tuple(feature for feature, item in self._items.items() if _is_ticked(item))

    def choose(self, features: Collection[str]) -> None:
        """Tick these features and no others."""
        features = set(features)
        self._tick({feature: feature in features for feature in self._items})

    def choose_shown(self, *, ticked: bool) -> None:
        """Tick all features that pass the filter, or take their ticks away."""
        self._tick({feature: ticked for feature, item in self._items.items() if not item.isHidden()})
        self.ticked.emit()

    def filter(self, text: str) -> int:
        """Show the features whose name, id or description has all words of a text, and return their number."""
        words = text.casefold().split()
        n_shown = 0
        for feature, item in self._items.items():
            shown = all(word in self._texts[feature] for word in words)
            n_shown += shown
            if item.isHidden() == shown:
                item.setHidden(not shown)
        for group in self._groups.values():
            group.setHidden(all(group.child(i).isHidden() for i in range(group.childCount())))
        return n_shown

    def go_to_first(self) -> None:
        """Make the first feature that passes the filter the current one."""
        first = next((item for item in self._items.values() if not item.isHidden()), None)
        if first is not None:
            self.setCurrentItem(first)

    def _tick(self, ticks: Mapping[str, bool]) -> None:
        # Telling the view of every row takes as long as painting it: it is painted once, at the end.
        with signals_blocked(self.model()):
            for feature, ticked in ticks.items():
                item = self._items[feature]
                if not item.isDisabled() and _is_ticked(item) != ticked:
                    item.setCheckState(NAME, _TICK[ticked])
            for name in {self._specs[feature].group for feature in ticks}:
                _count(self._groups[name])
        self.resizeColumnToContents(VALUES)
        self.viewport().update()

    def _item_changed(self, item: QTreeWidgetItem) -> None:
        rows = [item.child(i) for i in range(item.childCount())] or [item]
        shown = [row.data(NAME, Qt.ItemDataRole.UserRole) for row in rows if not row.isHidden()]
        self._tick(dict.fromkeys(shown, _is_ticked(item)))
        self.ticked.emit()

    def _spec_of(self, item: QTreeWidgetItem | None) -> FeatureSpec | None:
        return None if item is None else self._specs.get(item.data(NAME, Qt.ItemDataRole.UserRole))


_TICK = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable


def _row(group: QTreeWidgetItem, spec: FeatureSpec, reason: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(group, [spec.display, "" if reason else str(spec.n_values)])
    item.setFlags(_FLAGS)
    item.setCheckState(NAME, Qt.CheckState.Unchecked)
    item.setData(NAME, Qt.ItemDataRole.UserRole, spec.id)
    item.setTextAlignment(VALUES, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(NAME, reason or spec.doc)
    item.setDisabled(bool(reason))
    return item


def _is_ticked(item: QTreeWidgetItem) -> bool:
    return item.checkState(NAME) == Qt.CheckState.Checked


def _count(group: QTreeWidgetItem) -> None:
    """Tell how many features of a group are ticked."""
    children = [group.child(i) for i in range(group.childCount())]
    n_ticked = sum(map(_is_ticked, children))
    part = Qt.CheckState.PartiallyChecked
    group.setCheckState(NAME, _TICK[bool(n_ticked)] if n_ticked in (0, len(children)) else part)
    group.setText(VALUES, f"{n_ticked} of {len(children)}")
