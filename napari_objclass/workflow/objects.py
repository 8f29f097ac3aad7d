"""The objects of one lane: its label image with an index of what is in it, keyed by frame and id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes, features, kernels
from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import RunOptions


@dataclass(frozen=True, eq=False)
class Objects:
    """A label image and its objects, sorted by frame, then id.

    Attributes
    ----------
    labels
        Label image ``tzyx``, C-contiguous.
    frames, ids, sizes
        Per object, (n,): frame, id and number of voxels.
    """

    labels: NDArray[Any]
    frames: NDArray[np.int64]
    ids: NDArray[np.uint64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[Any], **run: Unpack[RunOptions]) -> Objects:
        """Index the objects of a label image ``tzyx``."""
        labels = np.ascontiguousarray(labels)
        table = features.measure(labels, axes=axes.LABELS, features=["num_pixels"], **run)
        return cls(labels, table.frames, table.ids, table["num_pixels"][:, 0].astype(np.int64))

    def rows(self, frames: NDArray[np.int64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Rows of the objects with these frames and ids, -1 where there is none."""
        return find_rows(self.frames, self.ids, frames, ids)

    def at(self, t: int, position: Sequence[float]) -> int:
        """Return the id of the object at ``position``, (z, y, x) or, for a single plane, (y, x).

        Raises
        ------
        ParameterError
            Where there is no object.
        """
        self._check_frame(t)
        shape = self.labels.shape[1:]
        n_dims = 2 if shape[0] == 1 else 3
        if len(position) not in {n_dims, 3}:
            expected = "(y, x)" if n_dims == 2 else "(z, y, x)"
            raise ParameterError(f"a position in this image is {expected}, got {len(position)} numbers")
        voxel = (0,) * (3 - len(position)) + tuple(int(np.floor(each + 0.5)) for each in position)
        if not all(0 <= index < length for index, length in zip(voxel, shape, strict=True)):
            raise ParameterError(f"position {tuple(position)} lies outside the image of shape {shape[3 - n_dims :]}")
        found = int(self.labels[(t, *voxel)])
        if found == 0:
            raise ParameterError(f"there is only background at {tuple(position)} in frame {t}; point at an object")
        return found

    def keys(
        self,
        frames: Sequence[int],
        *,
        ids: Sequence[int] | None = None,
        at: Sequence[Sequence[float]] | None = None,
    ) -> list[tuple[int, int]]:
        """Frame and id of the objects named by ids or by positions.

        Raises
        ------
        ParameterError
            When one of them does not exist.
        """
        if at is not None:
            return [(t, self.at(t, position)) for t, position in zip(frames, at, strict=True)]
        keys = [(t, int(object_id)) for t, object_id in zip(frames, ids or (), strict=True)]
        known: dict[int, set[int]] = {}
        for t, object_id in keys:
            self._check_frame(t)
            if t not in known:
                known[t] = set(self.ids[self.frames == t].tolist())
            if object_id not in known[t]:
                raise ParameterError(f"frame {t} has no object {object_id}; {_describe(known[t])}")
        return keys

    def masks(self, keys: Sequence[tuple[int, int]]) -> list[NDArray[np.int64]]:
        """Run-length masks of objects by frame and id: per object, rows z, y, x, length in raster order."""
        found: dict[tuple[int, int], NDArray[np.int64]] = {}
        for frame in {t for t, _ in keys}:
            own = [key for key in keys if key[0] == frame]
            found |= zip(own, kernels.object_runs(self.labels[frame], [key[1] for key in own]), strict=True)
        return [found[key] for key in keys]

    def _check_frame(self, t: int) -> None:
        if not 0 <= t < len(self.labels):
            raise ParameterError(f"there is no frame {t}; the image has frames 0 to {len(self.labels) - 1}")


def _describe(ids: set[int]) -> str:
    return f"its {len(ids)} objects have ids {min(ids)} to {max(ids)}" if ids else "it has no objects at all"


def find_rows(
    frames: NDArray[np.int64],
    ids: NDArray[np.uint64],
    wanted_frames: NDArray[np.int64],
    wanted_ids: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Rows of a table sorted by frame, then id, that hold the wanted pairs; -1 where there is none."""
    rows = np.full(len(wanted_ids), -1, np.int64)
    for t in np.unique(wanted_frames):
        start, stop = np.searchsorted(frames, [t, t + 1])
        if start == stop:
            continue
        asked = np.flatnonzero(wanted_frames == t)
        position = np.searchsorted(ids[start:stop], wanted_ids[asked]).clip(max=stop - start - 1) + start
        rows[asked] = np.where(ids[position] == wanted_ids[asked], position, -1)
    return rows
