"""The step Features: which features are measured, by sets; it works without being touched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.features import feature_catalog
from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.feature_dialog import show_feature_dialog
from napari_objclass.widgets.missing_values import show_missing_values
from napari_objclass.widgets.parts.feature_facts import values_per_object
from napari_objclass.widgets.parts.feature_tree import places
from napari_objclass.widgets.parts.measuring import Measuring
from napari_objclass.widgets.parts.neighborhood import margin_text
from napari_objclass.workflow.feature_sets import CUSTOM, FeatureSet, feature_sets, set_of

if TYPE_CHECKING:
    from napari_objclass.features import FeatureSpec
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session


class FeatureSelectionStep(Step):
    """The step Features."""

    ID: ClassVar[str] = "feature_selection"
    TITLE: ClassVar[str] = "Features"
    APPLET: ClassVar[str] = "Object Feature Selection"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.measuring = Measuring(shared, self.connections)
        self._extent: tuple[int, int] | None = None
        self._catalog: list[FeatureSpec] = []
        self._preferred = ""  # the set that the user asked for, of several equal ones
        self._build()
        self._offer()
        for signal in (
            shared.changed,
            shared.shown_changed,
            shared.activity_changed,
            shared.problems_changed,
            shared.replaced,
        ):
            self.connections.connect(signal, self.refresh)
        self.refresh()

    @property
    def state(self) -> StepState:
        """Done when all objects are measured."""
        if self.shared.problem(self.ID):
            return StepState.PROBLEM
        return StepState.DONE if self.measuring.is_done else StepState.AHEAD

    @property
    def summary(self) -> str:
        """The number of values and the set, or what is being done."""
        if self._extent is None or self.shared.problem(self.ID):
            return ""
        if self.measuring.is_done:
            return f"{self._n_values}, {self._set_name.lower()}"
        return "stopped" if self.measuring.is_stopped else self.measuring.text

    @property
    def hint(self) -> str:
        """What to do next."""
        if self._extent and not set(self._chosen) <= {spec.id for spec in self._catalog}:
            return "Choose another set: some of the features cannot be measured in this image."
        if self.shared.problem(self.ID):
            return ""
        if self._extent is None:
            return "Add an image first: its objects are then measured without being asked."
        if self.measuring.is_done:
            return "" if self.shared.session.n_annotated_classes else "All objects are measured: go on to Classify."
        if self.measuring.is_stopped:
            return "Press Measure to go on, or choose fewer features."
        return "Go on and label objects: their features are there soon."

    def refresh(self, *_: object) -> None:
        """Show what is chosen, and how far the measuring is."""
        images = self.shared.shown.images if self.shared.shown else None
        if (images.extent if images else None) != self._extent:
            self._extent = images.extent if images else None
            self._offer()
        self.sets.setCurrentText(self._set_name if self._extent else "")
        self.groups.setText(self._groups_text())
        self._show_status()
        self._show_missing()
        self.told.emit()

    # --------------------------------------------------------------------------------------------- what is chosen

    @property
    def _chosen(self) -> tuple[str, ...]:
        return tuple(self.shared.session.feature_selection.features)

    @property
    def _specs(self) -> list[FeatureSpec]:
        """The chosen features that the image allows."""
        chosen = set(self._chosen)
        return [spec for spec in self._catalog if spec.id in chosen]

    @property
    def _n_values(self) -> str:
        number = sum(spec.n_values for spec in self._specs)
        return "1 value" if number == 1 else f"{number:,} values"

    @property
    def _sets(self) -> tuple[FeatureSet, ...]:
        return feature_sets(*self._extent) if self._extent else ()

    @property
    def _set_name(self) -> str:
        found = set_of(self._chosen, self._sets, self._preferred)
        return found.name if found else CUSTOM

    def _pick(self, index: int) -> None:
        if index == len(self._sets):
            show_feature_dialog(self.shared, self)
            self.refresh()
            return
        chosen = self._sets[index]
        self._preferred = chosen.name

        def change(session: Session) -> None:
            session.feature_selection = replace(session.feature_selection, features=chosen.features)

        self.shared.do(self.ID, change, self.refresh)

    # ------------------------------------------------------------------------------------------------- its widgets

    def _build(self) -> None:
        self.sets = QComboBox(toolTip="Which features are measured. Labels stay when this changes.")
        self.sets.activated.connect(self._pick)
        self.choose = QPushButton("Choose…", toolTip="All features and what they mean, to tick one by one.")
        self.choose.clicked.connect(lambda: show_feature_dialog(self.shared, self))
        self.status = QLabel(wordWrap=True)
        self.measure = QPushButton("Measure", toolTip="Measure the chosen features of all objects.")
        self.measure.clicked.connect(self._measure)
        self.groups = QLabel(wordWrap=True)
        self.missing = QLabel(wordWrap=True)
        self.show_missing = QPushButton(
            "Show", toolTip="Which values are missing, of which objects, and why; they are classified all the same."
        )
        self.show_missing.clicked.connect(lambda: show_missing_values(self.shared, self))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(_row(self.sets, self.choose))
        layout.addLayout(_row(self.status, self.measure))
        layout.addWidget(self.groups)
        layout.addLayout(_row(self.missing, self.show_missing))

    def _offer(self) -> None:
        """Offer what can be measured in the image shown."""
        self._catalog = feature_catalog(*self._extent) if self._extent else []
        self.sets.clear()
        specs = {spec.id: spec for spec in self._catalog}
        for each in self._sets:
            holds = values_per_object([specs[feature] for feature in each.features])
            _add(self.sets, each.name, each.refusal or f"{each.doc} {holds}.", enabled=not each.refusal)
        if self._sets:
            _add(self.sets, CUSTOM, "Tick features one by one.")
        self.sets.setEnabled(bool(self._sets))
        self.choose.setEnabled(bool(self._sets))

    def _groups_text(self) -> str:
        """How many features of each branch of the tree are chosen, one line each; and how far around they look."""
        specs = self._specs
        chosen = {spec.id for spec in specs}
        branch = {feature: place[0] for feature, place in places(self._catalog).items()}
        offered = Counter(branch[spec.id] for spec in self._catalog if spec.id in chosen or not spec.hidden)
        taken = Counter(branch[spec.id] for spec in specs)
        lines = [f"{name}: {taken[name]} of {number}" for name, number in offered.items()]
        if self._extent and any(spec.uses_margin for spec in specs):
            margin = self.shared.session.feature_selection.margin
            lines.append(f"Neighborhood: {margin_text(margin, self._extent[0])}")
        return "\n".join(lines)

    def _show_status(self) -> None:
        measuring, values = self.measuring, f"{self._n_values} per object"
        stopped = measuring.is_stopped and not self.shared.problem(self.ID)
        if self._extent is None:
            values = "No image yet"
        elif self.shared.problem(self.ID):
            values += " · not measured"
        elif stopped:
            values += " · stopped"
        elif not measuring.is_done:
            values += f" · {measuring.text}"
        elif measuring.seconds is not None:
            values += f" · {_duration(measuring.seconds)}"
        self.status.setText(values)
        self.status.setToolTip(self._about_time())
        self.measure.setVisible(stopped)

    def _about_time(self) -> str:
        text = "How long the last measuring took; what is known is not measured again."
        return f"{text} Now: {values_per_object(self._specs)}."

    def _show_missing(self) -> None:
        table = self.shared.shown.table if self.shared.shown else None
        number = table.n_incomplete if table is not None else 0
        self.missing.setText(
            "1 object has missing values" if number == 1 else f"{number:,} objects have missing values"
        )
        self.missing.setVisible(bool(number))
        self.show_missing.setVisible(bool(number))

    def _measure(self) -> None:
        self.measuring.go_on()
        self.refresh()


class FeatureSelectionDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = FeatureSelectionStep


def _row(wide: QWidget, narrow: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(wide, 1)
    row.addWidget(narrow)
    return row


def _add(combo: QComboBox, name: str, doc: str, *, enabled: bool = True) -> None:
    combo.addItem(name)
    combo.setItemData(combo.count() - 1, doc, Qt.ItemDataRole.ToolTipRole)
    combo.model().item(combo.count() - 1).setEnabled(enabled)


def _duration(seconds: float) -> str:
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"
