"""Excel tables: one sheet, a header and a row per object."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from napari_objclass.errors import FileError

try:  # what openpyxl writes with, where it is there
    from lxml.etree import SerialisationError as NotWritten
except ImportError:
    NotWritten = ()

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from napari_objclass.io.parts import Watch

_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384

#: Excel's numbers are doubles: larger whole numbers are written as text.
_EXACT = 2**53

_ROWS_AT_ONCE = 500


def write(path: Path, columns: Mapping[str, NDArray[Any]], *, watch: Watch) -> None:
    """Write columns of one length; values that are no finite number, and ids beyond 2⁵³, are text.

    Raises
    ------
    FileError
        For more than a sheet can hold.
    """
    n_rows = max(map(len, columns.values()), default=0)
    if n_rows >= _MOST_ROWS or len(columns) > _MOST_COLUMNS:
        raise FileError(
            f"a sheet of Excel holds {_MOST_ROWS:,} rows and {_MOST_COLUMNS:,} columns, this table has {n_rows + 1:,} "
            f"and {len(columns):,}; write it as .csv or .h5"
        )
    book = Workbook(write_only=True)
    composed = BytesIO()  # what openpyxl has begun to write to a full disk it would complain about again
    try:
        _fill(book.create_sheet("objects"), columns, n_rows, watch)
        book.save(composed)
    except NotWritten as error:
        raise OSError(f"no place for its temporary files ({error})") from error
    path.write_bytes(composed.getbuffer())


def _fill(sheet: WriteOnlyWorksheet, columns: Mapping[str, NDArray[Any]], n_rows: int, watch: Watch) -> None:
    with closing(sheet):  # also when it is given up: what openpyxl has begun it wants to end
        sheet.append([_text(sheet, name) for name in columns])
        for part in watch.parts(n_rows, _ROWS_AT_ONCE, "writing the table"):
            for row in zip(*(_cells(sheet, column[part]) for column in columns.values()), strict=True):
                sheet.append(row)


def names(path: Path) -> list[str]:
    """Names of the columns of a file."""
    book = load_workbook(path, read_only=True)
    header = next(book.active.iter_rows(max_row=1, values_only=True), ())
    book.close()
    return [str(name) for name in header]


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Columns of a file: whole numbers, floats, and what is neither as text."""
    book = load_workbook(path, read_only=True)
    header, *rows = book.active.iter_rows(values_only=True)
    book.close()
    return {str(name): _column([row[k] for row in rows]) for k, name in enumerate(header)}


def _cells(sheet: WriteOnlyWorksheet, column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind == "f":
        shortest = column.astype(np.str_).astype(np.float64)  # float32 in its own digits
        return [x if np.isfinite(x) else _text(sheet, str(x)) for x in shortest.tolist()]
    if column.dtype.kind in "biu":
        return [x if -_EXACT <= x <= _EXACT else _text(sheet, str(x)) for x in column.tolist()]
    return [_text(sheet, str(x)) for x in column.tolist()]


def _text(sheet: WriteOnlyWorksheet, text: str) -> Any:
    """Text as it is, also if it looks like a formula; without characters that a workbook cannot hold.

    Lines end with LF: a CR is lost when the file is read, unless lxml wrote it.
    """
    held = ILLEGAL_CHARACTERS_RE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    cell = WriteOnlyCell(sheet, held)
    cell.data_type = "s"
    return cell


def _column(values: list[Any]) -> NDArray[Any]:
    if any(isinstance(x, str) for x in values):
        words = ["" if x is None else str(x) for x in values]
        return np.array(words)
    return np.array(values)
