"""The step Images: the images of the project, adding more, and what is known about each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_objclass.widgets._base import StepDock, StepState
from napari_objclass.widgets._files_step import FilesStep
from napari_objclass.widgets.parts.image_details import ImageDetails
from napari_objclass.widgets.parts.image_problem import ImageProblem
from napari_objclass.widgets.parts.image_table import ImageTable
from napari_objclass.widgets.parts.layer_choice import LayerChoice
from napari_objclass.widgets.parts.section import Section
from napari_objclass.widgets.viewer.adding import add
from napari_objclass.widgets.viewer.found import CONTAINERS
from napari_objclass.widgets.viewer.glance import Fate, Glances
from napari_objclass.widgets.viewer.image_changes import ImageChanges
from napari_objclass.widgets.viewer.painted import Painted
from napari_objclass.workflow.lane import LABELS, location

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_objclass.widgets._base import Step
    from napari_objclass.widgets.viewer.from_layers import Reading
    from napari_objclass.widgets.viewer.session import ViewerSession


class InputDataStep(FilesStep):
    """The images of the project, one of them shown."""

    ID: ClassVar[str] = "input_data"
    TITLE: ClassVar[str] = "Images"
    APPLET: ClassVar[str] = "Input Data"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.glances = Glances(shared)
        self.changes, self.painted = ImageChanges(shared, self.ID), Painted()
        self.destroyed.connect(self.painted.rest)
        self.table, self.problem = ImageTable(self.glances), ImageProblem()
        self.empty = QLabel(
            "Drop images here, with label images, masks or probabilities, or choose layers below.", wordWrap=True
        )
        self.adding, self.stop = QLabel(), QPushButton("Stop")
        self.layers, self.details = LayerChoice(shared), ImageDetails()
        self.layers_section, self.details_section = (
            Section("From layers", self.layers),
            Section("Details", self.details),
        )
        self._lay_out()
        self._explain()
        self._connect()
        self._open_sections()
        self._refresh()
        self._progressed()

    def _lay_out(self) -> None:
        progress = QHBoxLayout()
        progress.addWidget(self.adding, 1)
        progress.addWidget(self.stop)
        inner = QVBoxLayout(self.main)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self.empty)
        inner.addWidget(self.table)
        inner.addWidget(self.problem)
        inner.addLayout(self.file_buttons())
        inner.addLayout(progress)
        inner.addWidget(self.layers_section)
        inner.addWidget(self.details_section)
        inner.addStretch()

    def _explain(self) -> None:
        self.remove.setToolTip(
            "Take this image out of the project.\nIts labels are kept: undo, or adding it again, brings all back."
        )
        self.stop.setToolTip("Leave out the images that are not added yet.")

    def _connect(self) -> None:
        shared, connect = self.shared, self.connections.connect
        connect(shared.replaced, self._replaced)
        connect(shared.changed, self._refresh)
        connect(shared.shown_changed, self._shown)
        connect(shared.problems_changed, self._show_details)
        connect(self.glances.taken, self._glanced)
        connect(self.painted.changed, self._glanced)
        connect(self.changes.made, self._refresh)
        connect(self.intake.progressed, self._progressed)
        self.table.chosen.connect(self._choose)
        self.table.renamed.connect(lambda row, name: self.changes.rename(shared.session.lanes[row].uuid, name))
        self.images_chosen.connect(self._add_images)
        self.remove.clicked.connect(lambda: self._change(self.changes.remove))
        self.stop.clicked.connect(self.intake.stop)
        self.layers.used.connect(self._use_layers)
        self.layers.changed.connect(self.told)
        self.details.axes_edited.connect(self._set_axes)
        self.details.size_edited.connect(partial(self._change, self.changes.set_size))
        self.details.role_edited.connect(partial(self._change, self.changes.set_role))
        self.problem.find_asked.connect(self._find_file)
        self.problem.take_asked.connect(self._take_content)

    # --------------------------------------------------------------------------------------- what the header tells

    @property
    def state(self) -> StepState:
        """Done as soon as there is an image that can be used."""
        record = self.shared.record
        if record is None:
            return StepState.AHEAD
        glance = self.glances.of(record)
        return StepState.PROBLEM if glance is not None and glance.fate is not Fate.OK else StepState.DONE

    @property
    def summary(self) -> str:
        """Name of the image shown, and its place."""
        record, position = self.shared.record, self.shared.position
        if record is None or position is None:
            return "none yet"
        return f"{record.name}  {position + 1}/{len(self.shared.session.lanes)}"

    @property
    def hint(self) -> str:
        """What to do to have an image."""
        if super().hint:
            return super().hint
        record = self.shared.record
        if record is not None:
            glance = self.glances.of(record)
            if glance is not None and glance.problem is not None:
                return glance.problem
            return "Take what was painted, if it is meant to count." if self.painted.of(record.uuid) else ""
        if self.layers.reading is not None and self.layers.reading.problem is None:
            return "Use these layers, or add files."
        return "Open an image and its label image, or choose layers."

    # ---------------------------------------------------------------------------------------- following the session

    def _replaced(self) -> None:
        self.painted.rest()
        self.glances.forget()
        self._refresh()
        self._open_sections()

    def _refresh(self, _stale: object = None) -> None:
        lanes, record = self.shared.session.lanes, self.shared.record
        if bool(lanes) != self._had_images:
            self._open_sections()
        self.glances.refresh()
        self.table.setVisible(bool(lanes))
        self.empty.setVisible(not lanes)
        self.remove.setEnabled(record is not None)
        self.table.show_images(lanes, self.shared.position)
        self.details_section.setVisible(record is not None)
        self._show_details()
        self.told.emit()

    def _show_details(self) -> None:
        record = self.shared.record
        self.problem.setVisible(False)
        if record is not None:
            glance, is_told = self.glances.of(record), self.shared.problem(self.ID) is not None
            self.details.show_image(record, glance, named=record.uuid in self.glances.named)
            self.problem.show_image(glance, self.painted.of(record.uuid), is_told=is_told)

    def _open_sections(self) -> None:
        """Open what is needed next: layers for the first image."""
        self._had_images = bool(self.shared.session.lanes)
        self.layers_section.open(is_open=not self._had_images)
        self.details_section.open(is_open=False)

    def _shown(self, parts: set[str]) -> None:
        if "objects" in parts:
            self.glances.count()
        if "lane" in parts:
            self._refresh()

    def _glanced(self, uuid: str) -> None:
        self.table.refresh()
        record = self.shared.record
        if record is not None and record.uuid == uuid:
            self._show_details()
            self.told.emit()

    # --------------------------------------------------------------------------------------------- images by row

    def _choose(self, row: int) -> None:
        lanes = self.shared.session.lanes
        if 0 <= row < len(lanes) and row != self.shared.position:
            glance = self.glances.of(lanes[row])
            if glance is not None and glance.fate is not Fate.OK:
                self.glances.again(lanes[row])
            self.shared.show(lanes[row].uuid)

    def _change(self, change: Callable[..., None], *values: Any) -> None:
        """Change the image shown."""
        if self.shared.record is not None:
            change(self.shared.record.uuid, *values)

    def _set_axes(self, axes: dict[str, str]) -> None:
        if self.shared.record is not None:
            self.glances.named.add(self.shared.record.uuid)
            self.changes.set_axes(self.shared.record.uuid, axes)

    def _find_file(self, role: str, before: Mapping[str, str] = MappingProxyType({})) -> None:
        """Ask where a file is now, and then for others of the image that are not beside it; ``before`` are found."""
        record = self.shared.record
        if record is None:
            return
        source = record.sources[role]
        begin = str(record.folder) if source.path is None else source.path

        def found(paths: list[str]) -> None:
            is_container = source.inner and paths[0].lower().endswith(CONTAINERS)
            places = {**before, role: f"{paths[0]}/{source.inner}" if is_container else paths[0]}
            self.changes.relink(record.uuid, places, lambda other: self._find_file(other, places))

        dialog = self.ask(f"Find {Path(begin).name}", QFileDialog.FileMode.ExistingFile, found)
        dialog.setDirectory(str(Path(begin).parent))

    def _take_content(self, role: str) -> None:
        record = self.shared.record
        if record is None:
            return
        layer = self.painted.layer(record.uuid)
        if role and record.sources[role].path is not None:
            self.changes.relink(record.uuid, {role: location(record.sources[role])})
        elif layer is not None:
            self.changes.take_painted(record.uuid, layer)
            self.painted.settle(record.uuid)

    # ------------------------------------------------------------------------------------------------ adding images

    def _use_layers(self, reading: Reading) -> None:
        """Add the layers as an image, and go on using them as its layers."""
        choice = reading.choice

        def added(uuid: str) -> None:
            if not reading.guessed:
                self.glances.named.add(uuid)
            labels = choice.objects if isinstance(choice.objects, Labels) else None
            if labels is not None:
                self.painted.watch(uuid, labels)
            self.shared.display.adopt(uuid, choice.raw, labels if choice.role == LABELS else None)
            if any(lane.uuid == uuid for lane in self.shared.session.lanes):
                self.shared.show(uuid)

        self.shared.do(self.ID, lambda session: add(session, **reading.arguments()), added)
        self.layers_section.open(is_open=False)

    def _add_images(self, images: list[dict[str, Any]]) -> None:
        self.layers_section.open(is_open=False)
        self.intake.add(images)

    def _progressed(self) -> None:
        progress = self.intake.progress
        for widget in (self.adding, self.stop):
            widget.setVisible(progress is not None)
        if progress is not None:
            self.adding.setText(f"Adding {progress.total} images, {progress.done} done…")


class InputDataDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = InputDataStep
