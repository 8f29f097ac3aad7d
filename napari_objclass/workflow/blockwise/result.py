"""What a run over the blocks of an image gives, and what it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_objclass.feature_table import FeatureTable
    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.blockwise.rows import Rows
    from napari_objclass.workflow.blockwise.sources import Reads


@dataclass
class Report:
    """What a run took.

    Attributes
    ----------
    block_shape, n_blocks, n_workers
        The blocks, and how many were worked on at a time.
    reads
        What tasks of this process read, by role of the image: ``"objects"``, what the objects are found in, and
        ``"raw"``; the same for both if objects are found in raw. Nobody counts what a client reads elsewhere.
    planned
        What was to be read, by role, by a run that does all, wherever its tasks are done.
    writes
        Bytes of the files that steps left, beside the results.
    peak_memory
        Bytes of memory of this process at most.
    seconds
        How long each step took.
    n_large
        Number of objects that were too large to be looked at as a whole; see the reasons of their missing values.
    n_before
        Number of blocks whose objects an earlier run had found.
    """

    block_shape: Triple
    n_blocks: int
    n_workers: int
    reads: dict[str, Reads] = field(default_factory=dict)
    planned: dict[str, Reads] = field(default_factory=dict)
    writes: int = 0
    peak_memory: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    n_large: int = 0
    n_before: int = 0


@dataclass(frozen=True, eq=False)
class BlockwiseResult:
    """The objects of an image and their classes; arrays have an entry per object, sorted by frame, then id.

    Attributes
    ----------
    rows, features
        Values of all features that were measured, on disk, and those features that the classifier knows.
    probabilities
        (n, n_classes) float32.
    classes
        (n,) numbers of the classes.
    uncertainty
        (n,) float32.
    class_names
        Names of the classes.
    sizes, boxes
        (n,) voxels, and (n, 6) int32 the smallest boxes around: z0, y0, x0, z1, y1, x1.
    n_small, n_large, n_nan
        How many objects the size filter left out, and how many pixels were NaN and counted as 0.
    paths
        Files that were written.
    report
        What it took.
    notes
        Sentences that the user should read once.
    """

    rows: Rows
    features: tuple[str, ...]
    probabilities: NDArray[np.float32]
    classes: NDArray[np.int64]
    uncertainty: NDArray[np.float32]
    class_names: tuple[str, ...]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int32]
    n_small: int
    n_large: int
    n_nan: int
    paths: tuple[Path, ...]
    report: Report
    notes: tuple[str, ...] = ()

    @cached_property
    def table(self) -> FeatureTable:
        """Feature values that the classifier knows, taken from the disk when they are first asked for."""
        return self.rows.table().select(self.features)
