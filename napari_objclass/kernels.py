"""The only importer of the compiled core: canonical numpy arrays in, numpy arrays out.

Canonical means five axes ``tzyxc`` for raw and four axes ``tzyx`` for label images, native byte order, aligned;
any strides. Callers bring arrays into this form with :mod:`napari_objclass.axes`.

Every function that may take over a second accepts ``threads``, ``progress`` (called as ``(done, total, what)``)
and ``cancel`` (a :class:`CancelToken`), and passes them on as one :class:`Run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_objclass import _core
from napari_objclass._core import CancelToken, Forest, Run, default_threads, uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Progress = Callable[[int, int, str], object]

__all__ = [
    "CancelToken",
    "Forest",
    "Run",
    "default_threads",
    "fit_forest",
    "forest_probabilities",
    "uncertainty",
]


# Random forest: matrices are float32 or float64, any strides.


def fit_forest(
    x: Array,
    y: NDArray[np.uintp],
    n_classes: int,
    *,
    n_trees: int,
    seed: int,
    missing: str,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Forest:
    """Forest trained on rows ``x`` of class numbers ``y``, counted from 0."""
    run = Run("training the forest", threads, progress, cancel)
    return _core.fit_forest(run, x, y, n_classes, n_trees, seed, missing)


def forest_probabilities(
    forest: Forest,
    x: Array,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Class probabilities of rows ``x``, (rows, classes)."""
    return forest.probabilities(Run("predicting", threads, progress, cancel), x)
