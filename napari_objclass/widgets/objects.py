"""The step Objects: how objects are found, and what was found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.parts.edit_by_hand import EditByHand
from napari_objclass.widgets.parts.threshold_panel import ThresholdPanel, pixel_size
from napari_objclass.workflow.lane import SEGMENTATION
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.claims import Claims
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.objects import Objects

#: So many frames are listed one by one.
FRAMES_LISTED = 8


class ObjectsStep(Step):
    """The step Objects."""

    ID: ClassVar[str] = "objects"
    TITLE: ClassVar[str] = "Objects"
    APPLET: ClassVar[str] = "Threshold and Size Filter"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self.thresholds = ThresholdPanel(shared, self.ID)
        self.text = QLabel(wordWrap=True)
        self.warning = QLabel(wordWrap=True, objectName="warning")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(4)
        for part in (self.thresholds, self.text, self.warning, EditByHand(shared)):
            layout.addWidget(part)
        self.connections.connect(shared.shown_changed, self._follow)
        for signal in (shared.replaced, shared.editing.changed):
            self.connections.connect(signal, self._refresh)
        self.thresholds.told.connect(self.told)
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when there are objects, nothing is odd about them, and no other values wait to be applied."""
        objects = self._objects
        if objects is None or self._is_waiting:
            return StepState.AHEAD
        return StepState.PROBLEM if self._warning else StepState.DONE

    @property
    def summary(self) -> str:
        """Number of objects."""
        if self._is_waiting:
            return "not applied yet"
        return "" if self._objects is None else count(len(self._objects.ids))

    @property
    def hint(self) -> str:
        """What is odd about the objects, or how to find them."""
        odd, record = self._warning, self.shared.record
        if not self.isVisible():
            return odd
        if self.shared.editing.layer is not None:
            return "Edit with the tools in the layer controls, then press Done."
        if self._is_waiting:
            return "Press Apply to find objects with these values." if self.thresholds.apply.isEnabled() else ""
        if odd or record is None or not record.is_thresholded or self._objects is None:
            return odd
        return how_to_go_on(self._claims, self.thresholds.fields.lines)

    @property
    def _claims(self) -> Claims | None:
        return None if self.shared.shown is None else self.shared.shown.claims

    @property
    def _warning(self) -> str:
        objects, record = self._objects, self.shared.record
        return "" if objects is None or record is None else warning(objects, found=record.is_thresholded)

    @property
    def _pixel(self) -> float | None:
        """Area or volume of a pixel where the sizes of objects are bounded in it."""
        record, objects = self.shared.record, self._objects
        physical = self.shared.session.thresholding.physical_sizes
        if record is None or objects is None or not (record.is_thresholded and physical):
            return None
        return pixel_size(record, 2 if objects.labels.shape[1] == 1 else 3)

    @property
    def _is_waiting(self) -> bool:
        record = self.shared.record
        return record is not None and record.is_thresholded and self.thresholds.is_edited

    @property
    def _objects(self) -> Objects | None:
        return None if self.shared.shown is None else self.shared.shown.objects

    def _follow(self, parts: set[str]) -> None:
        if parts & {"lane", "objects", "claims"}:
            self._refresh()

    def _refresh(self) -> None:
        objects, record = self._objects, self.shared.record
        if record is None:
            self.text.setText("Add an image first.")
        elif objects is None:
            self.text.setText("Looking for objects …")
        else:
            rule, kept = _rule(record, objects), kept_labels(self._claims)
            first = f"{rule.removesuffix('.')} · {kept}" if kept else rule
            paragraphs = [first, _per_frame(objects), _sizes(objects, self._pixel, record.units)]
            self.text.setText("".join(f"<p style='margin: 2px 0'>{each}</p>" for each in paragraphs if each))
        # While objects are edited, the buttons for that have the room of the fields.
        is_editing = self.shared.editing.layer is not None
        self.thresholds.setVisible(record is not None and record.is_thresholded and not is_editing)
        self.warning.setText(self._warning)
        self.warning.setVisible(bool(self._warning))
        self.told.emit()


class ObjectsDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ObjectsStep


def count(number: int) -> str:
    """A number of objects, in words."""
    return "1 object" if number == 1 else f"{number:,} objects"


def kept_labels(claims: Claims | None) -> str:
    """How many labels count on the objects there are, and how many do not; "" while there is none."""
    if claims is None or not claims.marks:
        return ""
    kept = _n_kept(claims)
    return f"{kept} {'label' if kept == 1 else 'labels'} kept, {len(claims.marks) - kept} waiting"


def how_to_go_on(claims: Claims | None, lines: str) -> str:
    """The next thing to do when objects were found; "" when labels have all the objects they need."""
    if claims is None or not claims.marks:
        return f"Drag the {lines} until the objects are filled, or go on to Classify."
    waiting = len(claims.marks) - _n_kept(claims)
    if not waiting:
        return ""
    wait = "1 label waits for its object" if waiting == 1 else f"{waiting} labels wait for their objects"
    return f"{wait}: choose other values, or look at Labels in Classify."


def warning(objects: Objects, *, found: bool = False) -> str:
    """One sentence when objects look wrong, be they of a label image or ``found`` by thresholds; "" otherwise."""
    if not len(objects.ids):
        if found:
            return "There are no objects: lower the threshold, or the smallest size."
        return "There are no objects: every pixel is 0, which is background; choose another label image."
    pixels_per_frame = math.prod(objects.labels.shape[1:])
    if objects.sizes.max() > pixels_per_frame / 2:
        largest = int(objects.ids[objects.sizes.argmax()])
        what = f"Object {largest} covers more than half of the image: "
        if found:
            return f"{what}choose another channel, or a higher threshold."
        return f"{what}the background may have a value that is not 0; choose a label image with background 0."
    return ""


def _n_kept(claims: Claims) -> int:
    return sum(state is AnnotationState.ACTIVE for state in claims.states)


def _rule(record: LaneRecord, objects: Objects) -> str:
    """What the objects are, and how many there are."""
    found = count(len(objects.ids))
    if record.is_thresholded:
        return f"{found}, {objects.n_small:,} too small, {objects.n_large:,} too large"
    if SEGMENTATION in record.sources:
        return f"Touching pixels of one value are one object. {found}."
    return f"Ids are used as they are. {found}."


def _per_frame(objects: Objects) -> str:
    """Number of objects in each frame."""
    n_frames = len(objects.labels)
    if n_frames == 1:
        return ""
    counts: NDArray[np.int64] = np.bincount(objects.frames, minlength=n_frames)
    if n_frames <= FRAMES_LISTED:
        return f"In frames 0 to {n_frames - 1}: {', '.join(map(str, counts))}."
    return f"{n_frames} frames, each with {counts.min()} to {counts.max()} objects (median {np.median(counts):g})."


def _sizes(objects: Objects, pixel: float | None, units: str | None) -> str:
    """Range and median of the sizes, in units if those are known of a ``pixel``, else in pixels."""
    if not len(objects.sizes):
        return ""
    is_flat = objects.labels.shape[1] == 1
    if pixel is None:
        pixel, unit = 1.0, "pixels" if is_flat else "voxels"
    else:
        unit = f"{units or 'unit'}{'²' if is_flat else '³'}"
    sizes = objects.sizes * pixel
    low, high, median = (_short(float(each)) for each in (sizes.min(), sizes.max(), np.median(sizes)))
    return f"Sizes: {low} to {high} {unit}, median {median}."


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
