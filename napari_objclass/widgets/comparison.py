"""The window "Compare labels": how far the labels here agree with those of another project, and where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QVBoxLayout

from napari_objclass.widgets.parts.confusion import Confusion
from napari_objclass.widgets.parts.file_dialogs import ask_for_table
from napari_objclass.widgets.parts.live_dialog import LiveDialog
from napari_objclass.widgets.parts.problem_line import ProblemLine
from napari_objclass.widgets.parts.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.agreement import Agreement
    from napari_objclass.workflow.session import Session

    Compare = Callable[[Session], Agreement]

#: Problems of the window are kept under this name, and shown in it.
PROBLEMS = "comparison"


class Comparison(LiveDialog):
    """Agreement in one sentence, and the matrix to walk through.

    Parameters
    ----------
    shared
        Session of the viewer.
    parent
        A widget of the window that this one belongs to.
    name
        Of the other project.
    compare
        Compares; called off the GUI thread whenever the user wants to see it anew.
    agreement
        What it found first.
    """

    def __init__(
        self, shared: ViewerSession, parent: QWidget, name: str, compare: Compare, agreement: Agreement
    ) -> None:
        super().__init__(shared, parent)
        self.setWindowTitle(f"Compare labels with {name}")
        self._name, self._compare = name, compare
        self._walk: tuple[int, int, int] = (0, 0, 0)  # row and column of the matrix, and how many were seen
        self._visit = Visit(shared, self.connections)
        self.line, self.rest = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.confusion = Confusion(words=("here", "there"))
        self.confusion.walked.connect(self._go_on)
        buttons = self.make_buttons(QDialogButtonBox.StandardButton.Close)
        self.again = self._add_button(buttons, "Compare again", "Compare the labels as they are now.", self.refresh)
        self.save = self._add_button(buttons, "Save table…", "Write a line per object.", self._ask_for_table)
        layout = QVBoxLayout(self)
        for widget in (self.line, self.confusion, self.rest, ProblemLine(shared, PROBLEMS), buttons):
            layout.addWidget(widget)
        self.connections.connect(shared.replaced, self._leave)
        self._put(agreement)

    def _add_button(
        self, buttons: QDialogButtonBox, text: str, tooltip: str, clicked: Callable[[], object]
    ) -> QPushButton:
        button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setToolTip(tooltip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _: clicked())
        return button

    def refresh(self) -> None:
        """Compare anew; what was found before stays until then."""
        self.shared.set_problem(PROBLEMS, None)
        self.shared.fetch(PROBLEMS, self._compare, self.connections.while_here(self._put))

    def _leave(self) -> None:
        self.close()

    def _put(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self.line.setText(f"{str(agreement)[0].upper()}{str(agreement)[1:]}.")
        self.confusion.put(agreement.classes, agreement.confusion)
        self.confusion.setVisible(agreement.n_both > 0)
        here, there = agreement.n_only
        self.rest.setText(
            f"Labelled here only: {here}; only in {self._name}: {there}; "
            f"to be confirmed first: {agreement.n_undecided}; without an object here: {sum(agreement.n_parked)}."
        )

    def _go_on(self, row: int, column: int) -> None:
        """Go to the next object of a cell of the matrix."""
        a, b = self.agreement.classes[row - 1].name, self.agreement.classes[column - 1].name
        found = [each for each in self.agreement.objects if (each.a, each.b) == (a, b)]
        seen = self._walk[2] if self._walk[:2] == (row, column) else 0
        self._walk = (row, column, seen + 1)
        judged = found[seen % len(found)]
        self._visit.go(judged.uuid, judged.t, judged.object_id)

    def _ask_for_table(self) -> None:
        ask_for_table(self, self._save)

    def _save(self, path: Path) -> None:
        agreement = self.agreement
        self.shared.set_problem(PROBLEMS, None)
        self.shared.fetch(PROBLEMS, lambda _: agreement.write(path), lambda _: None)
