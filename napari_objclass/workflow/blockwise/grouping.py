"""Which objects are finished together: those whose surroundings are read in one box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.workflow.blockwise import cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.plan import Triple


#: Cells are chosen as if the surroundings of all objects were as large as these at most; those of a few may be larger.
_MOST_OBJECTS = 0.9


class Group(NamedTuple):
    """Objects of one frame, and the box from ``start`` to ``stop`` (z, y, x) that holds them with their surroundings.

    Attributes
    ----------
    number
        Its place among the groups.
    rows
        Rows of the objects in :class:`Labelled`, rising.
    ids
        Their ids.
    fits
        Whether the box fits into the memory of a task.
    """

    number: int
    t: int
    rows: NDArray[np.int64]
    ids: NDArray[np.uint64]
    start: Triple
    stop: Triple
    fits: bool

    @property
    def voxels(self) -> int:
        """Number of voxels of the box."""
        return int(np.prod(np.subtract(self.stop, self.start)))


@dataclass(frozen=True)
class Surroundings:
    """How far around objects raw is read, and how many voxels may be read at once.

    Attributes
    ----------
    margin
        Voxels along z, y, x; at the upper side one more.
    most
        Most voxels of a box; None where nothing is read.
    chunks
        Lengths along z, y, x of what is stored in one piece; None if that does not matter.
    most_objects
        Most objects of a group; None if that does not matter.
    """

    margin: Triple
    most: int | None
    chunks: Triple | None = None
    most_objects: int | None = None

    def groups(self, labelled: Labelled) -> list[Group]:
        """All groups: the objects of one cell, divided until they are few and the box of each group fits, if it can.

        They depend on the objects, the plan and these numbers alone. Those that are near each other follow each other.
        """
        if not len(labelled):
            return []
        lengths = np.array(labelled.plan.shape[1:])
        low = np.maximum(labelled.boxes[:, :3] - self.margin, 0)
        high = np.minimum(labelled.boxes[:, 3:] + self.margin + 1, lengths)
        found: list[Group] = []
        for rows in self._by_cell(labelled, low, high):
            for own in self._divided(rows, low, high):
                start, stop = low[own].min(axis=0), high[own].max(axis=0)
                fits = self.most is None or int(np.prod(stop - start)) <= self.most
                t = int(labelled.frames[own[0]])
                found.append(Group(len(found), t, own, labelled.ids[own], _triple(start), _triple(stop), fits))
        return found

    def _by_cell(self, labelled: Labelled, low: NDArray[np.int64], high: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Rows of the objects whose surroundings end in a cell, cell by cell; without cells, in a block."""
        plan = labelled.plan
        sides = plan.block_shape
        if self.most is not None:
            reach = np.quantile(high - low, _MOST_OBJECTS, axis=0).astype(np.int64)
            sides = cells.choose(plan.shape[1:], self.chunks, _triple(reach), self.most, plan.shape[0]).shape
        z, y, x = ((high - 1) // sides).T
        order = np.lexsort((x, y, z, labelled.frames))
        places = np.stack([labelled.frames, z, y, x])[:, order]
        return np.split(order, np.flatnonzero(np.diff(places).any(axis=0)) + 1)

    def _divided(
        self, rows: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> Iterator[NDArray[np.int64]]:
        """Halves of a half of objects, cut across the longest side of their box, until they fit."""
        start, stop = low[rows].min(axis=0), high[rows].max(axis=0)
        few = self.most_objects is None or len(rows) <= self.most_objects
        if len(rows) == 1 or (few and (self.most is None or int(np.prod(stop - start)) <= self.most)):
            yield rows
            return
        axis = int(np.argmax(stop - start))
        order = np.argsort(low[rows, axis] + high[rows, axis], kind="stable")
        for half in np.split(order, [len(order) // 2]):
            yield from self._divided(np.sort(rows[half]), low, high)


def _triple(place: NDArray[np.int64]) -> Triple:
    z, y, x = place.tolist()
    return z, y, x
