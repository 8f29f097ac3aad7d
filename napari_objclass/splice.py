"""Tables with one row per object, sorted by frame and id: rows of some objects in place of those there were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    #: Frame and id of objects: int64 and uint64, of one length, sorted.
    Keys = tuple[NDArray[np.int64], NDArray[np.uint64]]


class Splice(NamedTuple):
    """How the rows of a table come from those of the one before and from new ones.

    Attributes
    ----------
    source
        Per row of the new table, which row of the old one it is; -1 for new ones.
    new
        The rows of the new table that are new.
    """

    source: NDArray[np.int64]
    new: NDArray[np.int64]

    @classmethod
    def of(cls, old: Keys, gone: Keys, new: Keys) -> Splice:
        """Leave out the objects ``gone``, where there are such, and put in the objects ``new``, none of which is left.

        Each is a pair of frames and ids.
        """
        rows = find_rows(*old, *gone)
        source = np.delete(np.arange(len(old[0])), rows[rows >= 0])
        places = _places(old[0][source], old[1][source], *new)
        return cls(np.insert(source, places, -1), places + np.arange(len(places)))

    def __call__(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        """Return the values of all rows, given those of the old rows and of the new ones."""
        rows = old[self.source] if len(old) else np.empty((len(self.source), *old.shape[1:]), old.dtype)
        rows[self.new] = new
        return rows


def find_rows(
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    wanted_frames: NDArray[np.int64],
    wanted_ids: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Rows of a table sorted by frame, then id, that hold the wanted pairs; -1 where there is none."""
    if not len(frames):
        return np.full(len(wanted_ids), -1, np.int64)
    places = _places(frames, ids, wanted_frames, wanted_ids).clip(max=len(frames) - 1)
    return np.where((frames[places] == wanted_frames) & (ids[places] == wanted_ids), places, -1)


def _places(
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    wanted_frames: NDArray[np.int64],
    wanted_ids: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Rows before which the wanted pairs belong in a table sorted by frame, then id."""
    places = np.zeros(len(wanted_ids), np.int64)
    for t in np.unique(wanted_frames):
        start, stop = np.searchsorted(frames, [t, t + 1])
        asked = np.flatnonzero(wanted_frames == t)
        places[asked] = np.searchsorted(ids[start:stop], wanted_ids[asked]) + start
    return places
