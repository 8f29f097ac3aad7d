"""CSV tables: commas, one header line, numbers in the fewest digits that read back as the same number."""

from __future__ import annotations

import csv
import shutil
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import kernels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from io import BufferedReader
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.io.parts import Watch

_CELLS_AT_ONCE = 500_000  # some 5 MB of text


def write(path: Path, columns: Mapping[str, NDArray[Any]], *, watch: Watch, threads: int | None = None) -> None:
    """Write columns of one length; NaN is ``nan``, text is quoted where it has to be."""
    n_rows = max(map(len, columns.values()), default=0)
    parts = watch.parts(n_rows, rows_at_once(len(columns)), "writing the table")
    rows = ({name: column[part] for name, column in columns.items()} for part in parts)
    write_rows(path, columns, rows, watch=watch, threads=threads)


def rows_at_once(n_columns: int) -> int:
    """How many rows are best written at a time."""
    return max(1, _CELLS_AT_ONCE // max(1, n_columns))


def write_rows(
    path: Path,
    names: Iterable[str],
    rows: Iterable[Mapping[str, NDArray[Any]]],
    *,
    watch: Watch,
    threads: int | None = None,
) -> None:
    """Write rows some at a time, each time with the columns ``names``."""
    with path.open("wb") as file:
        file.write(_header(names))
        for columns in rows:
            file.writelines(kernels.csv_rows(list(columns.values()), threads=threads, cancel=watch.cancel))


def names(path: Path) -> list[str]:
    """Names of the columns of a file."""
    with path.open("rb") as file:
        return _read_header(file)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Columns of a file: whole numbers, floats, and what is neither as text."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: _typed([row[k] for row in rows]) for k, name in enumerate(header)}


def _typed(cells: list[str]) -> NDArray[Any]:
    for number in (int, float):
        with suppress(ValueError):
            return np.array([number(cell) for cell in cells])
    return np.array(cells)


def join(paths: Sequence[Path], target: Path) -> None:
    """Write the rows of files with the same columns one after another, byte for byte."""
    with target.open("wb") as joined:
        joined.write(_header(names(paths[0])))
        for path in paths:
            with path.open("rb") as file:
                _read_header(file)
                shutil.copyfileobj(file, joined, 1 << 20)


def _header(columns: Iterable[str]) -> bytes:
    line = StringIO(newline="")
    csv.writer(line).writerow(columns)  # with the end of line that it writes, all versions quote both of its characters
    return line.getvalue().removesuffix("\r\n").encode() + b"\n"


def _read_header(file: BufferedReader) -> list[str]:
    """Read up to the first row: a name may have more than one line."""
    return next(csv.reader(line.decode() for line in iter(file.readline, b"")), [])
