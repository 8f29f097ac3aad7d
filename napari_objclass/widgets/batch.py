"""The page Batch of the step Results: images that are not in the project, classified one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets._files_step import FilesStep
from napari_objclass.widgets.parts.batch_table import BatchTable
from napari_objclass.widgets.parts.class_counts import class_counts
from napari_objclass.widgets.parts.folder_links import folder_links
from napari_objclass.widgets.viewer.batching import Batching

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.session import ViewerSession


class BatchStep(FilesStep):
    """Many images by one classifier."""

    ID: ClassVar[str] = "batch"
    TITLE: ClassVar[str] = "Batch"
    APPLET: ClassVar[str] = "Batch Processing"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.batch = Batching(shared, self.ID)
        self.table = BatchTable(self.batch)
        self.empty = QLabel(
            "Drop images here that are to be classified as those of the project, with their label images, masks or "
            "probabilities; or a folder of them.",
            wordWrap=True,
        )
        self.output = QLabel(wordWrap=True)
        self.run, self.stop = QPushButton(), QPushButton("Stop")
        self.again = QPushButton("All again", toolTip="Classify the images that are done again, too")
        self.result = QLabel(wordWrap=True, openExternalLinks=True, textFormat=Qt.TextFormat.RichText)
        self._lay_out()
        self._explain()
        self._connect()
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when nothing is left."""
        if self.batch.n_failed:
            return StepState.PROBLEM
        return StepState.DONE if self.batch.images and not self.batch.left else StepState.AHEAD

    @property
    def summary(self) -> str:
        """How many images are done."""
        n = len(self.batch.images)
        return f"{n - len(self.batch.left)} of {n} done" if n else ""

    @property
    def hint(self) -> str:
        """The next thing to do."""
        if super().hint:
            return super().hint
        if not self.batch.images:
            return "Add the images that are to be classified."
        return "" if self.batch.running or not self.batch.left else "Check what is written in Export, then run."

    def _lay_out(self) -> None:
        runs = QHBoxLayout()
        runs.setSpacing(4)
        for button in (self.run, self.stop, self.again):
            runs.addWidget(button)
        inner = QVBoxLayout(self.main)
        inner.setContentsMargins(0, 0, 0, 0)
        for widget in (self.empty, self.table):
            inner.addWidget(widget)
        inner.addLayout(self.file_buttons())
        inner.addWidget(self.output)
        inner.addLayout(runs)
        inner.addWidget(self.result)

    def _explain(self) -> None:
        self.remove.setToolTip("Take the chosen images out of this list, or all if none is chosen.")
        self.output.setToolTip("As chosen in Export.")
        self.run.setToolTip("Classify the images that are not done, with the classifier of now.")
        self.stop.setToolTip("Stop after what is complete; Go on does the rest.")

    def _connect(self) -> None:
        connect = self.connections.connect
        connect(self.batch.changed, self._refresh)
        for signal in (self.shared.changed, self.shared.replaced, self.shared.activity_changed):
            connect(signal, self._refresh)
        self.remove.clicked.connect(lambda: self.batch.remove(self.table.chosen or range(len(self.batch.images))))
        self.run.clicked.connect(self.batch.run)
        self.stop.clicked.connect(self.shared.stop)
        self.again.clicked.connect(self.batch.begin_again)

    def _refresh(self, *_: object) -> None:
        batch = self.batch
        n, n_left, running = len(batch.images), len(batch.left), batch.running
        self.empty.setVisible(not n)
        for widget in (self.table, self.output, self.remove):
            widget.setVisible(bool(n))
        for button in (self.add_files, self.add_folder, self.remove):
            button.setEnabled(not running)
        self.table.refresh()
        self.output.setText(self._what_is_written())
        self.run.setText("Run" if n_left == n else "Go on")
        self.run.setVisible(bool(n) and not running)
        self.run.setEnabled(n_left > 0 and self._can_train())
        self.stop.setVisible(running)
        self.again.setVisible(0 < n != n_left and not running)
        self._show_result()
        self.told.emit()

    def _can_train(self) -> bool:
        session = self.shared.session
        return session.n_annotated_classes > 1 or session.forest is not None

    def _what_is_written(self) -> str:
        settings = self.shared.session.export_settings
        if not self._can_train():
            return "Label a few objects of two classes first."
        what = [source.lower() for source in settings.images] + ["table"] * (settings.table is not None)
        if not what:
            return "Nothing is written: choose something in Export."
        return f"Writes {', '.join(what)}: {settings.filename}"

    def _show_result(self) -> None:
        batch = self.batch
        n_done = len(batch.images) - len(batch.left)
        self.result.setVisible(bool(n_done or batch.n_failed))
        told = [
            f"{n_done} of {len(batch.images)} done" + (f", {batch.n_failed} failed" if batch.n_failed else "") + "."
        ]
        told += [class_counts(batch.counts, self.shared.session.classes)] if n_done else []
        told += [f"Written to {folder_links(batch.folders, self.shared.viewer)}."] if batch.folders else []
        self.result.setText("<br>".join(told))

    def take_images(self, images: list[dict[str, Any]]) -> None:
        """Put images into the list."""
        self.batch.add(images)


class BatchDock(StepDock):
    """The page as a widget of its own."""

    STEP: ClassVar[type[Step]] = BatchStep
