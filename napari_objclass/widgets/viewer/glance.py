"""A glance at every image of the session: whether its files are there and unchanged, and what it looks like, small."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_objclass.axes import label_axes, without_channel
from napari_objclass.errors import ObjClassError
from napari_objclass.io.formats import locate
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION, location

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.lane import LaneRecord, Pixels, Source
    from napari_objclass.workflow.session import Session

WORDS = {RAW: "image", LABELS: "label image", SEGMENTATION: "mask", PROBABILITIES: "image of probabilities"}

#: Longest edge of a thumbnail, in pixels.
EDGE = 64


class Fate(StrEnum):
    """What became of the files of an image."""

    OK = ""
    MISSING = "missing file"
    CHANGED = "changed content"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True, eq=False)
class Glance:
    """What a glance at an image tells.

    Attributes
    ----------
    record
        The image it is about.
    fate
        What became of its files.
    role
        The role that has a problem, if any.
    problem
        What is wrong and how to mend it, in one sentence.
    thumbnail
        (height, width) uint8; None if it cannot be read.
    guessed
        Roles whose axes were guessed: nothing names them, and it could be others.
    """

    record: LaneRecord
    fate: Fate = Fate.OK
    role: str = ""
    problem: str | None = None
    thumbnail: NDArray[np.uint8] | None = None
    guessed: frozenset[str] = frozenset()


class Glances:
    """Glances at all images of the session, taken on another thread when an image is new or another one.

    Attributes
    ----------
    named
        Images whose axes were named when they were added, so that they are no guess.
    taken
        Emitted on the GUI thread with the uuid of the image, and when its objects were counted.
    """

    taken = Signal(str)

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self._glances: dict[str, Glance] = {}
        self._asked: dict[str, LaneRecord] = {}
        self._counts: dict[str, tuple[tuple[object, ...], int]] = {}
        self.named: set[str] = set()

    def of(self, record: LaneRecord) -> Glance | None:
        """The last glance at an image."""
        return self._glances.get(record.uuid)

    def n_objects(self, record: LaneRecord) -> int | None:
        """Number of its objects; None before they were counted."""
        counted = self._counts.get(record.uuid)
        return counted[1] if counted and counted[0] == self._rule(record) else None

    def forget(self) -> None:
        """Begin anew with another session."""
        for known in (self._glances, self._asked, self._counts, self.named):
            known.clear()

    def refresh(self) -> None:
        """Look at those images that are new or others than before."""
        for record in self._shared.session.lanes:
            asked = self._asked.get(record.uuid)
            if asked is None or asked.sources != record.sources:
                self.again(record)

    def again(self, record: LaneRecord) -> None:
        """Look at an image once more: its files may be back."""
        self._asked[record.uuid] = record
        session = self._shared.session
        self._shared.aside(lambda: take(session, record), self._take)

    def _rule(self, record: LaneRecord) -> tuple[object, ...]:
        """What the number of its objects depends on."""
        return record.sources, self._shared.session.thresholding if record.is_thresholded else None

    def count(self) -> None:
        """Note the number of objects of the image that is shown."""
        shown, record = self._shared.shown, self._shared.record
        if shown is not None and shown.objects is not None and record is not None:
            self._counts[record.uuid] = self._rule(record), len(shown.objects.ids)
            self.taken.emit(record.uuid)

    def _take(self, glance: Glance) -> None:
        self._glances[glance.record.uuid] = glance
        self.taken.emit(glance.record.uuid)


def take(session: Session, record: LaneRecord) -> Glance:
    """Look at an image; for another thread than the GUI's."""
    positions = {lane.uuid: position for position, lane in enumerate(session.lanes)}
    if record.uuid not in positions:
        return Glance(record)
    fate, culprit, problem, thumbnail = Fate.OK, "", None, None
    for role in record.sources:
        told, sentence, pixels = _look(session, positions[record.uuid], record, role)
        if told:
            fate, culprit, problem = told, role, sentence
        if pixels is not None and (thumbnail is None or role == RAW):
            thumbnail = small(pixels, is_raw=role in {RAW, PROBABILITIES})
    guessed = frozenset(role for role, source in record.sources.items() if _is_guess(source))
    return Glance(record, fate, culprit, problem, thumbnail, guessed)


def _look(session: Session, lane: int, record: LaneRecord, role: str) -> tuple[Fate, str | None, Pixels | None]:
    what = WORDS[role]
    lost = next((path for of, path in record.files if of == role and not path.exists()), None)
    if lost is not None:
        return Fate.MISSING, f"{lost.name} is not in {lost.parent} any more; put it back or find it.", None
    try:
        pixels = session.source(lane, role)
    except ObjClassError as error:
        if record.sources[role].path is None:
            return (
                Fate.MISSING,
                f"The {what} was only in memory and is gone; add it again, or find a file that has it.",
                None,
            )
        return Fate.UNREADABLE, str(error), None
    if pixels.problem:
        name = Path(record.sources[role].path or "").name
        sentence = f"{name} has other content than when it was added; put the old file back or take the new content."
        return Fate.CHANGED, sentence, pixels
    return Fate.OK, None, pixels


def _is_guess(source: Source) -> bool:
    """Whether axes are what is guessed where nothing names them."""
    letters = without_channel(source.axes)
    if len(letters) < 3 or source.stored or letters != label_axes(len(letters)):
        return False
    if source.path is None:
        return True
    try:
        place = locate(location(source))
        return not place.module.read(place.path, place.inner).axes
    except Exception:  # whatever is wrong with the file is told elsewhere
        return False


def small(pixels: Pixels, *, is_raw: bool) -> NDArray[np.uint8]:
    """Middle plane of the first frame and channel, small and with its contrast stretched."""
    middle = {"z": 2, "t": 0, "c": 0}
    shape = dict(zip(pixels.axes, pixels.data.shape, strict=True))
    at = tuple(shape[each] // middle[each] if middle.get(each) else 0 if each in middle else slice(None)
               for each in pixels.axes)  # fmt: skip
    plane: Any = np.asarray(pixels.data[at])
    if pixels.axes.index("y") > pixels.axes.index("x"):
        plane = plane.T
    step = max(1, -(-max(plane.shape) // EDGE))
    plane = plane[::step, ::step].astype(np.float64)
    if not is_raw:
        plane = np.where(plane > 0, 96 + plane * 53 % 160, 0)
        return np.asarray(plane, np.uint8)
    finite = plane[np.isfinite(plane)]
    low, high = np.percentile(finite, [1, 99.5]) if finite.size else (0, 1)
    return np.asarray(np.nan_to_num(((plane - low) / ((high - low) or 1)).clip(0, 1)) * 255, np.uint8)
