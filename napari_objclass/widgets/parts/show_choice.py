"""What is painted on the objects: the choice *Show*, its legend, and deleted layers shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt import QSearchableComboBox

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.choices import Choice, choices, extremes
from napari_objclass.widgets.parts.legend import Legend
from napari_objclass.widgets.viewer.column_names import channels_of
from napari_objclass.widgets.viewer.display import Kind

if TYPE_CHECKING:
    from napari_objclass.features import FeatureTable
    from napari_objclass.widgets.viewer.display import Show
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown

#: One minus the difference of the two largest probabilities.
FORMULA = "Uncertainty = 1 - (probability of the likeliest class - probability of the second)"

#: Colour maps of what has a legend, and the part of it that uncertainty takes.
COLORS = {Kind.UNCERTAINTY: "inferno", Kind.PROBABILITY: "magma", Kind.FEATURE: "viridis"}
UNCERTAINTY_RANGE = (0.2, 0.95)


class ShowChoice(QWidget):
    """Chooses what is painted."""

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._choices: list[Choice] = []
        self._listed: Choice | None = None  # the one whose values can be chosen
        self._ends_of: tuple[FeatureTable | None, str] = (None, "")
        self._known_ends: tuple[str, str] | None = None
        self.combo = _combo("What is painted on the objects. Type to search the features.")
        self.combo.activated.connect(self._take)
        self.combo.lineEdit().editingFinished.connect(self._show_current)
        self.value = _combo("Which value of the feature is painted. Type to search them.")
        self.value.activated.connect(self._take_value)
        self.value.lineEdit().editingFinished.connect(self._show_current)
        self.only_labelled = QCheckBox("only labelled", toolTip="Paint only the objects that are labelled.")
        self.only_labelled.clicked.connect(lambda on: shared.display.set_show(only_labelled=on))
        self.legend = Legend()
        self.again = QPushButton(toolTip="Add the layers again that were deleted.", clicked=self._restore)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(QLabel("Show"))
        row.addWidget(self.combo, 1)
        below = QHBoxLayout()
        below.addWidget(self.only_labelled)
        below.addStretch()
        below.addWidget(self.legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.value)
        layout.addLayout(below)
        layout.addWidget(self.again)
        # Deleted layers are looked for soon after layers came or went, when the display has noticed it too.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show_lost)
        self.connections = Connections(self)
        for signal in (shared.replaced, shared.changed, shared.shown_changed, shared.show_changed):
            self.connections.connect(signal, self.refresh)
        for event in (shared.viewer.layers.events.inserted, shared.viewer.layers.events.removed):
            self.connections.connect(event, self._look_soon)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show what can be painted, and what is."""
        shown, session = self._shared.shown, self._shared.session
        found = choices(session.classes, shown.table if shown else None, channels_of(self._shared.record))
        if found != self._choices:
            self._choices = found
            self._fill()
        self._show_current()
        self._show_legend()
        self._show_lost()

    def _fill(self) -> None:
        self.combo.clear()
        self.combo.addItems([choice.name for choice in self._choices])
        for number in range(len(self._choices)):
            self.combo.setItemData(number, number)
        n_features = sum(choice.kind is Kind.FEATURE for choice in self._choices)
        if n_features:
            self.combo.insertSeparator(len(self._choices) - n_features)

    def _show_current(self) -> None:
        show = self._shared.display.show
        number = next((n for n, choice in enumerate(self._choices) if choice.is_painted(show)), -1)
        self.combo.setCurrentIndex(self.combo.findData(number))
        self.combo.setEditText(self.combo.currentText() if number >= 0 else show.column)
        self.combo.lineEdit().setCursorPosition(0)
        self._show_value(self._choices[number] if number >= 0 else None, show.column)
        self.only_labelled.setChecked(show.only_labelled)

    def _show_value(self, choice: Choice | None, column: str) -> None:
        """Offer the values of a feature that has many."""
        if choice != self._listed:
            self._listed = choice
            self.value.clear()
            self.value.addItems([name for name, _ in choice.values] if choice else [])
        self.value.setVisible(bool(choice and choice.values))
        self.value.setCurrentIndex((choice and choice.place_of(column)) or 0)
        self.value.setEditText(self.value.currentText())
        self.value.lineEdit().setCursorPosition(0)

    def _show_legend(self) -> None:
        show, shown = self._shared.display.show, self._shared.shown
        ends: tuple[str, str] | None = None
        if show.kind is Kind.UNCERTAINTY:
            ends = ("sure", "unsure")
        elif show.kind is Kind.PROBABILITY:
            ends = ("0", "1")
        elif show.kind is Kind.FEATURE and shown is not None:
            ends = self._ends(show, shown)
        self.legend.setVisible(ends is not None)
        self.legend.setToolTip(FORMULA if show.kind is Kind.UNCERTAINTY else "")
        if ends is not None:
            self.legend.put(*ends, _colors(show.kind))

    def _ends(self, show: Show, shown: Shown) -> tuple[str, str] | None:
        """Texts of the smallest and the largest value, looked for only once: objects may be many."""
        if self._ends_of[0] is not shown.table or self._ends_of[1] != show.column:
            self._ends_of = (shown.table, show.column)
            found = extremes(show, shown)
            self._known_ends = found and (f"{found[0]:.4g}", f"{found[1]:.4g}")
        return self._known_ends

    def _show_lost(self) -> None:
        lost = self._shared.display.lost
        self.again.setVisible(bool(lost))
        self.again.setText(f"Show again: {', '.join(lost)}")

    def _take(self, index: int) -> None:
        number = self.combo.itemData(index)
        if number is not None:
            choice = self._choices[number]
            self._shared.display.set_show(kind=choice.kind, cls=choice.cls, column=choice.column)
        self.combo.clearFocus()  # keys are the viewer's again

    def _take_value(self, index: int) -> None:
        if self._listed is not None:
            self._shared.display.set_show(kind=Kind.FEATURE, column=self._listed.values[index][1])
        self.value.clearFocus()

    def _restore(self) -> None:
        self._shared.display.restore()
        self._show_lost()

    def _look_soon(self, _: Any) -> None:
        self._soon.start()


def _combo(tip: str) -> QSearchableComboBox:
    combo = QSearchableComboBox()
    combo.setToolTip(tip)
    combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    combo.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
    return combo


def _colors(kind: Kind) -> Any:
    """Colours from low to high, (n, 4), as they are painted."""
    low, high = UNCERTAINTY_RANGE if kind is Kind.UNCERTAINTY else (0, 1)
    return ensure_colormap(COLORS[kind]).map(np.linspace(low, high, 64))
