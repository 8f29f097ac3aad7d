"""The step Results: pages on which results leave the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtWidgets import QTabBar, QVBoxLayout, QWidget

from napari_objclass.widgets._base import Step, StepState
from napari_objclass.widgets.batch import BatchStep
from napari_objclass.widgets.export import ExportStep
from napari_objclass.widgets.parts.problem_line import ProblemLine

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession

#: In the order of their tabs.
PAGES: tuple[type[Step], ...] = (ExportStep, BatchStep)


class ResultsStep(Step):
    """Pages behind tabs, which are steps of their own.

    Attributes
    ----------
    pages
        By name.
    """

    ID: ClassVar[str] = "results"
    TITLE: ClassVar[str] = "Results"
    APPLET: ClassVar[str] = ", ".join(page.APPLET for page in PAGES)

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.pages = {page.ID: page(shared) for page in PAGES}
        self.tabs = QTabBar(drawBase=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addWidget(ProblemLine(shared, *self.pages))
        for page in self.pages.values():
            self.tabs.setTabToolTip(self.tabs.addTab(page.TITLE), page.APPLET)
            layout.addWidget(page)
            page.told.connect(self.told)
        self.tabs.currentChanged.connect(self._open)
        self.connections.connect(shared.problems_changed, self._tell)
        self._open()

    @property
    def page(self) -> Step:
        """The page that is open."""
        return list(self.pages.values())[self.tabs.currentIndex()]

    @property
    def state(self) -> StepState:
        """That of a page with a problem, or of one that is done."""
        if any(self.shared.problem(page) for page in self.pages):
            return StepState.PROBLEM
        done = any(page.state is StepState.DONE for page in self.pages.values())
        return StepState.DONE if done else StepState.AHEAD

    @property
    def summary(self) -> str:
        """That of the pages."""
        return " · ".join(filter(None, (page.summary for page in self.pages.values())))

    @property
    def hint(self) -> str:
        """The next thing to do on the page that is open."""
        return self.page.hint

    def _open(self, *_: object) -> None:
        for page in self.pages.values():
            page.setVisible(page is self.page)
        self._tell()

    def _tell(self) -> None:
        self.told.emit()
