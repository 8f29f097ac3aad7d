"""The page Large images of the step Results: an image larger than memory, classified block by block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from napari.utils.notifications import show_info
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.parts.block_check import BlockCheck
from napari_objclass.widgets.parts.block_fields import BlockFields
from napari_objclass.widgets.parts.class_counts import class_counts
from napari_objclass.widgets.parts.export_contents import FORMATS
from napari_objclass.widgets.parts.file_lines import FileLines
from napari_objclass.widgets.parts.folder_links import folder_links
from napari_objclass.widgets.parts.in_sight import bring_into_sight
from napari_objclass.widgets.parts.overwriting import Overwriting
from napari_objclass.widgets.parts.section import Section
from napari_objclass.widgets.parts.theme import problem_color
from napari_objclass.widgets.parts.visit import Visit

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.blockwise.check import Difference
    from napari_objclass.workflow.blockwise_settings import Blockwise
    from napari_objclass.workflow.session import Session


class BlockwiseStep(Step):
    """The image shown, however large it is."""

    ID: ClassVar[str] = "blockwise"
    TITLE: ClassVar[str] = "Large images"
    APPLET: ClassVar[str] = "Blockwise Object Classification"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.large = shared.large_images
        self._asked: Blockwise | None = None  # settings that are on their way into the session
        self._refused = ""  # why what is written in a field cannot be so
        self.fields, self.check = BlockFields(), BlockCheck()
        self.plan = QLabel(wordWrap=True, objectName="plan")
        self.refusal = QLabel(wordWrap=True, visible=False, objectName="refusal")
        self.written, self.files = QLabel("Writes, as chosen in Export:"), FileLines()
        self.instead = QLabel(wordWrap=True, visible=False)
        self.run, self.stop, self.copy = (
            QPushButton("Run here"),
            QPushButton("Stop"),
            QPushButton("Copy cluster command"),
        )
        self.buttons = QWidget()
        self.question = Overwriting(instead_of=self.buttons)
        self.result = QLabel(wordWrap=True, openExternalLinks=True, textFormat=Qt.TextFormat.RichText, visible=False)
        self.section = Section("Check against whole image", self.check)
        self._visit = Visit(shared, self.connections)
        self._lay_out()
        self._explain()
        self._connect()
        self._paint()
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when the image shown was classified."""
        return StepState.DONE if self.large.outcome is not None and self.large.outcome.files else StepState.AHEAD

    @property
    def summary(self) -> str:
        """Whether the image shown was classified block by block."""
        return "block by block: done" if self.state is StepState.DONE else ""

    @property
    def hint(self) -> str:
        """The next thing to do."""
        shared = self.shared
        if shared.shown is None:
            return "Add the image that is to be classified, in Images."
        if not shared.session.can_classify:
            return "Label a few objects of two classes first, in Classify."
        if self.large.running:
            return "Go on labelling if you like; this run keeps its classifier."
        if not self._can_write:
            return "Choose in Export what is written."
        if self._refused or self.large.problem:
            return "Mend what the red line says, then run."
        if self.large.stopped:
            return "Stopped: Run here goes on from there."
        if self.state is StepState.DONE:
            return "The image is classified: open the folder below."
        return "Check where the results go, then run."

    def _lay_out(self) -> None:
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in (self.run, self.stop, self.copy):
            row.addWidget(button)
        self.files.setContentsMargins(8, 0, 4, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(4)
        for widget in (self.fields, self.refusal, self.plan, self.written, self.files, self.instead):
            layout.addWidget(widget)
        for widget in (self.buttons, self.question, self.result, self.section):
            layout.addWidget(widget)

    def _explain(self) -> None:
        self.plan.setToolTip("How the image shown is classified; nothing is computed before you run it.")
        self.written.setToolTip("Images are written block by block, and the table at the end.")
        self.run.setToolTip(
            "Classify the image shown block by block, with the very result of the whole image. What an interrupted run "
            "has done is not done again."
        )
        self.stop.setToolTip("Stop after the blocks at hand; Run here goes on from there.")
        self.copy.setToolTip("Copy the command line that classifies this image elsewhere, such as a job of a cluster.")

    def _connect(self) -> None:
        connect, shared = self.connections.connect, self.shared
        connect(self.large.changed, self._refresh)
        connect(shared.replaced, self._begin)
        connect(shared.changed, self._follow)
        connect(shared.shown_changed, self._refresh)
        connect(shared.viewer.events.theme, self._paint)
        for part in (self.fields, self.check):
            part.edited.connect(self._edit)
        self.run.clicked.connect(lambda: self._run())
        self.stop.clicked.connect(shared.stop)
        self.copy.clicked.connect(lambda: self.large.command(self.connections.while_here(_copy)))
        self.check.start.clicked.connect(lambda: self.large.check(as_ilastik=self.check.as_ilastik))
        self.check.show_blocks.clicked.connect(lambda wanted: self.large.show_comparison(wanted=wanted))
        self.check.table.visited.connect(self._go)
        self.section.toggled.connect(lambda is_open: bring_into_sight(self.section) if is_open else None)

    def showEvent(self, event: QShowEvent) -> None:
        """Plan anew: the memory that is free may be another amount."""
        super().showEvent(event)
        self.large.look()

    # ------------------------------------------------------------------------------------------------- settings

    @property
    def _settings(self) -> Blockwise:
        return self._asked or self.shared.session.blockwise_settings

    def _begin(self) -> None:
        self._asked, self._refused = None, ""
        self.question.withdraw()
        self.fields.memory.forget()
        self._refresh()

    def _follow(self, changed: set[tuple[str, str | None]]) -> None:
        """Show the settings of the session when somebody changed them."""
        if (self.ID, None) in changed and self._asked not in (None, self.shared.session.blockwise_settings):
            return  # what the user chose since is on its way
        self._asked = None
        self._refresh()

    def _edit(self) -> None:
        """Keep what the user chose, if it can be so."""
        self.question.withdraw()
        try:
            settings = self.check.applied_to(self.fields.applied_to(self._settings))
        except ObjClassError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if settings != self._settings:
            self._asked = settings

            def change(session: Session) -> None:
                session.blockwise_settings = settings

            self.do(change)

    def _refuse(self, why: str) -> None:
        self._refused = why
        self._show_plan()
        self.told.emit()

    # --------------------------------------------------------------------------------------------------- showing

    def _refresh(self, *_: object) -> None:
        large, shown, session = self.large, self.shared.shown, self.shared.session
        images = None if shown is None else shown.images
        planes = images is not None and images.shape[1] == 1
        self.fields.show_settings(self._settings, planes=planes)
        self.check.show_settings(self._settings, planes=planes)
        self._show_plan()
        self._show_files()
        busy, ready = large.running or large.checking, images is not None and session.can_classify
        self.run.setVisible(not busy)
        self.stop.setVisible(busy)
        self.run.setEnabled(ready and self._can_write and not large.problem)
        self.copy.setEnabled(ready)
        self.check.start.setEnabled(ready and not busy)
        self.check.show_comparison(large.comparison, session.classes)
        self.check.show_blocks.setChecked(large.sheet.is_laid)
        self._show_result()
        self.told.emit()

    @property
    def _can_write(self) -> bool:
        settings = self.large.settings
        return bool(settings.images or settings.table)

    def _show_plan(self) -> None:
        for label, text in ((self.refusal, self._refused or self.large.problem), (self.plan, self.large.plan)):
            label.setText(text)
            label.setVisible(bool(text))

    def _show_files(self) -> None:
        """Show where the results go."""
        record, wanted, settings = self.shared.record, self.shared.session.export_settings, self.large.settings
        paths: list[str] = []
        if record is not None and self._can_write:
            try:
                planned = settings.planned(record.name, record.folder)
            except ObjClassError as error:
                paths = [str(error)]
            else:
                paths = [str(path) for path in (*list(planned.images.values())[:1], planned.table) if path is not None]
        self.written.setVisible(bool(paths))
        self.files.setVisible(bool(paths))
        self.files.show_paths(paths)
        left = [source for source in wanted.images if source not in settings.images]
        told = [f"{' and '.join(left)} only in Export."] if left else []
        if settings.images and settings.format != wanted.format:
            told.append(
                f"Images as OME-Zarr, since {FORMATS.get(wanted.format, wanted.format)} is not written block by block."
            )
        self.instead.setVisible(bool(paths and told))
        self.instead.setText(" ".join(told))

    def _show_result(self) -> None:
        outcome, shared = self.large.outcome, self.shared
        self.result.setVisible(outcome is not None and bool(outcome.files))
        if outcome is not None and outcome.files:
            told = [class_counts(outcome.counts, shared.session.classes, "in this image")] if outcome.counts else []
            n = len(outcome.files)
            folders = folder_links(outcome.folders, shared.viewer)
            told.append(f"{'1 file' if n == 1 else f'{n:,} files'} written to {folders}.")
            self.result.setText("<br>".join(filter(None, [*told, outcome.report])))

    def _paint(self, *_: object) -> None:
        self.refusal.setStyleSheet(f"color: {problem_color(self.shared.viewer)};")

    # ----------------------------------------------------------------------------------------------------- doing

    def _run(self, *, overwrite: bool = False) -> None:
        """Classify the image, and ask before anything is overwritten."""
        self.question.withdraw()
        ask = self.connections.while_here(self.question.ask)
        self.large.run(overwrite=overwrite, ask=lambda files: ask(files, partial(self._run, overwrite=True)))

    def _go(self, difference: Difference) -> None:
        comparison = self.large.comparison
        if comparison is not None and comparison.part is None:
            self._visit.go(comparison.lane, difference.t, difference.object_id)
        elif comparison is not None:
            self._visit.go_to_place(comparison.lane, difference.t, difference.box)


class BlockwiseDock(StepDock):
    """The page as a widget of its own."""

    STEP: ClassVar[type[Step]] = BlockwiseStep


def _copy(command: str) -> None:
    QApplication.clipboard().setText(command)
    show_info("The command is in the clipboard.")
