"""A label image in the hands of the user: a copy that any tool may change, and what of it the session has."""

from __future__ import annotations

from collections import deque
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.layers import Labels

from napari_objclass import axes as axis_letters
from napari_objclass.errors import ObjClassError, ShapeError
from napari_objclass.widgets.viewer.edited_region import around, changed_region, cut
from napari_objclass.workflow import thresholding
from napari_objclass.workflow.label_volume import LabelVolume
from napari_objclass.workflow.large_images import no_edits
from napari_objclass.workflow.objects import LARGEST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.workflow.objects import Objects
    from napari_objclass.workflow.session import Session

#: Name and opacity of the layer.
NAME, OPACITY = "Edited objects", 0.6
#: Ids that there is room for beside those that there are.
ROOM = 10_000


class Difference(NamedTuple):
    """Objects of the session, where a layer has others (nowhere if None), and which change of theirs it was."""

    objects: Objects
    region: Region | None
    change: int


class Draft:
    """A label image in the hands of the user; made on any thread.

    Parameters
    ----------
    session, image
        Whose objects they are: the image by its uuid.
    objects
        The objects to begin with.
    axes, place
        Letters of the layer, and where it lies.

    Raises
    ------
    ObjClassError
        If the objects are of an image that does not fit into memory.

    Attributes
    ----------
    layer
        The layer that is edited.
    n_commits
        How often :meth:`commit` has ended.
    """

    def __init__(self, session: Session, image: str, objects: Objects, axes: str, place: Mapping[str, Any]) -> None:
        self.session, self.image, self._axes = session, image, axes
        if isinstance(objects.labels, LabelVolume):
            raise ObjClassError(no_edits(session.lane(image).name))
        self._shape, self._most = objects.labels.shape, int(np.iinfo(objects.labels.dtype).max)
        self.n_commits = 0
        self._committing: int | None = None  # the thread that is
        self._n_others, self._n_taken = 1, 0  # changes of the objects that are not from the layer
        self.layer = Labels(_copied(objects, axes), name=NAME, opacity=OPACITY, **place)
        self.layer.selected_label = self.free_id(objects.ids)
        self._waiting: deque[Region | None] = deque()
        session.changed.connect(self._changed)

    @property
    def n_edit_dimensions(self) -> int:
        """How far a tool reaches: objects of a volume are edited as a whole, those of a film frame by frame."""
        return len(set(self._axes) & set("zyx"))

    @property
    def axes(self) -> str:
        """Letters of the layer."""
        return self._axes

    def free_id(self, ids: NDArray[np.uint64]) -> int:
        """Return an id that no object has, and that both layer and session have room for."""
        return free_id(ids, min(int(np.iinfo(self.layer.dtype).max), self._most))

    @property
    def waits(self) -> bool:
        """Whether there are changes that the session does not have yet."""
        return bool(self._waiting)

    @property
    def is_behind(self) -> bool:
        """Whether the objects were changed by something else than the layer, such as undo, and it has not got that."""
        return self._n_taken != self._n_others

    @property
    def is_whole_waiting(self) -> bool:
        """Whether the whole image is going to be compared."""
        return None in self._waiting

    def note(self, region: Region | None) -> None:
        """Take note of a change in a region, or anywhere."""
        self._waiting.append(region)

    def commit(self) -> None:
        """Make one edit of all changes that were noted, if the session differs; for the thread of changes."""
        if all(lane.uuid != self.image for lane in self.session.lanes):
            return
        regions = list(self._waiting)
        # Of what is not in the layer yet, an edit of the whole image would be the reverse.
        told = [each for each in regions if each is not None]
        self._committing = get_ident()
        try:
            if None in regions and not self.is_behind:
                self._edit(None)
            elif told:
                self._edit(around(told))
        finally:
            self._committing = None
        self.n_commits += 1
        for _ in regions:
            self._waiting.popleft()

    def _edit(self, region: Region | None) -> None:
        letters, labels = self.session.axes(self.image), self._labels()
        if region is None:
            self.session.edit_objects(self.image, axis_letters.from_canonical(labels, letters))
            return
        within = cut(region)
        part = axis_letters.from_canonical(labels[within].copy(), letters)  # which may be painted on meanwhile
        by_letter = dict(zip(axis_letters.LABELS, within, strict=True))
        self.session.edit_objects(self.image, part, within=[by_letter[letter] for letter in letters])

    def _changed(self, stale: set[tuple[str, int | None]]) -> None:
        """Take note of a change of the session, on the thread that made it."""
        if get_ident() != self._committing and any(applet == thresholding.ID for applet, _ in stale):
            self._n_others += 1

    def difference(self) -> Difference:
        """What the session has and the layer has not, for :meth:`take`; on any thread."""
        change, objects = self._n_others, self.session.objects(self.image)
        return Difference(objects, changed_region(np.asarray(objects.labels), self._labels()), change)

    def take(self, difference: Difference) -> None:
        """Write objects of the session into the layer, where they differ."""
        objects, region, self._n_taken = difference
        if region is None:
            return
        data = self.layer.data
        if not isinstance(data, np.ndarray) or not data.flags.writeable or not _has_room(data.dtype, objects):
            self.layer.data = _copied(objects, self._axes)
            return
        self._labels()[cut(region)] = objects.labels[cut(region)]
        self.layer.refresh(extent=False, thumbnail=False)

    def _labels(self) -> NDArray[Any]:
        """What the layer has, ``tzyx``; a view, if a tool has not put something lazy in its place."""
        data = np.asarray(self.layer.data)
        lengths = dict(zip(axis_letters.LABELS, self._shape, strict=True))
        expected = tuple(lengths[letter] for letter in self._axes)
        if data.shape != expected:
            raise ShapeError(
                f"“{self.layer.name}” has now shape {data.shape} in the place of {expected}, which cannot be the "
                "objects of this image; undo what was done to the layer, or press Done to go on without it"
            )
        return axis_letters.to_canonical(data, self._axes, axis_letters.LABELS)


def free_id(ids: NDArray[np.uint64], most: int = LARGEST_ID) -> int:
    """Return an id up to ``most`` that no object has: the next higher one, else the lowest; 0 if there is none."""
    highest = int(ids.max(initial=0))
    if highest < most:
        return highest + 1
    used = np.unique(np.append(ids, np.uint64(0)))
    gaps = np.flatnonzero(np.diff(used) > 1)
    return int(used[gaps[0]]) + 1 if len(gaps) else 0


def _copied(objects: Objects, axes: str) -> NDArray[Any]:
    """Copy of the label image, of the smallest type that has room for new ids: napari draws 16 bit at once."""
    own = objects.labels.dtype
    smaller = [each for each in map(np.dtype, (np.uint16, np.uint32)) if each.itemsize < own.itemsize]
    dtype = next((each for each in smaller if _has_room(each, objects, ROOM)), own)
    return np.array(axis_letters.from_canonical(np.asarray(objects.labels), axes), dtype, order="C")


def _has_room(dtype: np.dtype[Any], objects: Objects, more: int = 0) -> bool:
    return int(objects.ids.max(initial=0)) + more <= np.iinfo(dtype).max
