"""Images named on the command line, and progress on the terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import FileError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from napari_objclass.kernels import Progress

OBJECT_ROLES = ("labels", "segmentation")


def objects_source(args: argparse.Namespace) -> tuple[str, Any]:
    """Return the role that objects come from, and what was given for it."""
    role = next(role for role in OBJECT_ROLES if getattr(args, role) is not None)
    return role, getattr(args, role)


def expand(patterns: list[str]) -> list[str]:
    """Files of glob patterns in sorted order; names that exist, or have an inner path, stay as they are."""
    from glob import glob, has_magic
    from pathlib import Path

    files: list[str] = []
    for pattern in patterns:
        if not has_magic(pattern) or Path(pattern).exists():
            files.append(pattern)
            continue
        found = sorted(glob(pattern, recursive=True))
        if not found:
            raise FileError(f"no file matches {pattern!r}; check the folder and the pattern")
        files.extend(found)
    return files


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress of kernels as a bar on a terminal; silence elsewhere."""
    from tqdm import tqdm

    with tqdm(disable=None, leave=False, file=sys.stderr) as bar:

        def report(done: int, total: int, what: str) -> None:
            bar.set_description(what, refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        yield report
