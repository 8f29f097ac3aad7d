"""The page that exports: images and tables of the classified objects, as files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.errors import ObjClassError
from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.parts.export_contents import ExportContents
from napari_objclass.widgets.parts.export_more import ExportMore
from napari_objclass.widgets.parts.export_names import ExportNames
from napari_objclass.widgets.parts.folder_links import folder_links
from napari_objclass.widgets.parts.line import Line
from napari_objclass.widgets.parts.overwriting import Overwriting
from napari_objclass.widgets.parts.section import Section
from napari_objclass.widgets.parts.theme import problem_color
from napari_objclass.widgets.table_features import show_table_features
from napari_objclass.widgets.viewer import exporting
from napari_objclass.widgets.viewer.export_names import examples
from napari_objclass.workflow import export

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.exporting import Outcome
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.session import Session


class ExportStep(Step):
    """The page Export: what is written of every image, which lives in the project, and writing it."""

    ID: ClassVar[str] = "export"
    TITLE: ClassVar[str] = "Export"
    APPLET: ClassVar[str] = "Object Information Export"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self._n_written = 0  # files, by the latest export
        self._asked: Export | None = None  # settings that are on their way into the session
        self.contents, self.names, self.more = ExportContents(), ExportNames(), ExportMore()
        self.refusal = QLabel(wordWrap=True, visible=False, objectName="refusal")
        self.this = QPushButton("Export this image", clicked=lambda: self._export(self._this()))
        self.all = QPushButton("Export all", clicked=lambda: self._export(self._all()))
        self.buttons = QWidget()
        self.question = Overwriting(instead_of=self.buttons)
        self.result = QLabel(wordWrap=True, openExternalLinks=True, visible=False)
        self._lay_out()
        for part in (self.contents, self.names, self.more):
            part.edited.connect(self._edit)
        self.names.typed.connect(self._look)
        self.contents.choosing.connect(lambda: show_table_features(shared, self))
        self.connections.connect(shared.replaced, self._begin)
        self.connections.connect(shared.changed, self._follow)
        for signal in (shared.shown_changed, shared.saved):
            self.connections.connect(signal, self._refresh)
        self.connections.connect(shared.viewer.events.theme, self._paint)
        self._paint()
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when something was exported."""
        return StepState.DONE if self._n_written else StepState.AHEAD

    @property
    def summary(self) -> str:
        """How many files were written."""
        return _files(self._n_written) if self._n_written else ""

    @property
    def hint(self) -> str:
        """The next thing to do."""
        shown = self.shared.shown
        if shown is None or shown.prediction is None:
            return ""
        if not self._n_written:
            return "Choose what to write, and export it."
        if self.shared.session.unsaved:
            return "Save the project, so that you can go on another day."
        return "To classify more images with these labels, add them in Images."

    def _lay_out(self) -> None:
        buttons = QHBoxLayout(self.buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self.this)
        buttons.addWidget(self.all)
        self.this.setToolTip("Write the image that is shown.")
        self.all.setToolTip("Write all images of the project, one after another.")
        self.more_section = Section("More", self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        for widget in (self.contents, self.names, self.refusal, self.more_section):
            layout.addWidget(widget)
        for widget in (self.buttons, self.question, self.result):
            layout.addWidget(widget)

    # ------------------------------------------------------------------------------------------------- settings

    @property
    def settings(self) -> Export:
        """What the page says.

        Raises
        ------
        ParameterError
            If it cannot be so.
        """
        settings = self.names.applied_to(self.contents.applied_to(self._asked or self.shared.session.export_settings))
        return self.more.applied_to(settings, self.contents.table_suffix)

    def _begin(self) -> None:
        self._n_written, self._asked = 0, None
        self.result.hide()
        self.question.withdraw()
        for line in self.findChildren(Line):
            line.forget()
        self._refresh()

    def _follow(self, changed: set[tuple[str, str | None]]) -> None:
        """Show the settings of the session when somebody changed them."""
        if (export.ID, None) in changed and self._asked not in (None, self.shared.session.export_settings):
            return  # what the user chose since is on its way
        self._asked = None
        self._refresh()

    def _edit(self) -> bool:
        """Keep what the user chose, if it can be so."""
        self.question.withdraw()
        self.result.hide()
        settings = self._look()
        if settings is None:
            return False
        if settings != (self._asked or self.shared.session.export_settings):
            self._asked = settings

            def change(session: Session) -> None:
                session.export_settings = settings

            self.do(change)
        self._refresh()
        return True

    def _look(self) -> Export | None:
        """Show examples of what the page says, or why it cannot be so."""
        try:
            settings, record = self.settings, self.shared.record
            self.names.examples.show_paths(() if record is None else examples(settings, record, self._sizes))
        except ObjClassError as error:
            self.names.examples.show_paths(())
            self._refuse(str(error))
            return None
        self._refuse("")
        return settings

    def _refuse(self, why: str) -> None:
        self.refusal.setText(why)
        self.refusal.setVisible(bool(why))
        lanes = self.shared.session.lanes
        wanted = bool(lanes) and (self.contents.wanted or self.more.wanted) and not why
        self.this.setEnabled(wanted and self.shared.shown is not None)
        self.all.setEnabled(wanted)
        self.all.setVisible(len(lanes) > 1)

    def _refresh(self, *_: object) -> None:
        settings, lanes = self._asked or self.shared.session.export_settings, self.shared.session.lanes
        self.contents.show_settings(settings)
        self.names.show_settings(settings)
        self.more.show_settings(settings, self._sizes)
        self.names.folder.setPlaceholderText(str(lanes[0].folder) if len(lanes) == 1 else "beside each image")
        self._look()
        self.told.emit()

    @property
    def _sizes(self) -> dict[str, int]:
        """Length of the image shown along each axis, by letter."""
        images = None if self.shared.shown is None else self.shared.shown.images
        if images is None:
            return {"y": 0, "x": 0}
        return {axis: size for axis, size in zip("tzyx", images.shape, strict=True) if axis in images.axes}

    # ------------------------------------------------------------------------------------------------ exporting

    def _this(self) -> list[str]:
        return [] if self.shared.shown is None else [self.shared.shown.uuid]

    def _all(self) -> list[str]:
        return [lane.uuid for lane in self.shared.session.lanes]

    def _export(self, images: list[str], *, overwrite: bool = False) -> None:
        """Export images, and ask before anything is overwritten."""
        if not self._edit():
            return

        def tell(outcome: Outcome | None) -> None:
            if outcome is None:
                self._say("Stopped; the files before are complete.")
            elif outcome.in_the_way:
                self.question.ask(outcome.in_the_way, lambda: self._export(images, overwrite=True))
            else:
                self._n_written = len(outcome.written)
                self._say(
                    f"{_files(len(outcome.written))} written to {folder_links(outcome.folders, self.shared.viewer)}."
                )
                self.told.emit()

        work = partial(exporting.write, self.shared.session, images, overwrite=overwrite)
        self.shared.run(self.ID, "exporting", work, self.connections.while_here(tell))

    def _say(self, text: str) -> None:
        self.result.setText(text)
        self.result.show()

    def _paint(self, *_: object) -> None:
        self.refusal.setStyleSheet(f"color: {problem_color(self.shared.viewer)};")


class ExportDock(StepDock):
    """The page as a widget of its own."""

    STEP: ClassVar[type[Step]] = ExportStep


def _files(n: int) -> str:
    return "1 file" if n == 1 else f"{n:,} files"
