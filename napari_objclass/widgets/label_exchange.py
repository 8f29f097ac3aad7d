"""The line of the labels table for labels of other people: import them, or compare with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_objclass.io.formats import PROJECT_SUFFIX
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.comparison import Comparison
from napari_objclass.widgets.parts.file_dialogs import OURS, ask_for_labels, ask_for_project
from napari_objclass.widgets.parts.which_image import ask_which_image
from napari_objclass.workflow.matching import UnmatchedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.agreement import Agreement
    from napari_objclass.workflow.annotation_merge import Imported
    from napari_objclass.workflow.session import Session

    T = TypeVar("T")


#: Problems of the line are kept under this name, as those of a step are.
PROBLEMS = "label exchange"


class LabelExchange(QWidget):
    """Two buttons, and what came of the last import in one sentence."""

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self.take = QPushButton("Import…", clicked=lambda: ask_for_labels(self, self.import_labels))
        self.take.setToolTip("Take labels over from another project, a table or an image of classes.")
        self.match = QPushButton(
            "Compare with…", clicked=lambda: ask_for_project(self, self.compare, title="Compare with", kinds=OURS)
        )
        self.match.setToolTip("See how far somebody else's labels of these images agree with yours.")
        self.outcome = QLabel(wordWrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.take, self.match):
            row.addWidget(button)
        row.addWidget(self.outcome, 1)
        self.connections = Connections(self)
        self.connections.connect(shared.replaced, self._clear)
        self.connections.connect(shared.problems_changed, self._mind_problem)

    # -------------------------------------------------------------------------------------------------- imports

    def import_labels(self, path: Path, source: str | None = None) -> None:
        """Take over the labels in a file: of a project those of all images, or of its image ``source``."""
        shown = self._shared.shown
        is_project = path.suffix == PROJECT_SUFFIX
        image = None if shown is None or (is_project and source is None) else shown.uuid

        def change(session: Session) -> Imported | UnmatchedError:
            return _unless_unmatched(lambda: session.import_annotations(image, path, source_lane=source))

        def done(came: Imported | UnmatchedError) -> None:
            if isinstance(came, UnmatchedError):
                self._ask(came, path, lambda name: self.import_labels(path, name))
            else:
                self.outcome.setText(f"{came}.")

        self.outcome.setText(f"Importing labels of {path.name}…")
        self._shared.do(PROBLEMS, change, self.connections.while_here(done))

    # ----------------------------------------------------------------------------------------------- comparison

    def compare(self, path: Path, source: str | None = None) -> None:
        """Compare with the labels of a project, and show a window when that is done."""
        shown = self._shared.shown
        image = None if shown is None or source is None else shown.uuid

        def look(session: Session) -> Agreement:
            return session.compare_annotations(path, image, other_lane=source)

        def done(found: Agreement | UnmatchedError) -> None:
            self._clear()
            if isinstance(found, UnmatchedError):
                self._ask(found, path, lambda name: self.compare(path, name))
            else:
                Comparison(self._shared, self, path.name, look, found).show()

        self.outcome.setText(f"Comparing with {path.name}…")
        self._shared.set_problem(PROBLEMS, None)
        self._shared.fetch(PROBLEMS, lambda s: _unless_unmatched(lambda: look(s)), self.connections.while_here(done))

    def _ask(self, unmatched: UnmatchedError, path: Path, chosen: Callable[[str], object]) -> None:
        """Ask which image of a project the one shown is; say what is wrong if there is none to choose."""
        self._clear()
        record = self._shared.record
        if record is None or not unmatched.names:
            self._shared.set_problem(PROBLEMS, unmatched)
        else:
            ask_which_image(self, record.name, path.name, unmatched.names, chosen)

    def _clear(self) -> None:
        self.outcome.setText("")

    def _mind_problem(self) -> None:
        if self._shared.problem(PROBLEMS):
            self._clear()


def _unless_unmatched(call: Callable[[], T]) -> T | UnmatchedError:
    """Return what ``call`` returns, or the question that it raises."""
    try:
        return call()
    except UnmatchedError as question:
        return question
