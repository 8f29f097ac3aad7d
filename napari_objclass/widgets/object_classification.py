"""The step Classify."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.labels_table import show_labels
from napari_objclass.widgets.missing_values import show_missing_values
from napari_objclass.widgets.parts.agreement import AgreementView
from napari_objclass.widgets.parts.class_list import ClassList
from napari_objclass.widgets.parts.counts import agreement
from napari_objclass.widgets.parts.hints import hint, n_to_confirm
from napari_objclass.widgets.parts.next_object import NextObject
from napari_objclass.widgets.parts.show_choice import ShowChoice
from napari_objclass.widgets.parts.tool_row import ToolRow
from napari_objclass.widgets.subset_dialog import show_subset_dialog

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_objclass.widgets.labels_table import LabelsTable
    from napari_objclass.widgets.viewer.session import ViewerSession


class ObjectClassificationStep(Step):
    """The step Classify: label objects, see what all others are taken for, look at the doubtful ones."""

    ID: ClassVar[str] = "object_classification"
    TITLE: ClassVar[str] = "Classify"
    APPLET: ClassVar[str] = "Object Classification"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self._was_offered = False  # the tool, to the user
        self.labels_table: LabelsTable | None = None
        self.tools, self.classes, self.show_choice = ToolRow(shared), ClassList(shared), ShowChoice(shared)
        self.next_object, self.agreement = NextObject(shared), AgreementView(shared)
        self.missing = QPushButton(visible=False, clicked=self._show_missing_values)
        self.missing.setToolTip("Which values are missing, of which objects, and why.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 4, 2, 4)
        layout.setSpacing(6)
        for part in (self.tools, self.classes, self.show_choice, self.next_object, self.agreement):
            layout.addWidget(part)
        layout.addLayout(self._make_buttons())
        layout.addWidget(self.missing)
        layout.addStretch(1)
        for signal in (shared.replaced, shared.changed, shared.tool_changed, shared.live_changed):
            self.connections.connect(signal, self._tell)
        self.connections.connect(shared.shown_changed, self._take_parts)

    def _make_buttons(self) -> QHBoxLayout:
        self.fewer = QPushButton("Use fewer features…", toolTip="See which features matter, and learn from those only.")
        self.labels = QPushButton("Labels", toolTip="List all labels: find, confirm, clear.")
        self.fewer.clicked.connect(self._show_subset_dialog)
        self.labels.clicked.connect(self._show_labels)
        row = QHBoxLayout()
        row.setSpacing(2)
        for button in (self.fewer, self.labels):
            row.addWidget(button)
        return row

    @property
    def state(self) -> StepState:
        """Done when there is a prediction."""
        if self.shared.problem(self.ID):
            return StepState.PROBLEM
        shown = self.shared.shown
        return StepState.DONE if shown is not None and shown.prediction is not None else StepState.AHEAD

    @property
    def summary(self) -> str:
        """Such as "12 labels · 94 %"."""
        shown = self.shared.shown
        if shown is None or shown.claims is None:
            return ""
        forest = shown.forest
        n = sum(forest.n_samples) if forest and not forest.imported else len(shown.claims.active)
        words = [f"{n} label{'' if n == 1 else 's'}"] if n else []
        waiting, judged = n_to_confirm(shown.claims), agreement(forest)
        if waiting:
            words.append(f"{waiting} to confirm")
        elif judged:
            words.append(judged.percent)
        return " · ".join(words)

    @property
    def hint(self) -> str:
        """The next thing to do."""
        return hint(self.shared, outdated=self.tools.outdated)

    def showEvent(self, event: QShowEvent) -> None:
        """Offer the tool when the step is opened."""
        super().showEvent(event)
        self._offer_tool()

    def _offer_tool(self) -> None:
        """Take the tool in hand once, so that the first click labels."""
        if not self._was_offered and self.isVisible() and self.shared.shown is not None:
            self._was_offered = True
            self.shared.set_tool(active=True)

    def _take_parts(self, new: set[str]) -> None:
        self._offer_tool()
        if new & {"lane", "table"}:
            self._count_missing()
        self._tell()

    def _tell(self, *_: object) -> None:
        self.told.emit()

    def _count_missing(self) -> None:
        table = self.shared.shown.table if self.shared.shown is not None else None
        n = 0 if table is None else table.n_incomplete
        self.missing.setText(f"{n} object{' has' if n == 1 else 's have'} missing values — show")
        self.missing.setVisible(n > 0)

    def _show_missing_values(self) -> None:
        show_missing_values(self.shared, self)

    def _show_subset_dialog(self) -> None:
        show_subset_dialog(self.shared, self)

    def _show_labels(self) -> None:
        if self.labels_table is None:
            self.labels_table = show_labels(self.shared, self)
            self.labels_table.closed.connect(self._forget_labels)
        place = self.labels_table if self.labels_table.isWindow() else self.labels_table.parentWidget()
        place.show()
        place.raise_()

    def _forget_labels(self) -> None:
        self.labels_table = None


class ObjectClassificationDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ObjectClassificationStep
