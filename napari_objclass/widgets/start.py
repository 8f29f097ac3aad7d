"""The page of an empty session: a sample, images, projects, and work that was not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Image, Labels
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets import recent
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.file_dialogs import ask_for_project
from napari_objclass.widgets.parts.times import clock
from napari_objclass.widgets.samples import SAMPLES, add_sample
from napari_objclass.widgets.viewer.session import PROJECT
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.journal import Recovery

NEEDED = (
    "You need an image and its objects: a label image (for example from Cellpose or StarDist), a mask in which objects "
    "do not touch, or probabilities. Bright objects can be found in the image itself."
)


class StartPage(QWidget):
    """What there is to do without any image.

    Attributes
    ----------
    images_asked, layers_asked
        Emitted when the user wants to open images, or use the layers of the viewer.
    hint
        The next thing to do.
    """

    images_asked = Signal()
    layers_asked = Signal()
    hint = "Open images, or try it with the sample."

    def __init__(self, shared: ViewerSession) -> None:
        super().__init__()
        self._shared = shared
        self._recovery, self._recent = QVBoxLayout(), QVBoxLayout()
        self.sample = QPushButton("Try it with sample nuclei", clicked=lambda: add_sample(shared, SAMPLES[0]))
        self.other_samples = self._other_samples()
        self.layers, self.images = QPushButton("Use the layers of this viewer…"), QPushButton("Open images…")
        self.layers.clicked.connect(self.layers_asked)  # PySide6 takes no signal as an argument of the button
        self.images.clicked.connect(self.images_asked)
        self.project = QPushButton("Open project or .ilp…", clicked=lambda: ask_for_project(self, self._open))
        self.project.setToolTip("Go on with a project, or with one of ilastik, which is only read.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(self._recovery)
        samples = QHBoxLayout()
        samples.setSpacing(2)
        samples.addWidget(self.sample, 1)
        samples.addWidget(self.other_samples)
        layout.addWidget(self.layers)
        layout.addLayout(samples)
        layout.addWidget(self.images)
        layout.addWidget(self.project)
        layout.addLayout(self._recent)
        layout.addSpacing(6)
        layout.addWidget(QLabel(NEEDED, wordWrap=True))
        self.connections = Connections(self)
        self.connections.connect(shared.replaced, self._look)
        self.connections.connect(shared.viewer.layers.events.inserted, self._see_layers)
        self.connections.connect(shared.viewer.layers.events.removed, self._see_layers)
        self._see_layers()
        self._look()

    def _other_samples(self) -> QPushButton:
        button = QPushButton(toolTip="Other samples")
        button.setFixedWidth(28)
        menu = QMenu(button)
        for sample in SAMPLES:
            menu.addAction(sample.title).triggered.connect(lambda _, sample=sample: add_sample(self._shared, sample))
        button.setMenu(menu)
        return button

    def _see_layers(self, *_: object) -> None:
        self.layers.setVisible(any(isinstance(layer, Image | Labels) for layer in self._shared.viewer.layers))

    def _look(self) -> None:
        """List unsaved work and recent projects, as they are on disk now."""
        self._shared.fetch(PROJECT, lambda _: Session.recoverable(), self.connections.while_here(self._offer_recovery))
        self._shared.fetch(PROJECT, lambda _: recent.read(), self.connections.while_here(self._offer_recent))

    def _offer_recovery(self, works: list[Recovery]) -> None:
        _clear(self._recovery)
        for work in works[:3]:
            self._recovery.addWidget(RecoveryOffer(self._shared, work, self._look))

    def _offer_recent(self, projects: list[recent.Recent]) -> None:
        _clear(self._recent)
        if projects:
            self._recent.addWidget(QLabel("Recent projects"))
        for project in projects:
            button = QPushButton(project.path.stem, clicked=lambda _, path=project.path: self._open(path))
            button.setToolTip(str(project.path) if project.exists else f"{project.path} is not there any more.")
            button.setEnabled(project.exists)
            self._recent.addWidget(button)

    def _open(self, path: Path) -> None:
        recent.open_project(self._shared, path)


class RecoveryOffer(QWidget):
    """Work that was not saved, with the choice to go on with it or to drop it."""

    def __init__(self, shared: ViewerSession, work: Recovery, changed: Callable[[], object]) -> None:
        super().__init__(objectName="recovery")
        self._shared, self._work, self._changed = shared, work, changed
        self.restore = QPushButton("Restore", clicked=self._restore)
        self.discard = QPushButton("Discard", clicked=self._ask)
        buttons = QHBoxLayout()
        buttons.addWidget(self.restore)
        buttons.addWidget(self.discard)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 6)
        self.text = QLabel(found_sentence(work), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        layout.addWidget(self.text)
        layout.addLayout(buttons)

    def _restore(self) -> None:
        self._shared.open(lambda: Session.recover(self._work.id))

    def _ask(self) -> None:
        """Ask once more: what is dropped is gone for good."""
        self.discard.setText("Really discard?")
        self.discard.clicked.disconnect()
        self.discard.clicked.connect(self._discard)

    def _discard(self) -> None:
        self._shared.fetch(PROJECT, lambda _: Session.discard(self._work.id), lambda _: self._changed())


def found_sentence(work: Recovery) -> str:
    """Say what was found: "Found 37 labels from 14:03 that were not saved."."""
    number, noun = (work.n_labels, "label") if work.n_labels else (work.n_changes, "change")
    project = f" of {work.path.name}" if work.path else ""
    plural, verb = ("s", "were") if number != 1 else ("", "was")
    return f"Found {number} {noun}{plural}{project} from {clock(work.time)} that {verb} not saved."


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        widget = layout.takeAt(0).widget()
        widget.hide()
        widget.deleteLater()
