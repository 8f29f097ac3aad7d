"""Which objects are finished together: those whose surroundings are read in one box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.plan import Triple


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
    """

    margin: Triple
    most: int | None

    def groups(self, labelled: Labelled) -> list[Group]:
        """All groups: the objects that begin in one block, divided until the box of each group fits, if it can.

        They depend on the objects, the plan and these numbers alone.
        """
        lengths = np.array(labelled.plan.shape[1:])
        low = np.maximum(labelled.boxes[:, :3] - self.margin, 0)
        high = np.minimum(labelled.boxes[:, 3:] + self.margin + 1, lengths)
        found: list[Group] = []
        for rows in _by_block(labelled):
            for own in self._divided(rows, low, high):
                start, stop = low[own].min(axis=0), high[own].max(axis=0)
                fits = self.most is None or int(np.prod(stop - start)) <= self.most
                t = int(labelled.frames[own[0]])
                found.append(Group(len(found), t, own, labelled.ids[own], _triple(start), _triple(stop), fits))
        return found

    def _divided(
        self, rows: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> Iterator[NDArray[np.int64]]:
        """Halves of a half of objects, cut across the longest side of their box, until they fit."""
        start, stop = low[rows].min(axis=0), high[rows].max(axis=0)
        if len(rows) == 1 or self.most is None or int(np.prod(stop - start)) <= self.most:
            yield rows
            return
        axis = int(np.argmax(stop - start))
        order = np.argsort(low[rows, axis] + high[rows, axis], kind="stable")
        for half in np.split(order, [len(order) // 2]):
            yield from self._divided(np.sort(rows[half]), low, high)


def _by_block(labelled: Labelled) -> Iterator[NDArray[np.int64]]:
    """Rows of the objects whose first voxel lies in a block, block by block."""
    plan = labelled.plan
    _, _, ny, nx = plan.shape
    _, depth, height, width = plan.grid
    place = labelled.firsts.astype(np.int64)
    coordinates = (place // (ny * nx), place // nx % ny, place % nx)
    z, y, x = (each // side for each, side in zip(coordinates, plan.block_shape, strict=True))
    owners = ((labelled.frames * depth + z) * height + y) * width + x
    order = np.argsort(owners, kind="stable")
    cuts = np.flatnonzero(np.diff(owners[order])) + 1
    return iter([rows for rows in np.split(order, cuts) if len(rows)])


def _triple(place: NDArray[np.int64]) -> Triple:
    z, y, x = place.tolist()
    return z, y, x
