"""The only importer of the compiled core: canonical numpy arrays in, numpy arrays out.

Canonical means five axes ``tzyxc`` for raw and four axes ``tzyx`` for label images, native byte order, aligned;
any strides. Callers bring arrays into this form with :mod:`napari_objclass.axes`.

Every function that may take over a second accepts ``threads``, ``progress`` (called as ``(done, total, what)``)
and ``cancel`` (a :class:`CancelToken`), and passes them on as one :class:`Run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import _core
from napari_objclass._core import CancelToken, Journal, JournalContent, OpenedProject, Run, default_threads
from napari_objclass.errors import DtypeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "CancelToken",
    "Journal",
    "JournalContent",
    "OpenedProject",
    "Run",
    "default_threads",
    "open_project",
    "project_generation",
    "read_journal",
    "remove_project_leftovers",
    "save_project",
]


def open_project(path: Path, recovered: list[Path]) -> OpenedProject:
    """Open the project at ``path``, with those journals of it that could not be kept beside it, best first."""
    return _core.open_project(Run("open project"), path, recovered)


def save_project(path: Path, document: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a project: JSON text and arrays of bool, integers, float32 or float64.

    The save that it continues becomes the backup; a failure leaves everything as it was.
    """
    native = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "buif" or array.dtype.itemsize not in (1, 2, 4, 8) or array.dtype == np.float16:
            raise DtypeError(f"array {name!r} is {array.dtype}; a project holds bool, integers, float32 and float64")
        native[name] = np.require(array, array.dtype.newbyteorder("="), "A")
    _core.save_project(Run("save project"), path, document, native)


def project_generation(path: Path) -> str | None:
    """Which save the file at ``path`` is; None if it is missing, damaged or not a project."""
    return _core.project_generation(Run("check project"), path)


def remove_project_leftovers(path: Path) -> None:
    """Remove what crashed saves of ``path`` left; only for the owner of its journal."""
    _core.remove_project_leftovers(Run("clean up"), path)


def read_journal(path: Path) -> JournalContent:
    """Read a journal without owning it; a missing one is empty."""
    return _core.read_journal(Run("read journal"), path)
