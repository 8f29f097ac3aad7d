"""One table out of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.errors import FileError
from napari_objclass.io.writers import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def join_tables(parts: Sequence[Path], target: Path) -> Path:
    """Write the rows of CSV tables of the same columns into one.

    Raises
    ------
    FileError
        If they have other columns, or it cannot be written.
    """
    with replacing(target) as temporary, temporary.open("wb") as joined:
        header = b""
        for part in parts:
            with part.open("rb") as file:
                own = file.readline()
                if header and own != header:
                    raise FileError(f"{target} cannot be written: images have other columns; write a table for each")
                if not header:
                    joined.write(own)
                header = own
                joined.writelines(file)
    return target
