"""``objclass doctor``: what this installation is and what it may use."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

PACKAGES = (
    "numpy", "h5py", "tifffile", "imagecodecs", "pillow", "zarr", "ome-zarr-models", "pandas", "psygnal", "napari",
)  # fmt: skip
BINDINGS = ("PyQt6", "PySide6")
MISSING = 'not installed (pip install "napari-objclass[all]" adds it)'


def run(_: argparse.Namespace) -> int:
    """Print a line per fact; a fact that will hurt says so and how to mend it."""
    from napari_objclass import __version__, kernels
    from napari_objclass.workflow.project import recovery_folder

    facts = {
        "napari-objclass": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "threads": str(kernels.default_threads()),
        "memory": _memory(),
        "recovery folder": _writable(recovery_folder()),
    } | {name: _version(name) for name in PACKAGES}
    facts["Qt"] = _qt()
    width = max(map(len, facts))
    for name, fact in facts.items():
        print(f"{name:<{width}}  {fact}")
    return 0


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING


def _qt() -> str:
    """Qt bindings, of which napari takes the first."""
    found = [f"{name} {number}" for name in BINDINGS if (number := _version(name)) != MISSING]
    said = ", ".join(found) or MISSING
    if "PySide6 6.12.0" in found and sys.version_info < (3, 12):  # None is not immortal there
        return f"{said}: ends Python 3.11 after a minute of work; take Python 3.12, PySide6 6.11.2, or PyQt6"
    return said


def _memory() -> str:
    from napari_objclass import memory

    limit = memory.limit()
    most = "unknown" if limit is None else memory.text(limit)
    return f"{most}, of which {memory.text(memory.available())} are free"


def _writable(folder: Path) -> str:
    import os

    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if os.access(existing, os.W_OK):
        return str(folder)
    return f"{folder} cannot be written: unsaved labels would not survive a crash; make it writable"
