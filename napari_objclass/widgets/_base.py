"""What steps and docks are made of: a page that tells its state, and a dock that shares the session of its viewer."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_objclass.widgets._sharing import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from psygnal import SignalInstance

    from napari_objclass.widgets.viewer.session import ViewerSession


class StepState(Enum):
    """How far a step is; the value is the mark in its header."""

    TODO = "○"
    CURRENT = "●"
    DONE = "✓"
    PROBLEM = "!"


class Connections:
    """Signals of longer life than a widget, connected until the widget is gone."""

    def __init__(self, owner: QWidget) -> None:
        self._made: list[tuple[SignalInstance, Callable[..., Any]]] = []
        owner.destroyed.connect(self.release)

    def connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        """Connect until :meth:`release`."""
        signal.connect(slot)
        self._made.append((signal, slot))

    def release(self, *_: object) -> None:
        """Disconnect all."""
        for signal, slot in self._made:
            signal.disconnect(slot, missing_ok=True)
        self._made.clear()


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
        return StepState.TODO

    @property
    def summary(self) -> str:
        """One line of the header, 25 characters or so."""
        return ""

    @property
    def hint(self) -> str:
        """The next thing to do here, in one sentence; "" if there is nothing."""
        return ""


class Dock(QWidget):
    """A widget that napari makes: it shares the session of its viewer with all others there."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.shared = session_of(napari_viewer, self)


class StepDock(Dock):
    """A step as a widget of its own."""

    STEP: ClassVar[type[Step]]

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self.step = self.STEP(self.shared)
        self.problem = QLabel(wordWrap=True, objectName="problem")
        layout = QVBoxLayout(self)
        layout.addWidget(self.problem)
        layout.addWidget(self.step)
        layout.addStretch()
        self.connections = Connections(self)
        self.connections.connect(self.shared.problems_changed, self._show_problem)
        self._show_problem()

    def _show_problem(self) -> None:
        problem = self.shared.problem(self.step.ID)
        self.problem.setText(problem or "")
        self.problem.setVisible(bool(problem))
