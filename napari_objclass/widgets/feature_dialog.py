"""The dialog in which features are ticked one by one, with what they mean."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.widgets.parts.feature_tree import FeatureTree
from napari_objclass.widgets.parts.live_dialog import LiveDialog
from napari_objclass.widgets.viewer.column_names import channels_of, part_name, parts
from napari_objclass.workflow import feature_selection
from napari_objclass.workflow.feature_sets import feature_sets, offered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.features import FeatureSpec
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

START = "Choose a feature to read what it means."


def show_feature_dialog(shared: ViewerSession, parent: QWidget) -> FeatureDialog:
    """Show the dialog, beside the window that ``parent`` is in."""
    return FeatureDialog.open_for(shared, parent)


class FeatureDialog(LiveDialog):
    """A tree of features to tick; nothing is measured before Apply."""

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(shared, parent)
        self.setWindowTitle("Choose features")
        self._extent: tuple[int, int] | None = None
        self._widths: dict[str, int] = {}
        self._known: tuple[str, ...] = ()  # what was chosen when the ticks were last taken from the session
        self._build()
        for signal in (shared.changed, shared.shown_changed, shared.replaced):
            self.connections.connect(signal, self._follow)
        self._follow()
        self.search.setFocus()

    def _build(self) -> None:
        self.search = QLineEdit(placeholderText="Search names and descriptions", clearButtonEnabled=True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.sets = QPushButton("Select set")
        self.sets.setAutoDefault(False)
        self.sets.setMenu(QMenu(self.sets))
        self.sets.menu().setToolTipsVisible(True)
        self.tree = FeatureTree()
        self.tree.ticked.connect(self._count)
        self.tree.looked_at.connect(self._describe)
        self.description = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop, margin=6)
        self.description.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        scrolled = QScrollArea(widgetResizable=True)
        scrolled.setWidget(self.description)
        self.count = QLabel()
        buttons = self.make_buttons(QDialogButtonBox.StandardButton.Apply | QDialogButtonBox.StandardButton.Close)
        self.apply = buttons.button(QDialogButtonBox.StandardButton.Apply)
        self.apply.clicked.connect(self._apply)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.sets)
        bottom.addWidget(self.count, 1)
        bottom.addWidget(buttons)
        panes = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        panes.addWidget(self.tree)
        panes.addWidget(scrolled)
        panes.setSizes([400, 280])
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(panes, 1)
        layout.addLayout(bottom)
        self.resize(700, 460)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go from the search field into the tree by Down or Enter."""
        if event.type() == QEvent.Type.KeyPress and event.key() in (
            Qt.Key.Key_Down,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            self.tree.go_to_first()
            self.tree.setFocus()
            return True
        return super().eventFilter(watched, event)

    def _follow(self, *_: object) -> None:
        """Take over what is chosen when that changed; otherwise ticks not applied yet stay."""
        chosen = tuple(self.shared.session.feature_selection.features)
        images = self.shared.shown.images if self.shared.shown else None
        extent = images.extent if images else None
        if (extent, chosen) == (self._extent, self._known):
            return
        ticked = self.tree.chosen if chosen == self._known else chosen
        if extent != self._extent or not set(chosen) <= set(self._widths):
            self._extent = extent
            self._offer(chosen)
        self._known = chosen
        self.tree.choose(ticked)
        self._count()

    def _offer(self, chosen: tuple[str, ...]) -> None:
        """Show what can be measured in the image shown."""
        features = offered(*self._extent, chosen) if self._extent else {}
        self._widths = {spec.id: spec.n_values for spec in features}
        self.tree.offer(features)
        self._filter(self.search.text())
        menu = self.sets.menu()
        menu.clear()
        for each in feature_sets(*self._extent) if self._extent else ():
            action = menu.addAction(each.name, lambda ids=each.features: self._choose(ids))
            action.setToolTip(each.refusal or each.doc)
            action.setEnabled(not each.refusal)
        menu.addSeparator()
        menu.addAction("Tick all that are shown", lambda: self.tree.choose_shown(ticked=True))
        menu.addAction("Untick all that are shown", lambda: self.tree.choose_shown(ticked=False))
        self.sets.setEnabled(self._extent is not None)
        self._describe(None)

    def _choose(self, features: tuple[str, ...]) -> None:
        self.tree.choose(features)
        self._count()

    def _filter(self, text: str) -> None:
        if not self.tree.filter(text) and text:
            self.description.setText(f"No feature has “{escape(text)}” in its name or description.")

    def _count(self) -> None:
        chosen = self.tree.chosen
        n_values = sum(self._widths[feature] for feature in chosen)
        features = "1 feature" if len(chosen) == 1 else f"{len(chosen):,} features"
        values = "1 value" if n_values == 1 else f"{n_values:,} values"
        self.count.setText(f"{features}, {values} per object" if chosen else "Tick at least one feature.")
        self.apply.setEnabled(bool(chosen) and set(chosen) != set(self._known))

    def _describe(self, spec: FeatureSpec | None) -> None:
        channels = channels_of(self.shared.record)
        self.description.setText(START if spec is None else _description(spec, channels))

    def _apply(self) -> None:
        chosen = self.tree.chosen

        def change(session: Session) -> None:
            session.feature_selection = replace(session.feature_selection, features=chosen)

        self.shared.do(feature_selection.ID, change)


def _description(spec: FeatureSpec, channels: Sequence[str]) -> str:
    """What is known about a feature, as rich text."""
    names = [part_name(part, channels) for part in parts(spec) if part]
    facts = {
        "Unit": spec.unit or "none",
        "Values": f"{spec.n_values}: {_list(names)}" if spec.n_values > 1 else "1",
        "Columns": _list(spec.columns),
        "Images": " and ".join(f"{n}D" for n in spec.dims),
        "In ilastik": spec.ilastik_id,
        "Id": spec.id,
    }
    rows = "".join(f"<tr><td>{name}&nbsp;</td><td>{escape(fact)}</td></tr>" for name, fact in facts.items() if fact)
    return f"<h3>{escape(spec.display)}</h3><p>{escape(spec.doc)}</p><table>{rows}</table>"


def _list(columns: Sequence[str]) -> str:
    """Names of columns; of many, the first and the last."""
    return ", ".join(columns) if len(columns) <= 4 else f"{columns[0]} … {columns[-1]}"
