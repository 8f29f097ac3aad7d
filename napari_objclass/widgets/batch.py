"""The page Batch of the step Results: images that are not in the project, classified one after another."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets._files_step import FilesStep
from napari_objclass.widgets.parts.batch_table import BatchTable
from napari_objclass.widgets.parts.breakable import breakable
from napari_objclass.widgets.parts.class_counts import class_counts
from napari_objclass.widgets.parts.file_lines import FileLines
from napari_objclass.widgets.parts.folder_links import folder_links

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
        self.batch = shared.batching
        self.table = BatchTable(self.batch)
        self.empty = QLabel(
            "Drop images here that are to be classified as those of the project, with their label images, masks or "
            "probabilities; or a folder of them.",
            wordWrap=True,
        )
        self.written, self.files = QLabel("Writes, as chosen in Export:"), FileLines()
        self.run, self.stop = QPushButton(), QPushButton("Stop")
        self.result = QLabel(wordWrap=True, openExternalLinks=True, textFormat=Qt.TextFormat.RichText)
        self._lay_out()
        self._explain()
        self._connect()
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when nothing is left."""
        if self.batch.failed:
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
        batch, session = self.batch, self.shared.session
        if super().hint:
            return super().hint
        if not session.can_classify:
            return "Label a few objects of two classes first, in Classify."
        if batch.running:
            return "Go on labelling if you like; this run keeps its classifier."
        if not batch.images:
            return "Add the images that are to be classified."
        if not self._can_write:
            return "Choose in Export what is written."
        if batch.outdated:
            return "The project has changed: run again to bring the results up to date."
        if batch.failed:
            return "Mend or remove what failed, and go on."
        if batch.left:
            return "Check where the results go, then run."
        return "All are classified: open the folder below, or add more images."

    def _lay_out(self) -> None:
        runs = QHBoxLayout()
        runs.setSpacing(4)
        for button in (self.run, self.stop):
            runs.addWidget(button)
        inner = QVBoxLayout(self.main)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        for widget in (self.empty, self.table):
            inner.addWidget(widget)
        inner.addLayout(self.file_buttons())
        for widget in (self.written, self.files):
            inner.addWidget(widget)
        inner.addLayout(runs)
        inner.addWidget(self.result)
        self.files.setContentsMargins(8, 0, 4, 0)

    def _explain(self) -> None:
        self.remove.setToolTip("Take the chosen images out of this list, or all if none is chosen.")
        self.written.setToolTip("Of the first image, or the one that is chosen; the others likewise.")
        self.run.setToolTip("Classify the images by the labels of now; results that are up to date are kept.")
        self.stop.setToolTip("Stop after what is complete; Go on does the rest.")

    def _connect(self) -> None:
        connect = self.connections.connect
        connect(self.batch.changed, self._refresh)
        for signal in (self.shared.changed, self.shared.replaced):
            connect(signal, self._refresh)
        connect(self.shared.activity_changed, self._follow)
        self.table.selectionModel().selectionChanged.connect(self._show_files)
        self.remove.clicked.connect(lambda: self.batch.remove(self.table.chosen or range(len(self.batch.images))))
        self.images_chosen.connect(self.batch.add)
        self.run.clicked.connect(self.batch.run)
        self.stop.clicked.connect(self.shared.stop)

    def _follow(self) -> None:
        if self.batch.running:
            self._refresh()

    def _refresh(self, *_: object) -> None:
        batch = self.batch
        n, n_left, running = len(batch.images), len(batch.left), batch.running
        self.empty.setVisible(not n)
        for widget in (self.table, self.remove):
            widget.setVisible(bool(n))
        for button in (self.add_files, self.add_folder, self.remove):
            button.setEnabled(not running)
        self.table.refresh()
        self._show_files()
        self.run.setText("Go on" if 0 < n_left < n and not batch.outdated else "Run")
        self.run.setVisible(bool(n) and not running)
        self.run.setEnabled(self.shared.session.can_classify and self._can_write)
        self.stop.setVisible(running)
        self._show_result()
        self.told.emit()

    @property
    def _can_write(self) -> bool:
        settings = self.shared.session.export_settings
        return bool(settings.images or settings.table)

    def _show_files(self, *_: object) -> None:
        """Show where the results of an image go, as far as that is known before it is read."""
        paths: list[str] = []
        if self.batch.images and self._can_write:
            image = self.batch.images[next(iter(self.table.chosen), 0)]
            try:
                planned = self.shared.session.export_settings.planned(image.title, image.folder)
            except ObjClassError as error:
                paths = [str(error)]
            else:
                paths = [str(path) for path in (*list(planned.images.values())[:1], planned.table) if path is not None]
        self.written.setVisible(bool(paths))
        self.files.show_paths(paths)

    def _show_result(self) -> None:
        batch = self.batch
        n, n_done = len(batch.images), len(batch.images) - len(batch.left)
        told = []
        if batch.failed:
            first = batch.failed[0]
            why = first.error if first.image.title in first.error else f"{first.image.title}: {first.error}"
            told.append(f"<b>{len(batch.failed)} failed</b>: {escape(breakable(why))}")
        if n_done:
            images = f"in {n_done} of {n} images" if n_done < n else "in 1 image" if n == 1 else f"in {n:,} images"
            told.append(class_counts(batch.counts, self.shared.session.classes, images))
        if batch.folders:
            told.append(f"Written to {folder_links(batch.folders, self.shared.viewer)}.")
        self.result.setText("<br>".join(told))
        self.result.setVisible(bool(told))


class BatchDock(StepDock):
    """The page as a widget of its own."""

    STEP: ClassVar[type[Step]] = BatchStep
