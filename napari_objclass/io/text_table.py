"""Tables that people made: CSV as spreadsheets save it, with any of three separators, in any of their encodings."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from napari_objclass.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

# What stands between columns; the semicolon where the comma is for decimals.
_SEPARATORS = ",;\t"


def rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and stripped cells of all rows that are not empty, that of names first.

    Raises
    ------
    FileError
        If it cannot be read, is no table, or has no rows.
    """
    lines = StringIO(_text(path), newline="").readlines()
    told = lines.pop(0) if lines and lines[0].lower().startswith("sep=") else ""  # which Excel writes for itself
    separator = told[4:5].strip("\r\n") or max(_SEPARATORS, key="".join(lines[:1]).count)
    try:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        found = [(reader.line_num + bool(told), [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise FileError(f"{path} is no table that can be read ({error}); save it as CSV") from error
    found = [(line, cells) for line, cells in found if any(cells)]
    if not found:
        raise FileError(f"{path} is empty; name the columns in its first line")
    return found


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"the table {path} cannot be read: {error.strerror}") from error
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")  # as Excel saves
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileError(f"{path} is no text; save the table as CSV")
