"""Finding objects by thresholds: fields, what they would find, and the button that applies them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt.utils import signals_blocked

from napari_objclass.errors import ParameterError
from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.parts.threshold_fields import ThresholdFields
from napari_objclass.widgets.viewer.column_names import channels_of
from napari_objclass.widgets.viewer.intermediate import stages
from napari_objclass.widgets.viewer.thresholding_change import apply
from napari_objclass.workflow import thresholding
from napari_objclass.workflow.lane import RAW

if TYPE_CHECKING:
    from qtpy.QtGui import QHideEvent, QKeyEvent, QShowEvent

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.thresholding import Thresholding

#: Above the counts of the objects that there are.
NOT_APPLIED = "Not applied yet. Found so far:"
OF_SLICE = "Preview of this slice; sizes are not filtered in it."


class ThresholdPanel(QWidget):
    """Nothing changes in the session until the user applies it.

    Attributes
    ----------
    told
        Emitted when there is more or less to apply.
    """

    told = Signal()

    def __init__(self, shared: ViewerSession, step: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared, self._step = shared, step
        self._is_looking = False
        self.fields = ThresholdFields(shared.viewer)
        self.intermediate = QCheckBox("Show intermediate results")
        self.intermediate.setToolTip(
            "Show a stage on the way to the objects in the layer Overlay, while this is ticked."
        )
        self.stage = QComboBox(toolTip="Which stage is shown.")
        self.stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.note = QLabel(wordWrap=True)
        self.otsu = QPushButton("Otsu", toolTip="Thresholds where dark and bright pixels differ most (Otsu 1979).")
        self.revert = QPushButton("Revert", toolTip="Show the values again that are applied.")
        self.apply = QPushButton("Apply", toolTip="Find objects with these values (Enter in any field).")
        self._lay_out()
        self._connections = Connections(self)
        connect = self._connections.connect
        connect(shared.changed, self.refresh)
        connect(shared.replaced, self._begin_anew)
        connect(shared.shown_changed, self.refresh)
        connect(shared.preview.changed, self._show_seen)
        connect(shared.viewer.events.theme, self._repaint)
        self.fields.edited.connect(self._edited)
        self.apply.clicked.connect(self.apply_now)
        self.revert.clicked.connect(self._revert)
        self.otsu.clicked.connect(self._ask_otsu)
        self.intermediate.clicked.connect(self._show_stage)
        self.stage.activated.connect(self._show_stage)
        self.refresh()

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.setContentsMargins(20, 0, 0, 0)
        stage.addWidget(self.stage, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.otsu)
        buttons.addWidget(self.revert)
        buttons.addWidget(self.apply, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.fields)
        layout.addWidget(self.intermediate)
        layout.addLayout(stage)
        layout.addLayout(buttons)
        layout.addWidget(self.note)
        self.stage.hide()
        self.note.hide()

    @property
    def is_edited(self) -> bool:
        """Whether there is something to apply."""
        return self.fields.is_edited

    # ------------------------------------------------------------------------------------- following the session

    def refresh(self, *_: object) -> None:
        """Show the settings of the session, unless the user is changing them."""
        record, shown = self._shared.record, self._shared.shown
        if record is None or not record.is_thresholded:
            return
        if shown is not None and shown.images is not None:
            n_dims = shown.images.extent[0]
            self.fields.offer_space(pixel_size(record, n_dims), record.units or "", n_dims=n_dims)
        self.otsu.setVisible(set(record.sources) == {RAW})
        applied = self._shared.session.thresholding
        if not self.is_edited or self._draft() == applied:
            self.fields.show_settings(applied)
            self._shared.preview.draft(None)
        self._tell()

    def _begin_anew(self) -> None:
        """Forget what was not applied to the session before."""
        self.fields.show_settings(self._shared.session.thresholding)
        self.refresh()

    def _show_seen(self) -> None:
        """Show what was found in the slice on the screen."""
        seen, record = self._shared.preview.seen, self._shared.record
        self.fields.show_distribution(seen and seen.distribution)
        if seen is not None and record is not None:
            own = channels_of(record) if set(record.sources) == {RAW} else ()
            names = own if len(own) == seen.n_channels else [f"channel {n}" for n in range(seen.n_channels)]
            self.fields.offer_channels(names)
        self._tell()

    def _tell(self) -> None:
        """Show whether there is something to apply, and what stands in its way."""
        edited, preview = self.is_edited, self._shared.preview
        self.apply.setEnabled(edited and self._draft() is not None)
        self.revert.setVisible(edited)
        looks = edited and not self.intermediate.isChecked()
        note = (f"{OF_SLICE} " if looks and preview.is_of_slice else "") + NOT_APPLIED if edited else ""
        problem = preview.problem if edited else ""
        self.note.setText(problem or note)
        self.note.setVisible(bool(problem or note))
        self._offer_stages()
        self.told.emit()

    def _repaint(self, _: object = None) -> None:
        self.fields.histogram.update()

    # --------------------------------------------------------------------------------------------- what users do

    def apply_now(self) -> None:
        """Make what the fields say the settings of the session, if that makes sense for the image."""
        if not self.is_edited:
            return
        draft, record = self._draft(), self._shared.record
        if draft is None or record is None:
            return
        image = record.uuid
        self._shared.preview.applied()
        self._shared.do(self._step, lambda session: apply(session, draft, image))

    def _draft(self) -> Thresholding | None:
        """What the fields say; None if that means nothing."""
        try:
            return self.fields.settings
        except ParameterError:
            return None

    def _edited(self) -> None:
        """Show what the fields would find, or why they mean nothing."""
        problem: ParameterError | None = None
        try:
            settings = self.fields.settings
        except ParameterError as error:
            problem = error
        else:
            self._shared.preview.draft(settings if self.is_edited else None)
        self._shared.set_problem(self._step, problem)
        self._show_stage()

    def _revert(self) -> None:
        self.fields.show_settings(self._shared.session.thresholding)
        self._edited()

    def _ask_otsu(self) -> None:
        """Put thresholds into the fields that fit the image."""
        draft, seen = self._draft(), self._shared.preview.seen
        if draft is None or seen is None:
            return

        def fit() -> Thresholding:
            return thresholding.fitted(seen.look.images.middle, draft)

        self.otsu.setEnabled(False)
        self._shared.aside(
            fit, self._connections.while_here(self._take_otsu), self._connections.while_here(self._otsu_failed)
        )

    def _take_otsu(self, fitted: Thresholding) -> None:
        self.otsu.setEnabled(True)
        self.fields.threshold.setValue(fitted.threshold)
        self.fields.core_threshold.setValue(fitted.core_threshold)

    def _otsu_failed(self, error: Exception) -> None:
        self.otsu.setEnabled(True)
        self._shared.set_problem(self._step, error)

    def _offer_stages(self) -> None:
        names = list(stages(self.fields.method.currentData()))
        if [self.stage.itemText(row) for row in range(self.stage.count())] != names:
            before = self.stage.currentText()
            with signals_blocked(self.stage):
                self.stage.clear()
                self.stage.addItems(names)
                self.stage.setCurrentIndex(names.index(before) if before in names else 0)

    def _show_stage(self, *_: object) -> None:
        is_on = self.intermediate.isChecked()
        self.stage.setVisible(is_on)
        stage = stages(self.fields.method.currentData()).get(self.stage.currentText())
        self._shared.preview.show_stage(stage if is_on else None)
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply by Enter, whichever field has the focus; take back and do again what was applied."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.apply_now()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self._shared.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self._shared.redo()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the slice on the screen."""
        super().showEvent(event)
        if not self._is_looking:
            self._is_looking = True
            self._shared.preview.begin(self)
            if self.is_edited:
                self._edited()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more: what is not applied is kept, and not to be seen."""
        super().hideEvent(event)
        if self._is_looking:
            self._is_looking = False
            self._shared.preview.end(self)


def pixel_size(record: LaneRecord, n_dims: int) -> float | None:
    """Area or volume of a pixel, if it is known."""
    return None if record.spacing is None else math.prod(record.spacing[-n_dims:])
