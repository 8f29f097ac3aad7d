"""The step Objects: what was found in the label image."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.parts.edit_by_hand import EditByHand
from napari_objclass.workflow.lane import SEGMENTATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.session import ViewerSession
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
        self.text = QLabel(wordWrap=True)
        self.warning = QLabel(wordWrap=True, objectName="warning")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.text)
        layout.addWidget(self.warning)
        layout.addWidget(EditByHand(shared))
        self.connections.connect(shared.shown_changed, self._follow)
        self.connections.connect(shared.replaced, self._refresh)
        self._refresh()

    @property
    def state(self) -> StepState:
        """Done when there are objects, and nothing is odd about them."""
        objects = self._objects
        if objects is None:
            return StepState.TODO
        return StepState.PROBLEM if warning(objects) else StepState.DONE

    @property
    def summary(self) -> str:
        """Number of objects."""
        return "" if self._objects is None else count(len(self._objects.ids))

    @property
    def hint(self) -> str:
        """What is odd about the objects."""
        return warning(self._objects) if self._objects is not None else ""

    @property
    def _objects(self) -> Objects | None:
        return None if self.shared.shown is None else self.shared.shown.objects

    def _follow(self, parts: set[str]) -> None:
        if parts & {"lane", "objects"}:
            self._refresh()

    def _refresh(self) -> None:
        objects, record = self._objects, self.shared.record
        if record is None:
            self.text.setText("Add an image first.")
        elif objects is None:
            self.text.setText("Looking for objects …")
        else:
            rule = (
                "Touching pixels of one value are one object."
                if SEGMENTATION in record.sources
                else "Ids are used as they are."
            )
            paragraphs = [f"{rule} {count(len(objects.ids))}.", _per_frame(objects), _sizes(objects)]
            self.text.setText("".join(f"<p>{each}</p>" for each in paragraphs if each))
        odd = warning(objects) if objects is not None else ""
        self.warning.setText(odd)
        self.warning.setVisible(bool(odd))
        self.told.emit()


class ObjectsDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ObjectsStep


def count(number: int) -> str:
    """A number of objects, in words."""
    return "1 object" if number == 1 else f"{number:,} objects"


def warning(objects: Objects) -> str:
    """One sentence when the label image looks wrong; "" otherwise."""
    if not len(objects.ids):
        return "There are no objects: every pixel is 0, which is background; choose another label image."
    pixels_per_frame = objects.labels[0].size
    if objects.sizes.max() > pixels_per_frame / 2:
        largest = int(objects.ids[objects.sizes.argmax()])
        return (
            f"Object {largest} covers more than half of the image: the background may have a value that is not 0; "
            "choose a label image with background 0."
        )
    return ""


def _per_frame(objects: Objects) -> str:
    """Number of objects in each frame."""
    n_frames = len(objects.labels)
    if n_frames == 1:
        return ""
    counts: NDArray[np.int64] = np.bincount(objects.frames, minlength=n_frames)
    if n_frames <= FRAMES_LISTED:
        return f"In frames 0 to {n_frames - 1}: {', '.join(map(str, counts))}."
    return f"{n_frames} frames, each with {counts.min()} to {counts.max()} objects (median {np.median(counts):g})."


def _sizes(objects: Objects) -> str:
    if not len(objects.sizes):
        return ""
    sizes, unit = objects.sizes, "pixels" if objects.labels.shape[1] == 1 else "voxels"
    return f"Sizes: {sizes.min():,} to {sizes.max():,} {unit}, median {np.median(sizes):,.0f}."
