"""ilastik's blockwise classification, for comparison: every block by itself, with a halo; approximate.

An object at the border of a block is cut off where the halo ends, its features are those of what is left, and each of
its pixels gets the class that the object has in the block of that pixel. With a halo as wide as the largest object and
its neighbourhood, the result is that of the whole image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes, kernels
from napari_objclass.errors import Cancelled, ParameterError
from napari_objclass.workflow import object_classification, object_features
from napari_objclass.workflow.blockwise.plan import Block, BlockPlan, Triple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.sources import Volume
    from napari_objclass.workflow.object_classification import Prediction, TrainedForest


@dataclass(frozen=True, eq=False)
class Independent:
    """Classifies the blocks of an image independently of each other.

    Attributes
    ----------
    labels
        Label image or segmentation. Objects are the connected components of equal values within what is looked at of a
        block, even where disconnected parts have one id.
    raw
        Intensities; None without.
    trained
        The forest.
    block_shape, halo
        Voxels of a block, and those around it that are looked at too, along z, y, x.
    spacing
        Size of a voxel along z, y, x, for features that depend on it.

    Raises
    ------
    ParameterError
        For blocks of a volume that would be looked at as single planes.
    """

    labels: Volume
    raw: Volume | None
    trained: TrainedForest
    block_shape: Triple
    halo: Triple
    spacing: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        depth = self.labels.shape[1]
        if depth > 1 and any(stop[0] - start[0] == 1 for start, stop in map(self._looked_at, self.plan.blocks)):
            raise ParameterError(
                f"with blocks of {self.block_shape[0]} planes and no halo along z, a block would be a single plane, in "
                "which a volume cannot be measured; give a halo of at least 1 along z"
            )

    @cached_property
    def plan(self) -> BlockPlan:
        """The blocks."""
        return BlockPlan(self.labels.shape, self.block_shape)

    def classes(self, **run: Unpack[RunOptions]) -> NDArray[Any]:
        """Image ``tzyx`` of the class of every pixel, 0 for background: uint8, uint16 for more than 255 classes."""
        image = np.zeros(self.plan.shape, np.uint8 if len(self.trained.classes) <= 255 else np.uint16)
        for block, prediction in self._predictions(**run):
            image[_place(block)] = self._inner(block, np.asarray(prediction.paint("classes")))
        return image

    def probabilities(self, **run: Unpack[RunOptions]) -> NDArray[np.float32]:
        """Image ``tzyxc`` of the probability of every class, 0 for background."""
        n_classes = len(self.trained.classes)
        image = np.zeros((*self.plan.shape, n_classes), np.float32)
        for block, prediction in self._predictions(**run):
            for k in range(n_classes):
                image[(*_place(block), k)] = self._inner(block, np.asarray(prediction.paint(k + 1)))
        return image

    def predict(self, block: Block, **run: Unpack[RunOptions]) -> Prediction | None:
        """Classify the objects in a block with its halo; None if it has no objects. Ids are those of the block."""
        start, stop = self._looked_at(block)
        labels = self.labels.read(block.t, start, stop)
        if not self._inner(block, labels).any():
            return None
        labels = kernels.connected_components(labels, **run)
        raw = None if self.raw is None else self.raw.read(block.t, start, stop)
        features, margin = self.trained.features, self.trained.margin
        table = object_features.table(labels, raw, features, margin=margin, spacing=self.spacing, **run)
        return object_classification.predict(self.trained, table, labels, axes.LABELS, **run)

    def _predictions(self, **run: Unpack[RunOptions]) -> Iterator[tuple[Block, Prediction]]:
        """Blocks that have objects, with these."""
        progress, cancel = run.pop("progress", None), run.get("cancel")
        for block in self.plan.blocks:
            if cancel is not None and cancel.cancelled:
                raise Cancelled("the classification was stopped")
            prediction = self.predict(block, **run)
            if prediction is not None:
                yield block, prediction
            if progress is not None:
                progress(block.number + 1, len(self.plan), "independent blocks")

    def _looked_at(self, block: Block) -> tuple[Triple, Triple]:
        """First voxel and end of a block with its halo, clipped to the image."""
        z0, y0, x0 = (max(start - halo, 0) for start, halo in zip(block.start, self.halo, strict=True))
        ends = zip(block.stop, self.halo, self.plan.shape[1:], strict=True)
        z1, y1, x1 = (min(stop + halo, length) for stop, halo, length in ends)
        return (z0, y0, x0), (z1, y1, x1)

    def _inner(self, block: Block, looked_at: NDArray[Any]) -> NDArray[Any]:
        """Part of an image ``tzyx`` of what is looked at of a block that is the block."""
        start, _ = self._looked_at(block)
        z, y, x = (slice(a - s, b - s) for a, b, s in zip(block.start, block.stop, start, strict=True))
        inner: NDArray[Any] = looked_at[0, z, y, x]
        return inner


def _place(block: Block) -> tuple[int | slice, ...]:
    return (block.t, *(slice(start, stop) for start, stop in zip(block.start, block.stop, strict=True)))
