"""Where things are: between the world of a viewer, the axes of a layer and the voxels of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.axes import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Image, Labels
    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.workflow.label_volume import LabelVolume
    from napari_objclass.workflow.objects import Objects

    Floats = NDArray[np.float64]

#: An object that takes a share of the view between these is comfortable to look at; others are brought to the last.
TINY, HUGE, COMFORTABLE = 0.1, 0.7, 0.15


class Region(NamedTuple):
    """A box of the image ``tzyx``, in voxels, without its end.

    Attributes
    ----------
    start, stop
        (t, z, y, x).
    """

    start: tuple[int, int, int, int]
    stop: tuple[int, int, int, int]

    def rows(self, objects: Objects) -> NDArray[np.int64]:
        """Rows of the objects whose boxes reach into the region, rising."""
        first, last = np.searchsorted(objects.frames, [self.start[0], self.stop[0]])
        boxes = objects.boxes[first:last]
        inside = (boxes[:, :3] < self.stop[1:]).all(axis=1) & (boxes[:, 3:] > self.start[1:]).all(axis=1)
        return np.flatnonzero(inside) + first


class Grid(NamedTuple):
    """The voxels of the image shown, as a layer places them in the world.

    Attributes
    ----------
    layer
        A layer on just this image.
    axes
        The letters of its axes.
    shape
        Of the image, ``tzyx``.
    """

    layer: Image | Labels
    axes: str
    shape: tuple[int, int, int, int]

    def object_at(
        self,
        labels: NDArray[Any] | LabelVolume,
        position: ArrayLike,
        view_direction: ArrayLike | None,
        dims_displayed: Sequence[int] | None,
    ) -> tuple[int, int] | None:
        """Frame and id of the object at a world position, or the first one on the way through a volume."""
        points = np.asarray(self.layer.world_to_data(np.asarray(position, float)))[None]
        if view_direction is not None and dims_displayed is not None and len(dims_displayed) == 3 <= self.layer.ndim:
            ahead = self.layer.world_to_data(np.add(position, view_direction)) - points[0]
            points = self._through(points[0], ahead)
        voxels = np.floor(self._canonical(points) + 0.5).astype(np.int64)
        voxels = voxels[((voxels >= 0) & (voxels < self.shape)).all(axis=1)]
        ids = labels.take(np.ravel_multi_index(tuple(voxels.T), labels.shape))
        hits = np.flatnonzero(ids)
        return (int(voxels[hits[0], 0]), int(ids[hits[0]])) if len(hits) else None

    def world(self, voxel: Sequence[float]) -> Floats:
        """World position of a place ``tzyx``, an entry per axis of the layer."""
        return np.array(self.layer.data_to_world([voxel[LABELS.index(letter)] for letter in self.axes]))

    def seen(self, viewer: ViewerModel) -> Region:
        """What of the image is on the screen; in 3D rendering the whole volume."""
        point = self.layer.world_to_data(np.asarray(viewer.dims.point))
        spans = {letter: (at, at) for letter, at in zip(self.axes, np.floor(point + 0.5), strict=True)}
        low, high = self._corners()
        displayed = self.displayed(viewer)
        for axis in displayed:
            whole = (0, self._lengths[axis] - 1)
            spans[self.axes[axis]] = (low[axis], high[axis]) if len(displayed) == 2 else whole
        start = tuple(int(spans.get(letter, (0, 0))[0]) for letter in LABELS)
        stop = tuple(int(spans.get(letter, (0, 0))[1]) + 1 for letter in LABELS)
        return Region(start, stop)  # type: ignore[arg-type]

    def slice_shown(self, viewer: ViewerModel) -> Region:
        """The slice that is on the screen, whole along the axes displayed."""
        start, stop = map(list, self.seen(viewer))
        for axis in self.displayed(viewer):
            at = LABELS.index(self.axes[axis])
            start[at], stop[at] = 0, self.shape[at]
        return Region(tuple(start), tuple(stop))  # type: ignore[arg-type]

    def displayed(self, viewer: ViewerModel) -> list[int]:
        """Axes of the layer that are displayed."""
        extra = viewer.dims.ndim - self.layer.ndim
        return [axis - extra for axis in viewer.dims.displayed if axis >= extra]

    def look_at(self, viewer: ViewerModel, t: int, box: Sequence[int]) -> None:
        """Bring a box (z0, y0, x0, z1, y1, x1) of a frame into view, and its middle into the middle of the canvas."""
        low, high = np.array([t, *box[:3]]), np.array([t + 1, *box[3:]])
        world = self.world((low + high - 1) / 2)
        extra = viewer.dims.ndim - self.layer.ndim
        viewer.dims.set_point(range(extra, viewer.dims.ndim), world.tolist())
        displayed = self.displayed(viewer)
        middle = [world[axis] for axis in displayed]
        camera = getattr(viewer, "scene", viewer).camera  # napari 0.9 has scenes
        camera.center = tuple([0.0] * (3 - len(middle)) + middle)
        if len(displayed) == 2:
            size = dict(zip(LABELS, high - low, strict=True))
            first, last = self._corners()
            shares = [size[self.axes[axis]] / max(last[axis] - first[axis], 1) for axis in displayed]
            if not TINY <= max(shares) <= HUGE:
                camera.zoom *= COMFORTABLE / max(shares)

    @property
    def _lengths(self) -> list[int]:
        return [self.shape[LABELS.index(letter)] for letter in self.axes]

    def _corners(self) -> tuple[Floats, Floats]:
        """First and last pixel on the canvas, per axis of the layer; of use for the axes displayed."""
        factors = self.layer.downsample_factors[self.layer.data_level] if self.layer.multiscale else 1
        low, high = self.layer.corner_pixels * factors
        return np.floor(low), np.ceil(high + factors - 1)

    def _canonical(self, points: Floats) -> Floats:
        """Points ``tzyx`` out of points in the axes of the layer."""
        return np.stack(
            [points[:, self.axes.index(letter)] if letter in self.axes else np.zeros(len(points)) for letter in LABELS],
            axis=1,
        )

    def _through(self, point: Floats, ahead: Floats) -> Floats:
        """Points along a line through the image, half a voxel apart."""
        moving = np.abs(ahead) > 1e-9
        lengths = np.array(self._lengths)
        faces = np.stack([(-0.5 - point)[moving], (lengths - 0.5 - point)[moving]]) / ahead[moving]
        enter, leave = faces.min(axis=0).max(), faces.max(axis=0).min()
        if enter >= leave:
            return np.zeros((0, len(point)))
        steps = np.linspace(enter, leave, int(2 * (leave - enter) * np.abs(ahead).max()) + 2)
        return point + steps[:, None] * ahead
