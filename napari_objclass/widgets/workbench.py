"""The workbench: all steps in one dock, the next thing to do above them, and the project below."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_objclass.widgets import recent
from napari_objclass.widgets._base import WIDTH, Dock
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.feature_selection import FeatureSelectionStep
from napari_objclass.widgets.input_data import InputDataStep
from napari_objclass.widgets.object_classification import ObjectClassificationStep
from napari_objclass.widgets.objects import ObjectsStep
from napari_objclass.widgets.parts.accordion import Accordion
from napari_objclass.widgets.parts.dropping import dropped_project
from napari_objclass.widgets.parts.footer import Footer
from napari_objclass.widgets.results import ResultsStep
from napari_objclass.widgets.start import StartPage

if TYPE_CHECKING:
    import napari
    from qtpy.QtGui import QDragEnterEvent, QDropEvent

    from napari_objclass.widgets._base import Step

STEPS: tuple[type[Step], ...] = (
    InputDataStep,
    ObjectsStep,
    FeatureSelectionStep,
    ObjectClassificationStep,
    ResultsStep,
)


class Workbench(Dock):
    """All steps in one dock, one of them open.

    Attributes
    ----------
    hint
        The next thing to do.
    start
        What there is to do without any image.
    steps
        All steps, in order.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self.setWindowTitle("Object Classification")
        self.setMinimumWidth(WIDTH)
        self.setAcceptDrops(True)
        # napari lets half of the dock be empty below a widget that does not ask for all of its height.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.steps = [step(self.shared) for step in STEPS]
        self.start = StartPage(self.shared)
        self.start.images_asked.connect(self._add_images)
        self.start.layers_asked.connect(lambda: self.accordion.open(self.step(InputDataStep.ID)))
        self.hint = QLabel(wordWrap=True, objectName="hint")
        self.hint.setStyleSheet("font-weight: bold;")
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hint.setMinimumHeight(2 * self.hint.fontMetrics().lineSpacing() + 4)
        self.accordion: Accordion = Accordion(self.shared, self.start, self.steps)
        self.footer = Footer(self.shared)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(4)
        layout.addWidget(self.hint)
        layout.addWidget(self.accordion, 1)
        layout.addWidget(self.footer)
        self._chosen = False  # whether the user opened the step that is open
        self._had_images = False
        self.accordion.chosen.connect(self._choose)
        self.accordion.opened.connect(self._tell)
        for step in self.steps:
            step.told.connect(self._tell)
        self.connections = Connections(self)
        self.connections.connect(self.shared.changed, self._follow)
        self.connections.connect(self.shared.replaced, self._begin)
        self.connections.connect(self.shared.problems_changed, self._tell)
        self._begin()

    def step(self, step_id: str) -> Step:
        """The step of a name."""
        return next(each for each in self.steps if step_id == each.ID)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a project."""
        if dropped_project(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the project that was dropped."""
        project = dropped_project(event.mimeData())
        if project is not None:
            recent.open_project(self.shared, project)
            event.acceptProposedAction()

    def _begin(self) -> None:
        """Open the page that a session begins with."""
        self._chosen, self._had_images = False, bool(self.shared.session.lanes)
        self.accordion.open(self._page())

    def _follow(self, *_: object) -> None:
        """Open another page when the first image comes or the last one goes, unless the user opened this one."""
        has_images = bool(self.shared.session.lanes)
        if has_images != self._had_images and not self._chosen:
            self.accordion.open(self._page())
        self._had_images = has_images
        self._tell()

    def _page(self) -> QWidget:
        """The first page that needs the user: objects, if they are to be found; features start by themselves."""
        session = self.shared.session
        if not session.lanes:
            return self.start
        finds = any(lane.is_thresholded for lane in session.lanes) and not session.n_annotated_classes
        return self.step(ObjectsStep.ID if finds else ObjectClassificationStep.ID)

    def _choose(self) -> None:
        self._chosen = True

    def _add_images(self) -> None:
        step = self.step(InputDataStep.ID)
        self.accordion.open(step)
        cast("InputDataStep", step).ask_for_files()

    def _tell(self) -> None:
        """Say the next thing to do: in the step that is open or, if it knows nothing, in the first that does."""
        page = self.accordion.page
        steps = [page, *self.steps] if page in self.steps else []
        hint = self.start.hint if page is self.start else next(filter(None, (step.hint for step in steps)), "")
        self.hint.setText(hint and f"➜ {hint}")
