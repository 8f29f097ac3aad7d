"""The only importer of the compiled core: canonical numpy arrays in, numpy arrays out.

Canonical means five axes ``tzyxc`` for raw and four axes ``tzyx`` for label images, native byte order, aligned;
any strides. Callers bring arrays into this form with :mod:`napari_objclass.axes`.

Every function that may take over a second accepts ``threads``, ``progress`` (called as ``(done, total, what)``)
and ``cancel`` (a :class:`CancelToken`), and passes them on as one :class:`Run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from napari_objclass import _core
from napari_objclass._core import CancelToken, Run, default_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CancelToken", "Measured", "Run", "default_threads", "feature_specs", "measure"]


class Measured(NamedTuple):
    """Feature values of all objects, rows by frame and then by id, and why values are missing."""

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: NDArray[np.float64]  # (n_objects, n_columns)
    missing: NDArray[np.int64]  # (n_missing, 3): row, column, index of the reason
    reasons: list[str]


def feature_specs(n_dims: int, channels: Sequence[str]) -> list[dict[str, Any]]:
    """Every feature the core computes, laid out for ``n_dims`` dimensions and these channels."""
    return _core.feature_specs(n_dims, list(channels))


def measure(
    labels: NDArray[Any],
    raw: NDArray[Any] | None,
    features: Sequence[str],
    *,
    block_shape: tuple[int, int, int] | None = None,
    threads: int | None = None,
    progress: Callable[[int, int, str], object] | None = None,
    cancel: CancelToken | None = None,
) -> Measured:
    """Measure ``features`` of all objects of ``labels`` (tzyx) in ``raw`` (tzyxc).

    ``block_shape`` (z, y, x) cuts the work into blocks; None takes a frame as one block.
    """
    run = Run("measuring objects", threads, progress, cancel)
    ids, frames, values, missing, reasons = _core.measure(run, labels, raw, list(features), block_shape)
    n_columns = values.size // len(ids) if len(ids) else 0
    return Measured(ids, frames, values.reshape(len(ids), n_columns), missing.reshape(-1, 3), reasons)
