"""What steps and docks are made of: a page that tells its state, and a dock that shares the session of its viewer."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, ClassVar, TypeVar

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets._sharing import session_of
from napari_objclass.widgets.parts.problem_line import ProblemLine

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

T = TypeVar("T")

#: Of a dock; steps have 284 px of it.
WIDTH = 292


class StepState(Enum):
    """How far a step is; the value is the mark in its header."""

    AHEAD = "○"
    CURRENT = "●"
    DONE = "✓"
    PROBLEM = "!"


class Step(QWidget):
    """One step of the workflow, about 284 px wide and up to 400 px high.

    A step shows snapshots and asks for changes (``self.shared.do(self.ID, ...)``); it never computes.

    Attributes
    ----------
    ID
        Name of its module; problems are kept under it.
    TITLE
        In the header.
    APPLET
        Name of the widget of its own, as ilastik calls the applet; in the tooltip of the header.
    told
        Emitted when :attr:`state`, :attr:`summary` or :attr:`hint` may be another.
    """

    ID: ClassVar[str]
    TITLE: ClassVar[str]
    APPLET: ClassVar[str]
    told = Signal()

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shared = shared
        self.connections = Connections(self)

    @property
    def state(self) -> StepState:
        """How far the step is."""
        return StepState.AHEAD

    @property
    def summary(self) -> str:
        """One line of the header, 25 characters or so."""
        return ""

    @property
    def hint(self) -> str:
        """The next thing to do here, in one sentence; "" if there is nothing."""
        return ""

    def do(self, change: Callable[[Session], T], done: Callable[[T], object] | None = None) -> None:
        """Change the session in the name of this step; ``done`` gets the result unless the step is gone by then."""
        self.shared.do(self.ID, change, self.connections.while_here(done))


class Dock(QWidget):
    """A widget that napari makes: it shares the session of its viewer with all others there."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._was_docked = False
        self.shared = session_of(napari_viewer, self)

    def changeEvent(self, event: QEvent) -> None:
        """Be gone with the dock: napari takes a widget out of a dock that is closed, and leaves it behind."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._was_docked = True
            elif self._was_docked:
                self.deleteLater()


class StepDock(Dock):
    """A step as a widget of its own."""

    STEP: ClassVar[type[Step]]

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self.setMinimumWidth(WIDTH)
        self.step = self.STEP(self.shared)
        page = QWidget()
        page_layout = QVBoxLayout(page)
        page_layout.setContentsMargins(0, 0, 0, 0)
        page_layout.addWidget(self.step)
        page_layout.addStretch()
        scroll = QScrollArea(frameShape=QFrame.Shape.NoFrame, widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(ProblemLine(self.shared, self.step.ID))
        layout.addWidget(scroll)
