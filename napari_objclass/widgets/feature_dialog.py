"""The dialog in which features are ticked one by one, with what they mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.widgets.parts.feature_facts import description, values_per_object
from napari_objclass.widgets.parts.feature_tree import FeatureTree
from napari_objclass.widgets.parts.live_dialog import LiveDialog
from napari_objclass.widgets.parts.neighborhood import Neighborhood
from napari_objclass.widgets.viewer.column_names import channels_of
from napari_objclass.workflow import feature_selection
from napari_objclass.workflow.feature_sets import feature_sets, offered

if TYPE_CHECKING:
    from napari_objclass.features import FeatureSpec
    from napari_objclass.widgets.parts.feature_tree import Found
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.feature_sets import FeatureSet
    from napari_objclass.workflow.session import Session

START = "Choose a feature to read what it means."


def show_feature_dialog(shared: ViewerSession, parent: QWidget) -> FeatureDialog:
    """Show the dialog, beside the window that ``parent`` is in."""
    return FeatureDialog.open_for(shared, parent)


class FeatureDialog(LiveDialog):
    """A tree of features to tick, and the neighborhood some of them look at; nothing is measured before Apply."""

    TITLE: ClassVar[str] = "Choose features"
    STEP: ClassVar[str] = feature_selection.ID

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(shared, parent)
        self.setWindowTitle(self.TITLE)
        self._extent: tuple[int, int] | None = None
        self._offered: dict[str, FeatureSpec] = {}
        self._reasons: dict[str, str] = {}
        self._known: FeatureSelection | None = None  # what was chosen when it was last taken from the session
        self._build()
        for signal in (shared.changed, shared.shown_changed, shared.replaced):
            self.connections.connect(signal, self._follow)
        self._follow()
        self.search.setFocus()

    def _build(self) -> None:
        self._build_top()
        self.tree = FeatureTree()
        self.tree.ticked.connect(self._count)
        self.tree.looked_at.connect(self._describe)
        self.description = QTextBrowser()  # which breaks long ids, too
        self.description.setText(START)
        self.neighborhood = Neighborhood()
        self.neighborhood.edited.connect(self._count)
        self.count = QLabel()
        buttons = self.make_buttons(QDialogButtonBox.StandardButton.Apply | QDialogButtonBox.StandardButton.Close)
        self.apply = buttons.button(QDialogButtonBox.StandardButton.Apply)
        self.apply.clicked.connect(self._apply)
        panes = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        panes.addWidget(self.tree)
        panes.addWidget(self.description)
        panes.setSizes([450, 350])
        layout = QVBoxLayout(self)
        layout.addLayout(_row(self.search, self.advanced, self.sets))
        layout.addWidget(self.more)
        layout.addWidget(panes, 1)
        layout.addWidget(self.neighborhood)
        layout.addLayout(_row(self.count, buttons))
        self.resize(820, 560)

    def _build_top(self) -> None:
        self.search = QLineEdit(placeholderText="Search names and descriptions", clearButtonEnabled=True)
        self.search.textChanged.connect(lambda text: self._tell(self.tree.filter(text)))
        self.search.installEventFilter(self)
        self.advanced = QCheckBox("Advanced", toolTip="Show features too that few need: variants, and sums of powers.")
        self.advanced.toggled.connect(lambda on: self._tell(self.tree.show_advanced(shown=on)))
        self.more = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.sets = QPushButton("Select set")
        self.sets.setAutoDefault(False)
        self.sets.setMenu(QMenu(self.sets))
        self.sets.menu().setToolTipsVisible(True)

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

    # ------------------------------------------------------------------------------------- what the session has

    def _follow(self, *_: object) -> None:
        """Take over what is chosen when that changed; otherwise what was not applied yet stays."""
        chosen = self.selection(self.shared.session)
        images = self.shared.shown.images if self.shared.shown else None
        extent = images.extent if images else None
        if (extent, chosen) == (self._extent, self._known):
            return
        before, self._known = self._known, chosen
        ticked = self.tree.chosen if before and before.features == chosen.features else tuple(chosen.features)
        if extent != self._extent:
            self._extent = extent
            self._offer()
        if before != chosen:
            self.neighborhood.show_margin(chosen.margin, self._n_dims)
        self._choose(ticked)

    @property
    def _n_dims(self) -> int:
        return self._extent[0] if self._extent else 2

    def _offer(self) -> None:
        """Show what can be measured in the image shown."""
        features = offered(*self._extent) if self._extent else {}
        self._offered = {spec.id: spec for spec in features}
        self._reasons = {spec.id: reason for spec, reason in features.items()}
        self.tree.offer(features)
        self.neighborhood.show_margin(self.shared.session.feature_selection.margin, self._n_dims)
        menu = self.sets.menu()
        menu.clear()
        for each in feature_sets(*self._extent) if self._extent else ():
            self._offer_set(each)
        menu.addSeparator()
        menu.addAction("Tick all that are shown", lambda: self.tree.choose_shown(ticked=True))
        menu.addAction("Untick all that are shown", lambda: self.tree.choose_shown(ticked=False))
        self.sets.setEnabled(self._extent is not None)
        self._describe(None)

    def _offer_set(self, each: FeatureSet) -> None:
        action = self.sets.menu().addAction(each.name, lambda: self._choose(each.features))
        holds = values_per_object([self._offered[feature] for feature in each.features])
        action.setToolTip(each.refusal or f"{each.doc} {holds}.")
        action.setEnabled(not each.refusal)

    # ------------------------------------------------------------------------------------------------ what is ticked

    def _choose(self, features: tuple[str, ...]) -> None:
        self.tree.choose(features)
        if any(self._offered[feature].hidden for feature in self.tree.chosen):
            self.advanced.setChecked(True)
        self._tell(self.tree.filter(self.search.text()))
        self._count()

    def _tell(self, found: Found) -> None:
        """Tell what the search found beside what is shown."""
        text, number = self.search.text().strip(), found.n_advanced
        note = ""
        if text and number:
            note = (
                f"{number} more among the advanced." if found.n_shown else f"Found only among the advanced: {number}."
            )
        elif text and not found.n_shown:
            note = f"No feature has “{text}” in its name or description."
        self.more.setText(note)
        self.more.setVisible(bool(note))

    def _count(self) -> None:
        chosen = [self._offered[feature] for feature in self.tree.chosen]
        uses_margin = any(spec.uses_margin for spec in chosen)
        features = "1 feature" if len(chosen) == 1 else f"{len(chosen):,} features"
        self.count.setText(f"{features}, {values_per_object(chosen)}" if chosen else "Tick at least one feature.")
        self.neighborhood.use(used=uses_margin)
        known = self._known
        is_new = known is not None and (
            set(self.tree.chosen) != set(known.features) or (uses_margin and self.neighborhood.margin != known.margin)
        )
        self.apply.setEnabled(bool(chosen) and is_new)

    def _describe(self, spec: FeatureSpec | None) -> None:
        channels = channels_of(self.shared.record)
        self.description.setText(START if spec is None else description(spec, self._reasons[spec.id], channels))

    def _apply(self) -> None:
        chosen, margin = self.tree.chosen, self.neighborhood.margin
        if not any(self._offered[feature].uses_margin for feature in chosen):
            margin = self.shared.session.feature_selection.margin

        self.shared.do(self.STEP, lambda session: self.select(session, chosen, margin))

    @staticmethod
    def selection(session: Session) -> FeatureSelection:
        """What is chosen in a session."""
        return session.feature_selection

    @staticmethod
    def select(session: Session, features: tuple[str, ...], margin: int | tuple[int, ...] | None) -> None:
        """Choose it in a session."""
        session.feature_selection = replace(session.feature_selection, features=features, margin=margin)


def _row(wide: QWidget, *others: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(wide, 1)
    for other in others:
        row.addWidget(other)
    return row
