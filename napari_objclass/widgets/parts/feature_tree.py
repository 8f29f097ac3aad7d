"""A tree of features to tick: by plug-in and group, with a quick filter; made for several hundred of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.feature_facts import why_slow
from napari_objclass.widgets.parts.tick_boxes import TickBoxes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from qtpy.QtWidgets import QWidget

    from napari_objclass.features import FeatureSpec

NAME, VALUES, TIME = range(3)


class Found(NamedTuple):
    """How many features pass the filter: those shown, and those that are not, being advanced."""

    n_shown: int
    n_advanced: int


class FeatureTree(QTreeWidget):
    """Features by plug-in and group, all of which can be ticked.

    Advanced features are there only while they are asked for, or chosen already.

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
        self._branches: dict[tuple[str, ...], QTreeWidgetItem] = {}
        self._on_branch: dict[tuple[str, ...], set[str]] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._specs: dict[str, FeatureSpec] = {}
        self._texts: dict[str, str] = {}
        self._there: frozenset[str] = frozenset()  # all but advanced ones that nobody asked for
        self._words: list[str] = []
        self._with_advanced = False
        self.setColumnCount(3)
        self.setHeaderLabels(["Feature", "Values", "Time"])
        self.setUniformRowHeights(True)
        self.setItemDelegate(TickBoxes(self))
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (VALUES, TIME):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.itemChanged.connect(self._item_changed)
        self.currentItemChanged.connect(lambda item, _: self.looked_at.emit(self._spec_of(item)))

    def offer(self, features: Mapping[FeatureSpec, str]) -> None:
        """Show these features, each with the reason why it cannot be ticked, "" if it can."""
        with signals_blocked(self):
            self.clear()
            self._specs = {spec.id: spec for spec in features}
            self._texts = {spec.id: _searched(spec) for spec in features}
            self._branches, self._on_branch = {}, {}
            at = places(features)
            self._items = {s.id: _row(self._branch(at[s.id]), s, reason) for s, reason in features.items()}
            for feature, place in at.items():
                for depth in range(len(place)):
                    self._on_branch.setdefault(place[: depth + 1], set()).add(feature)
            for place, branch in self._branches.items():
                branch.setDisabled(all(self._items[feature].isDisabled() for feature in self._on_branch[place]))
            self._show_rows()
            self.expandAll()
            for column in (VALUES, TIME):
                self.resizeColumnToContents(column)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Ids of the features that are ticked, in the order they were offered."""
        return tuple(feature for feature, item in self._items.items() if _is_ticked(item))

    def choose(self, features: Collection[str]) -> None:
        """Tick these features and no others."""
        features = set(features)
        self._tick({feature: feature in features for feature in self._items})
        self._show_rows()

    def choose_shown(self, *, ticked: bool) -> None:
        """Tick all features that pass the filter, or take their ticks away."""
        self._tick({feature: ticked for feature, item in self._items.items() if not item.isHidden()})
        self.ticked.emit()

    def filter(self, text: str) -> Found:
        """Show the features whose name, id (ilastik's too) or description has all words of a text, and count them."""
        self._words = text.casefold().split()
        return self._show_rows()

    def show_advanced(self, *, shown: bool) -> Found:
        """Show advanced features too, or only those that are ticked; count what passes the filter."""
        self._with_advanced = shown
        return self._show_rows()

    def go_to_first(self) -> None:
        """Make the first feature that passes the filter the current one."""
        first = next((item for item in self._items.values() if not item.isHidden()), None)
        if first is not None:
            self.setCurrentItem(first)

    def _branch(self, place: tuple[str, ...]) -> QTreeWidgetItem:
        if place not in self._branches:
            parent = self._branch(place[:-1]) if len(place) > 1 else self
            branch = QTreeWidgetItem(parent, [place[-1]])
            branch.setFlags(_FLAGS)
            branch.setTextAlignment(VALUES, _RIGHT)
            self._branches[place] = branch
        return self._branches[place]

    def _show_rows(self) -> Found:
        self._there = frozenset(
            feature
            for feature, item in self._items.items()
            if self._with_advanced or not self._specs[feature].hidden or _is_ticked(item)
        )
        found = {feature for feature, text in self._texts.items() if all(word in text for word in self._words)}
        shown = found & self._there
        for feature, item in self._items.items():
            _hide(item, hidden=feature not in shown)
        for place, branch in self._branches.items():
            _hide(branch, hidden=self._on_branch[place].isdisjoint(shown))
        self._count()
        return Found(len(shown), len(found - shown))

    def _tick(self, ticks: Mapping[str, bool]) -> None:
        # Telling the view of every row takes as long as painting it: it is painted once, at the end.
        with signals_blocked(self.model()):
            for feature, ticked in ticks.items():
                item = self._items[feature]
                if not item.isDisabled() and _is_ticked(item) != ticked:
                    item.setCheckState(NAME, _TICK[ticked])
        self._count()
        self.resizeColumnToContents(VALUES)

    def _count(self) -> None:
        """Tell how many features of every branch are ticked, of those that are there."""
        ticked, part = set(self.chosen), Qt.CheckState.PartiallyChecked
        with signals_blocked(self.model()):
            for place, branch in self._branches.items():
                there = self._on_branch[place] & self._there
                n_ticked = len(there & ticked)
                branch.setCheckState(NAME, _TICK[bool(n_ticked)] if n_ticked in (0, len(there)) else part)
                branch.setText(VALUES, f"{n_ticked} of {len(there)}")
        self.viewport().update()

    def _item_changed(self, item: QTreeWidgetItem) -> None:
        rows = [row for row in _leaves(item) if not row.isHidden()]
        self._tick(dict.fromkeys((row.data(NAME, _ID) for row in rows), _is_ticked(item)))
        self.ticked.emit()

    def _spec_of(self, item: QTreeWidgetItem | None) -> FeatureSpec | None:
        return None if item is None else self._specs.get(item.data(NAME, _ID))


_ID = Qt.ItemDataRole.UserRole
_TICK = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def places(specs: Collection[FeatureSpec]) -> dict[str, tuple[str, ...]]:
    """Names of the branches that features are on: plug-in and group, without levels that have nothing to tell apart."""
    groups: dict[str, set[str]] = {}
    for spec in specs:
        groups.setdefault(spec.plugin, set()).add(spec.group)
    if len(groups) == 1:
        return {spec.id: (spec.group,) for spec in specs}
    return {spec.id: (spec.plugin, spec.group) if len(groups[spec.plugin]) > 1 else (spec.plugin,) for spec in specs}


def _searched(spec: FeatureSpec) -> str:
    ilastik_id = (spec.ilastik_id or "").partition("/")[2]
    return f"{spec.display} {spec.id} {spec.doc} {ilastik_id}".casefold()


def _row(branch: QTreeWidgetItem, spec: FeatureSpec, reason: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(branch, [spec.display, "" if reason else str(spec.n_values), "slow" if spec.slow else ""])
    item.setFlags(_FLAGS)
    item.setCheckState(NAME, Qt.CheckState.Unchecked)
    item.setData(NAME, _ID, spec.id)
    item.setTextAlignment(VALUES, _RIGHT)
    item.setToolTip(NAME, reason or spec.doc)
    item.setToolTip(TIME, why_slow(spec))
    item.setDisabled(bool(reason))
    return item


def _leaves(item: QTreeWidgetItem) -> Iterator[QTreeWidgetItem]:
    """The features on a branch; a feature itself."""
    if not item.childCount():
        yield item
    for i in range(item.childCount()):
        yield from _leaves(item.child(i))


def _is_ticked(item: QTreeWidgetItem) -> bool:
    return item.checkState(NAME) == Qt.CheckState.Checked


def _hide(item: QTreeWidgetItem, *, hidden: bool) -> None:
    if item.isHidden() != hidden:
        item.setHidden(hidden)
