"""The door to tables in files: CSV, HDF5 or Excel, by suffix; a file is there whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError, ParameterError, ShapeError
from napari_objclass.io.parts import Watch
from napari_objclass.io.whole_files import check_place, replacing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.kernels import CancelToken

CSV, HDF5, EXCEL = "csv_table", "hdf5_table", "excel_table"

#: Module of each suffix.
FORMATS = {".csv": CSV, ".h5": HDF5, ".hdf5": HDF5, ".hd5": HDF5, ".xlsx": EXCEL}


@dataclass(frozen=True, eq=False)
class Crops:
    """The pixels that belong to the rows of a table.

    Attributes
    ----------
    objects
        For each row the mask of its object, uint8, and the same box of raw, or None.
    axes, raw_axes
        Letters of the masks, and of raw, be it in boxes or as a whole.
    whole
        All of raw; None to leave it out.
    spacing
        Size of a pixel along some axes, by their letters.
    units
        Unit of ``spacing``.
    """

    objects: Iterable[tuple[NDArray[np.uint8], NDArray[Any] | None]]
    axes: str
    raw_axes: str = ""
    whole: NDArray[Any] | None = None
    spacing: Mapping[str, float] = field(default_factory=dict)
    units: str | None = None


def check_table_path(path: str | os.PathLike[str]) -> Path:
    """Say before the work starts that its table could not be written: the path if it could.

    Raises
    ------
    FileError
        If tables are not written with this suffix, the folder is missing, or the place is taken by something that is
        not a file.
    """
    target = Path(path).expanduser()
    module = FORMATS.get(target.suffix.lower())
    if module is None:
        raise FileError(f"{target}: tables are written as .csv, .h5 and .xlsx; choose one of these suffixes")
    if module == EXCEL and find_spec("openpyxl") is None:
        raise FileError(f'{target}: Excel tables need openpyxl; pip install "napari-objclass[excel]", or write a .csv')
    return check_place(target)


def holds_crops(path: Path) -> bool:
    """Whether a table of this name has a place for the pixels of its rows."""
    return FORMATS.get(path.suffix.lower()) == HDF5


def write_table(
    path: str | os.PathLike[str],
    columns: Mapping[str, NDArray[Any]],
    *,
    about: Mapping[str, Any] | None = None,
    crops: Crops | None = None,
    threads: int | None = None,
    progress: Callable[[int, int, str], object] | None = None,
    cancel: CancelToken | None = None,
) -> Path:
    """Write a table in the format of its suffix.

    Parameters
    ----------
    path
        A file ending in one of :data:`FORMATS`.
    columns
        Arrays of one length (n_rows,): integers, floats or text.
    about, crops
        Attributes of the table, and the pixels of its rows; HDF5 has a place for them, the others leave them out.
    threads, progress, cancel
        How it is run.

    Raises
    ------
    FileError
        If the file cannot be written, or its format cannot hold so much.
    ShapeError
        If the columns differ in length.
    """
    target = check_table_path(path)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ShapeError(f"the columns of a table have one length, these have {sorted(lengths)}")
    watch, module = Watch(progress, cancel), _module(target)
    with replacing(target) as temporary:
        if module.__name__.endswith(CSV):
            module.write(temporary, columns, watch=watch, threads=threads)
        elif module.__name__.endswith(HDF5):
            module.write(temporary, columns, about=about or {}, crops=crops, watch=watch)
        else:
            module.write(temporary, columns, watch=watch)
    return target


def join_tables(parts: Sequence[Path], target: Path, called: Sequence[str] | None = None) -> Path:
    """Write the rows of tables with the same columns into one table, in the order given; pixels of rows are left out.

    Parameters
    ----------
    parts, target
        The tables, and the one that is made of them.
    called
        What an error calls the parts; their paths if not given.

    Raises
    ------
    FileError
        If the columns differ, or a file cannot be read or written.
    ParameterError
        If there are no parts.
    """
    if not parts:
        raise ParameterError("there are no tables to join; name at least one")
    check_table_path(target)
    _refuse_other_columns(parts, called or [str(path) for path in parts])
    if all(FORMATS[path.suffix.lower()] == CSV for path in (*parts, target)):
        with replacing(target) as temporary:
            _module(target).join(parts, temporary)
        return target
    tables = [_module(path).read(path) for path in parts]
    # Columns without cells have no type.
    filled = [table for table in tables if len(next(iter(table.values()), ()))] or tables[:1]
    return write_table(target, {name: np.concatenate([table[name] for table in filled]) for name in tables[0]})


def _refuse_other_columns(parts: Sequence[Path], called: Sequence[str]) -> None:
    """Tables have the columns of the first, in its order."""
    first = _module(parts[0]).names(parts[0])
    for path, own in zip(parts[1:], called[1:], strict=True):
        names = _module(path).names(path)
        if names != first:
            missing, more = [n for n in first if n not in names], [n for n in names if n not in first]
            told = [f"lacks {_some(missing)}"] * bool(missing) + [f"has {_some(more)} besides"] * bool(more)
            reason = " and ".join(told) or "has its columns in another order"
            raise FileError(f"{own} cannot be joined with {called[0]}: it {reason}; write one table for each image")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:5]))
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more columns"


def _module(path: Path) -> Any:
    return import_module(f"napari_objclass.io.{FORMATS[path.suffix.lower()]}")
