"""The step Results: pages on which results leave the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QTabBar, QVBoxLayout, QWidget

from napari_objclass.widgets._base import Step, StepState
from napari_objclass.widgets.batch import BatchStep
from napari_objclass.widgets.blockwise import BlockwiseStep
from napari_objclass.widgets.export import ExportStep
from napari_objclass.widgets.parts.problem_line import ProblemLine

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession

#: In the order of their tabs.
PAGES: tuple[type[Step], ...] = (ExportStep, BatchStep, BlockwiseStep)


class ResultsStep(Step):
    """Pages behind tabs, which are steps of their own; they are made when the window is there, or somebody asks."""

    ID: ClassVar[str] = "results"
    TITLE: ClassVar[str] = "Results"
    APPLET: ClassVar[str] = ", ".join(page.APPLET for page in PAGES)

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.tabs = QTabBar(drawBase=False)
        for page in PAGES:
            self.tabs.setTabToolTip(self.tabs.addTab(page.TITLE), page.APPLET)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addWidget(ProblemLine(shared, *(page.ID for page in PAGES)))
        self._made: dict[str, Step] = {}
        self.tabs.currentChanged.connect(self._open)
        self.connections.connect(shared.problems_changed, self._tell)
        later = QTimer(self, singleShot=True)
        later.timeout.connect(self._open)
        later.start(0)

    @property
    def pages(self) -> dict[str, Step]:
        """The pages by name."""
        if not self._made:
            self._made = {page.ID: page(self.shared) for page in PAGES}
            for page in self._made.values():
                self.layout().addWidget(page)
                page.told.connect(self.told)
            self._open()
        return self._made

    @property
    def page(self) -> Step:
        """The page that is open."""
        return list(self.pages.values())[self.tabs.currentIndex()]

    @property
    def state(self) -> StepState:
        """That of a page with a problem, or of one that is done."""
        if any(self.shared.problem(page.ID) for page in PAGES):
            return StepState.PROBLEM
        done = any(page.state is StepState.DONE for page in self._made.values())
        return StepState.DONE if done else StepState.AHEAD

    @property
    def summary(self) -> str:
        """That of the pages."""
        return " · ".join(filter(None, (page.summary for page in self._made.values())))

    @property
    def hint(self) -> str:
        """The next thing to do on the page that is open."""
        return self.page.hint if self._made else ""

    def _open(self, *_: object) -> None:
        for page in self.pages.values():
            page.setVisible(page is self.page)
        self._tell()

    def _tell(self) -> None:
        self.told.emit()
