"""The objects of one lane: its label image with an index of what is in it, keyed by frame and id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes, features
from napari_objclass.errors import ParameterError
from napari_objclass.splice import Splice, find_rows
from napari_objclass.workflow.label_volume import LabelVolume, object_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.features import Places
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.changes import Change

LARGEST_ID = 2**64 - 1


@dataclass(frozen=True, eq=False)
class Objects:
    """A label image and its objects, sorted by frame, then id.

    Attributes
    ----------
    labels
        Label image ``tzyx``: C-contiguous, or, of a large image, painted where it is sliced.
    frames, ids, sizes
        Per object, (n,): frame, id and number of voxels.
    boxes
        Per object, (n, 6): the smallest box around it, z0, y0, x0, z1, y1, x1; the last three are exclusive.
    n_small, n_large
        How many objects the size filter left out.
    offset
        Position (z, y, x) of the first voxel in the whole image, for one that was cropped from it.
    """

    labels: NDArray[Any] | LabelVolume
    frames: NDArray[np.int64]
    ids: NDArray[np.uint64]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]
    n_small: int = 0
    n_large: int = 0
    offset: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def of(cls, labels: NDArray[Any], **run: Unpack[RunOptions]) -> Objects:
        """Index the objects of a label image ``tzyx``."""
        return cls._indexed(np.ascontiguousarray(labels), None, **run)

    @classmethod
    def found_in(cls, labels: LabelVolume) -> Objects:
        """Objects of a large image, as they were found block by block."""
        known = labels.labelled
        boxes = known.boxes.astype(np.int64)
        return cls(labels, known.frames, known.ids, known.sizes, boxes, known.n_small, known.n_large)

    @classmethod
    def _indexed(cls, labels: NDArray[Any], only: Places | None, **run: Unpack[RunOptions]) -> Objects:
        wanted = ["num_pixels", "bbox_min", "bbox_max"]
        table = features.measure(labels, axes=axes.LABELS, features=wanted, only=only, **run)
        boxes = np.empty((len(table), 2, 3), np.int64)
        boxes[:] = [[[0], [1]]]  # what planes have along z
        n_dims = table["bbox_min"].shape[1]
        boxes[:, 0, 3 - n_dims :] = table["bbox_min"][:, ::-1]
        boxes[:, 1, 3 - n_dims :] = table["bbox_max"][:, ::-1]
        sizes = table["num_pixels"][:, 0].astype(np.int64)
        return cls(labels, table.frames, table.ids, sizes, boxes.reshape(-1, 6))

    def after(self, change: Change, **run: Unpack[RunOptions]) -> Objects:
        """Return the objects after a change of pixels: those that it touches are indexed again."""
        assert isinstance(self.labels, np.ndarray)  # large images are not edited
        labels, touched = change.written(self.labels), change.objects
        boxes, rows = change.boxes.copy(), self.rows(*touched)
        known, own = boxes[rows >= 0], self.boxes[rows[rows >= 0]]
        known[:, :3], known[:, 3:] = np.minimum(known[:, :3], own[:, :3]), np.maximum(known[:, 3:], own[:, 3:])
        boxes[rows >= 0] = known
        found = self._indexed(labels, (*touched, boxes), **run)
        splice = Splice.of((self.frames, self.ids), touched, (found.frames, found.ids))
        return replace(
            self,
            labels=labels,
            frames=splice(self.frames, found.frames),
            ids=splice(self.ids, found.ids),
            sizes=splice(self.sizes, found.sizes),
            boxes=splice(self.boxes, found.boxes),
        )

    def places(self, frames: NDArray[np.int64], ids: NDArray[np.uint64]) -> Places:
        """Frames, ids and boxes of those of some objects that there are."""
        rows = self.rows(frames, ids)
        rows = rows[rows >= 0]
        return self.frames[rows], self.ids[rows], self.boxes[rows]

    def rows(self, frames: NDArray[np.int64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Rows of the objects with these frames and ids, -1 where there is none."""
        return find_rows(self.frames, self.ids, frames, ids)

    def find(self, frames: Sequence[int], ids: Sequence[int]) -> NDArray[np.int64]:
        """Rows of the objects with these frames and ids, any integers; -1 where there is none."""
        possible = [object_id if 0 <= object_id <= LARGEST_ID else 0 for object_id in ids]
        return self.rows(np.array(frames, np.int64), np.array(possible, np.uint64))

    def at(self, t: int, position: Sequence[float]) -> int:
        """Return the id of the object at ``position``, (z, y, x) or, for a single plane, (y, x).

        Raises
        ------
        ParameterError
            Where there is no object.
        """
        found = int(self.labels[(t, *self.voxel(t, position))])
        if found == 0:
            raise ParameterError(f"there is only background at {tuple(position)} in frame {t}; point at an object")
        return found

    def voxel(self, t: int, position: Sequence[float]) -> tuple[int, int, int]:
        """Return the voxel (z, y, x) nearest to ``position``, (z, y, x) or, for a single plane, (y, x).

        Raises
        ------
        ParameterError
            Outside the image.
        """
        self._check_frame(t)
        shape = self.labels.shape[1:]
        n_dims = 2 if shape[0] == 1 else 3
        if len(position) not in {n_dims, 3}:
            expected = "(y, x)" if n_dims == 2 else "(z, y, x)"
            raise ParameterError(f"a position in this image is {expected}, got {len(position)} numbers")
        nearest = np.floor(np.asarray([0] * (3 - len(position)) + [*position], np.float64) + 0.5)
        if not ((nearest >= 0) & (nearest < shape)).all():
            raise ParameterError(f"position {tuple(position)} lies outside the image of shape {shape[3 - n_dims :]}")
        z, y, x = nearest.astype(int).tolist()
        return z, y, x

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
        asked = () if ids is None else ids
        keys = [(t, int(object_id)) for t, object_id in zip(frames, asked, strict=True)]
        for t in set(frames):
            self._check_frame(t)
        rows = self.find([t for t, _ in keys], [object_id for _, object_id in keys])
        for (t, whole), object_id, row in zip(keys, asked, rows, strict=True):
            if row < 0 or object_id != whole:
                own = self.ids[self.frames == t]
                known = f"its {len(own)} objects have ids {own[0]} to {own[-1]}" if len(own) else "it has none"
                raise ParameterError(f"frame {t} has no object {object_id}; {known}")
        return keys

    def masks(self, keys: Sequence[tuple[int, int]]) -> list[NDArray[np.int64]]:
        """Run-length masks of objects by frame and id: per object, rows z, y, x, length in raster order."""
        frames = np.array([t for t, _ in keys], np.int64)
        ids = np.array([object_id for _, object_id in keys], np.uint64)
        return object_runs(self.labels, frames, ids, self.boxes[self.rows(frames, ids)])

    def _check_frame(self, t: int) -> None:
        if not 0 <= t < len(self.labels):
            hint = "; if its planes are frames, say so with axes, such as tyx" if self.labels.shape[1] > 1 else ""
            raise ParameterError(f"there is no frame {t}; the image has frames 0 to {len(self.labels) - 1}{hint}")
